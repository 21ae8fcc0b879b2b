"""Whether a webhook's event is acted on: it has to be about the repository that its webhook belongs to."""

from __future__ import annotations

from common.api.repos import Repo
from forges import ForgeEvent, Ignored


def decide(event: ForgeEvent | Ignored, repo: Repo | None) -> ForgeEvent | Ignored:
    """`repo`: the row of the repository that the event is about; None: it is not connected here."""
    about = event.about
    if about is None:
        return event
    if repo is None:
        return Ignored(f"{about.owner}/{about.name} is not connected here: connect it on the page of repositories, or "
                       "remove the webhook", about)
    if repo.external_id != about.external_id:
        return Ignored(f"refused: the payload is about {about.owner}/{about.name}, and this webhook belongs to "
                       f"{repo.owner}/{repo.name}", about)
    return event
