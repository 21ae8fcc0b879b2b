"""How the platform is: every part that the dashboard can ask, each with one sentence."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict

from common.api.events import ForgeReports, StoreStatus
from common.wire.errors import Problem, ServiceDown
from forges import FORGES

from ..auth.actor import current
from ..clients import db, deployer, orchestrator, scanner
from ..forge import warnings
from ..web.together import together
from .answers import Part, Status
from .endpoint import endpoint

TIMEOUT = 3         # seconds; a status that waits longer for what is down says nothing
FULL = 90           # percent of the disk from which it is told as late
LATE = 10           # seconds of lag of the log queue from which it is told as late
LONGEST_REASON = 300      # characters

Answer = TypeVar("Answer", bound=BaseModel)


class Down(str):
    """Why a part does not answer."""


class Told(BaseModel):
    """What a part tells of itself; more than is read here is passed on."""

    model_config = ConfigDict(extra="allow")


class Instance(Told):
    ok: bool
    detail: str
    jobs: list


class Conductor(Told):
    workers: dict[str, list[Instance]]
    leases: list = []


class Vulnerabilities(Told):
    valid: bool = True
    source: str = "unknown"
    age_hours: float | None = None
    reason: str | None = None
    notice: str | None = None


class Containers(Told):
    ours: int | None = None


class Disk(Told):
    used_percent: int | None = None


class Engine(Told):
    version: str = ""
    containers: Containers = Containers()
    disk: Disk = Disk()


@endpoint("GET", "/status", right="account", tag="Status")
def get_status() -> Status:
    """Each part with its state and a sentence, and what the parts say of themselves."""
    bounds = {"patience": 0, "timeout": TIMEOUT}
    store, conductor, vulnerabilities, engine = together(
        lambda: _asked(lambda: db.within(**bounds).status()),
        lambda: _asked(lambda: Conductor.model_validate(orchestrator.get("/v1/status", **bounds))),
        lambda: _asked(lambda: Vulnerabilities.model_validate(scanner.get("/v1/database", **bounds))),
        lambda: _asked(lambda: Engine.model_validate(deployer.get("/v1/engine", **bounds))))
    told, kept = _facts(conductor) or {}, _facts(store) or {}
    return Status(warnings=warnings(), workers=told.get("workers"), log_queue=kept.get("log"), database=kept.get("database"),
                  vulnerabilities=_facts(vulnerabilities), engine=_facts(engine),
                  parts=[*_workers(conductor), *_store(store), *_reports(store), _vulnerabilities(vulnerabilities),
                         _engine(engine)])


def _asked(ask: Callable[[], Answer]) -> Answer | Down:
    try:
        return ask()
    except (ServiceDown, Problem) as problem:
        return Down(problem)


def _facts(told: BaseModel | Down) -> dict[str, Any] | None:
    """Return what the part itself told, without our defaults; None where it does not answer."""
    return None if isinstance(told, Down) else told.model_dump(mode="json", exclude_unset=True)


def _workers(told: Conductor | Down) -> list[Part]:
    if isinstance(told, Down):
        return [Part(name="conductor", state="failure", detail=told)]
    found = [Part(name="conductor", state="success", detail=f"drives {_count(len(told.leases), 'run', 'runs')}")]
    for name, instances in told.workers.items():
        away = [item.detail for item in instances if not item.ok]
        jobs = sum(len(item.jobs) for item in instances)
        sentence = f"{len(instances) - len(away)} of {len(instances)} answer, {_count(jobs, 'job', 'jobs')}"
        found.append(Part(name=name, state="failure" if away else "success", detail="; ".join([sentence, *away])))
    return found


def _store(told: StoreStatus | Down) -> list[Part]:
    if isinstance(told, Down):
        return [Part(name=name, state="failure", detail=told) for name in ("log queue", "database")]
    log, database = told.log, told.database
    words = [f"{log.queued + log.waiting} waiting, lag {log.lag_seconds:.1f} s"]
    words += [f"{log.dead_letters} dead letters"] if log.dead_letters else []
    words += [text for text in (log.store_problem, log.state) if text and text != "connected"]
    good = log.state == "connected" and not log.store_problem and not log.dead_letters
    state = "failure" if not good else "pending" if log.lag_seconds > LATE else "success"
    return [Part(name="log queue", state=state, detail=", ".join(words)),
            Part(name="database", state="success",
                 detail=f"{_megabytes(database.size)}, of that {_megabytes(database.log_size)} of logs; "
                        f"{database.connections} connections")]


def _reports(told: StoreStatus | Down) -> list[Part]:
    """What forges have not been told, where there is any of it. The reasons may name repositories that not everyone may
    see, so they are for owners."""
    return [] if isinstance(told, Down) else [
        Part(name=f"reports to {FORGES[each.forge].title}", state="pending", detail=". ".join([*_waiting(each), *_refused(each)]))
        for each in told.reports]


def _waiting(reports: ForgeReports) -> list[str]:
    if not reports.reason:
        return []
    told = _count(reports.waiting, "report waits", "reports wait")
    since = f"{reports.since:%Y-%m-%d %H:%M} UTC"
    return [f"{told} for {FORGES[reports.forge].title} since {since}{_because(reports.reason)}"]


def _refused(reports: ForgeReports) -> list[str]:
    if not reports.failed:
        return []
    told = _count(reports.failed, "report was", "reports were")
    return [f"{told} not sent in the last 24 hours, the last one{_because(reports.failure)}"]


def _because(reason: str) -> str:
    return f", because {reason[:LONGEST_REASON]}" if current().owner else "; owners of this installation see why"


def _count(number: int, one: str, several: str) -> str:
    return f"{number} {one if number == 1 else several}"


def _vulnerabilities(told: Vulnerabilities | Down) -> Part:
    if isinstance(told, Down):
        return Part(name="vulnerabilities", state="failure", detail=told)
    age = f", {told.age_hours:.0f} h old" if told.age_hours is not None else ""
    state = "failure" if not told.valid else "pending" if told.notice else "success"
    return Part(name="vulnerabilities", state=state,
                detail=f"database {told.source}{age}. {told.reason or told.notice or ''}".strip())


def _engine(told: Engine | Down) -> Part:
    if isinstance(told, Down):
        return Part(name="engine", state="failure", detail=told)
    used, ours = told.disk.used_percent, told.containers.ours
    words = [f"Docker {told.version}"] + ([f"disk {used}%"] if used is not None else [])
    words += [f"{ours} containers of ours"] if ours is not None else []
    return Part(name="engine", state="pending" if (used or 0) >= FULL else "success", detail=", ".join(words))


def _megabytes(count: int) -> str:
    return f"{count / 1024**2:,.0f} MB"
