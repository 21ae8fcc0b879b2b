"""Events: what changed, in the order of the commits, kept a day; readers wait for the next one."""

from __future__ import annotations

from flask import Blueprint, request

from common.api.events import Events
from common.wire.errors import BadRequest

from .access import callers
from .answers import answers
from .bells import wait_for
from .database import Transaction, database
from .paging import number
from .waiting import listener

bp = Blueprint("events", __name__)

AT_ONCE = 500
KEPT_HOURS = 24
LONGEST_WAIT = 30
OBJECTS = ("repo", "run", "deployment")


@bp.get("/v1/events")
@callers("orchestrator", "dashboard")
@answers(Events)
def index():
    """`?after=N&wait=25&topics=`: at most 500, after up to 30 s; without `after` the newest number at once. `missed`: some before
    these are gone (kept a day). `topics`: any of `repo:ID run:ID deployment:ID status` or kinds, with commas."""
    after = number("after", -1, 0, 2**62)
    topics = parse_topics(request.args.get("topics", ""))
    if after < 0:
        return {"events": [], "last": database().run(newest), "missed": False}
    answer = {"events": [], "last": after, "missed": False}

    def look():
        answer.update(database().run(read, answer["last"], topics))
        return answer["events"] or answer["missed"], None

    wait_for(listener().events, look, number("wait", 0, 0, LONGEST_WAIT))
    return answer


def parse_topics(text: str) -> tuple[str, list]:
    """An SQL condition and its parameters: "repo:7,run:12,status,run.created" means any of them.

    Raises BadRequest for what is none of these.
    """
    conditions, parameters = [], []
    for topic in filter(None, text.split(",")):
        name, colon, value = topic.partition(":")
        if colon and name in OBJECTS and value.isdecimal():
            conditions.append(f"{name} = %s")
            parameters.append(int(value))
        elif not colon and (topic == "status" or "." in topic):
            conditions.append("kind = %s")
            parameters.append("status.updated" if topic == "status" else topic)
        else:
            raise BadRequest(f"topic {topic!r} is none of repo:ID, run:ID, deployment:ID, status or a kind")
    return " OR ".join(conditions) or "true", parameters


def newest(transaction: Transaction) -> int:
    """Number of the last event. The sequence would not do: it may run ahead of what is committed."""
    return transaction.value("SELECT coalesce(max(id), 0) FROM events")


def read(transaction: Transaction, after: int, topics: tuple[str, list]) -> dict:
    """`last` passes events of other topics too; `missed`: some after `after` are gone, so look at the state anew."""
    kept = transaction.one("SELECT coalesce(min(id), 1) AS first, coalesce(max(id), 0) AS last FROM events")
    condition, parameters = topics
    rows = transaction.all("SELECT id, kind, repo, run, job, deployment, at FROM events WHERE id > %s AND id <= %s "
                           f"AND ({condition}) ORDER BY id LIMIT %s", [after, kept["last"], *parameters, AT_ONCE])
    missed = 0 < after < kept["first"] - 1 or after > kept["last"]
    return {"events": rows, "missed": missed,
            "last": rows[-1]["id"] if len(rows) == AT_ONCE else kept["last"]}


def prune(transaction: Transaction) -> int:
    """The newest stays, whatever its age: it says where the numbers are."""
    return transaction.do("DELETE FROM events WHERE at < now() - make_interval(hours => %s) AND "
                          "id < (SELECT max(id) FROM events)", (KEPT_HOURS,))
