"""What changed, as it changes."""

from __future__ import annotations

from flask import Response

from common.wire.errors import BadRequest, NotFound

from .. import live
from ..auth.actor import current
from ..auth.rights import UNKNOWN
from ..auth.visible import visible
from ..clients import db
from ..live import sse
from ..live.events import stream_events
from .endpoint import endpoint
from .inputs import EventQuery

MOST_TOPICS = 1000      # eight tabs with a hundred repositories each, and the runs that a browser waits for


@endpoint("GET", "/events", right="account", tag="Events", media="text/event-stream",
          also={404: "all of the topics are unknown, or not yours to see"})
def stream_of_events(query: EventQuery) -> Response:
    """Server-sent events of the topics that you name: `repo:12`, `run:1043`, `status`, with commas between.

    A number alone is of the same kind as the topic before it: `repo:12,13,14,status`. Topics that are unknown, or not
    yours to see, are left out, and `ready` names them in `refused`.

    Kinds: `repo.updated run.created run.updated job.updated deployment.updated status.updated delivery.updated
    pull.updated`, each with its number as `id:`; `ready` once the stream is live; `ping` every 10 s; `missed`: look at
    everything anew. An event says what changed, not how: fetch that. Resume with `after` or `Last-Event-ID`. The stream
    ends when a right that it rests on is taken away: open it again for what is left.
    """
    topics = topics_in(query.topics)
    if len(topics) > MOST_TOPICS:
        raise BadRequest(f"at most {MOST_TOPICS}", field="topics")
    repos = {topic: _repo_of(topic) for topic in topics if topic != "status"}
    seen = visible(current(), {repo for repo in repos.values() if repo is not None})
    refused = {topic for topic, repo in repos.items() if repo not in seen}
    if refused == topics:
        raise NotFound(UNKNOWN)
    events = stream_events(live.event_hub(), topics - refused, sse.last_seen(query.after), refused)
    return sse.respond(events, live.streams(), seen)


def topics_in(text: str) -> set[str]:
    """"repo:12,13,status" -> {"repo:12", "repo:13", "status"}. Raises BadRequest."""
    topics, kind = set(), ""
    for part in text.split(","):
        name, _, number = part.rpartition(":")
        kind = name or ("" if number == "status" else kind)
        if number != "status" and (kind not in ("repo", "run") or not number.isdecimal()):
            raise BadRequest(f"{part[:40]!r} is none of repo:ID, run:ID, status", field="topics")
        topics.add(f"{kind}:{int(number)}" if kind else number)
    return topics


def _repo_of(topic: str) -> int | None:
    """The id of the repository that the topic is about; None for a run that is unknown."""
    name, _, number = topic.partition(":")
    try:
        return int(number) if name == "repo" else db.runs.get(int(number)).repo
    except NotFound:
        return None
