"""What changed, as it changes."""

from __future__ import annotations

from flask import Response

from common.errors import BadRequest, NotFound

from .. import live
from ..auth import targets
from ..auth.actor import current
from ..auth.rights import UNKNOWN, right_on
from ..live import sse
from ..live.events import stream_events
from ..services import dbproxy
from .endpoint import endpoint
from .inputs import EventQuery

MOST_TOPICS = 200


@endpoint("GET", "/events", right="account", tag="Events", media="text/event-stream",
          also={404: "one of the topics is unknown, or not yours to see"})
def stream_of_events(query: EventQuery) -> Response:
    """Server-sent events of the topics that you name: `repo:12`, `run:1043`, `status`, with commas between.

    Kinds: `repo.updated run.created run.updated job.updated deployment.updated status.updated delivery.updated
    pull.updated`, each with its number as `id:`; `ready` once the stream is live; `ping` every 10 s; `missed`: look at
    everything anew. An event says what changed, not how: fetch that. Resume with `after` or `Last-Event-ID`.
    """
    topics = set(query.topics.split(","))
    if len(topics) > MOST_TOPICS:
        raise BadRequest(f"topics: at most {MOST_TOPICS}")
    for topic in topics:
        _check_topic(topic)
    return sse.respond(stream_events(live.event_hub(), topics, sse.last_seen(query.after)), live.streams())


def _check_topic(topic: str) -> None:
    name, _, number = topic.partition(":")
    if topic == "status":
        return
    if name not in ("repo", "run") or not number:
        raise BadRequest(f"topics: {topic[:40]!r} is none of repo:ID, run:ID, status")
    try:
        repo = int(number) if name == "repo" else targets.repo_id(dbproxy.get(f"/v1/runs/{int(number)}"))
        right = "admin" if current().owner and name == "repo" else right_on(current(), targets.repo(repo))
    except NotFound:
        right = None
    if right is None:
        raise NotFound(UNKNOWN)
