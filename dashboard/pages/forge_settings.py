"""A repository's settings at its forge: its webhook, what the forge is told, what is fetched."""

from __future__ import annotations

from flask import g, request

from common.wire.errors import NotFound
from forges import FORGES

from ..api import settings as api
from ..api import webhook as webhook_api
from ..api.inputs import Feedback, SettingsPatch
from ..auth.rights import UNKNOWN
from .blueprint import page, posted
from .repo import R, address


@page(R + "/settings/webhook", right="admin", method="POST")
def webhook_post(**_):
    def action() -> str:
        if request.form.get("do") == "remove":
            webhook_api.remove_webhook(g.repo.id)
            return "The webhook is removed; pushes are found by comparing branch heads."
        webhook_api.make_webhook(g.repo.id)
        return f"The webhook is made; {FORGES[g.repo.forge].title}'s first delivery shows in a moment."
    return posted(action, address(g.repo) + "/settings")


@page(R + "/settings/<hub:place>", right="admin", method="POST")
def forge_settings_post(place: str, **_):
    if g.repo.forge != place:
        raise NotFound(UNKNOWN)

    def action() -> str:
        on = {name: name in request.form for name in Feedback.model_fields}
        api.patch_settings(g.repo.id, SettingsPatch(feedback=Feedback(**on), submodules="submodules" in request.form,
                                                       lfs="lfs" in request.form))
        return "Saved."
    return posted(action, address(g.repo) + "/settings")
