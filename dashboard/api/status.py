"""How the platform is: every part that the dashboard can ask, each with one sentence."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from common.service.client import ServiceClient
from common.wire.errors import Problem, ServiceDown
from forges import FORGES

from ..auth.actor import current
from ..clients import dbproxy, deployer, orchestrator, scanner
from ..forge import warnings
from .answers import Part, Status
from .endpoint import endpoint

TIMEOUT = 3         # seconds; a status that waits longer for what is down says nothing
FULL = 90           # percent of the disk from which it is told as late
LATE = 10           # seconds of lag of the log queue from which it is told as late
LONGEST_REASON = 300      # characters


@endpoint("GET", "/status", right="account", tag="Status")
def get_status() -> Status:
    """Each part with its state and a sentence, and what the parts say of themselves."""
    with ThreadPoolExecutor(4) as pool:
        asked = {name: pool.submit(ask, service._get_current_object(), path) for name, service, path in (
            ("conductor", orchestrator, "/v1/status"), ("store", dbproxy, "/v1/status"),
            ("vulnerabilities", scanner, "/v1/database"), ("engine", deployer, "/v1/engine"))}
    said = {name: future.result() for name, future in asked.items()}
    store = said["store"]
    return Status(warnings=warnings(), parts=[*_workers(said["conductor"]), *_store(store), *_reports(store), _vulnerabilities(said["vulnerabilities"]),
                         _engine(said["engine"])],
                  workers=said["conductor"].get("workers"), log_queue=store.get("log"),
                  database=store.get("database"), vulnerabilities=_facts(said["vulnerabilities"]),
                  engine=_facts(said["engine"]))


def ask(service: ServiceClient, path: str) -> dict:
    """What the service answers, or `{failed: why}`."""
    try:
        return service.get(path, patience=0, timeout=TIMEOUT)
    except (ServiceDown, Problem) as problem:
        return {"failed": str(problem)}


def _facts(said: dict) -> dict | None:
    return None if "failed" in said else said


def _workers(said: dict) -> list[Part]:
    if "failed" in said:
        return [Part(name="conductor", state="failure", detail=said["failed"])]
    runs = len(said.get("leases") or [])
    found = [Part(name="conductor", state="success", detail=f"drives {runs} run{'' if runs == 1 else 's'}")]
    for name, instances in said["workers"].items():
        away = [item["detail"] for item in instances if not item["ok"]]
        jobs = sum(len(item["jobs"]) for item in instances)
        told = f"{len(instances) - len(away)} of {len(instances)} answer, {jobs} job{'' if jobs == 1 else 's'}"
        found.append(Part(name=name, state="failure" if away else "success", detail="; ".join([told, *away])))
    return found


def _store(said: dict) -> list[Part]:
    if "failed" in said:
        return [Part(name=name, state="failure", detail=said["failed"]) for name in ("log queue", "database")]
    log, database = said["log"], said["database"]
    waiting = log["queued"] + log["waiting"]
    told = [f"{waiting} waiting, lag {log['lag_seconds']:.1f} s"]
    told += [f"{log['dead_letters']} dead letters"] if log["dead_letters"] else []
    told += [text for text in (log["store_problem"], log["state"]) if text and text != "connected"]
    good = log["state"] == "connected" and not log["store_problem"] and not log["dead_letters"]
    state = "failure" if not good else "pending" if log["lag_seconds"] > LATE else "success"
    return [Part(name="log queue", state=state, detail=", ".join(told)),
            Part(name="database", state="success",
                 detail=f"{_megabytes(database['size'])}, of that {_megabytes(database['log_size'])} of logs; "
                        f"{database['connections']} connections")]


def _reports(said: dict) -> list[Part]:
    """What forges have not been told, where there is any of it. The reasons may name repositories that not everyone may
    see, so they are for owners."""
    return [Part(name=f"reports to {FORGES[each['forge']].title}", state="pending", detail=". ".join([*_waiting(each), *_refused(each)]))
            for each in said.get("reports") or []]


def _waiting(reports: dict) -> list[str]:
    if not reports["reason"]:
        return []
    told = _count(reports["waiting"], "report waits", "reports wait")
    since = f"{reports['since'][:16].replace('T', ' ')} UTC"
    return [f"{told} for {FORGES[reports['forge']].title} since {since}{_because(reports['reason'])}"]


def _refused(reports: dict) -> list[str]:
    if not reports["failed"]:
        return []
    told = _count(reports["failed"], "report was", "reports were")
    return [f"{told} not sent in the last 24 hours, the last one{_because(reports['failure'])}"]


def _because(reason: str) -> str:
    return f", because {reason[:LONGEST_REASON]}" if current().owner else "; owners of this installation see why"


def _count(number: int, one: str, several: str) -> str:
    return f"{number} {one if number == 1 else several}"


def _vulnerabilities(said: dict) -> Part:
    if "failed" in said:
        return Part(name="vulnerabilities", state="failure", detail=said["failed"])
    age = f", {said['age_hours']:.0f} h old" if said.get("age_hours") is not None else ""
    told = said.get("reason") or said.get("notice") or ""
    state = "failure" if not said.get("valid", True) else "pending" if said.get("notice") else "success"
    return Part(name="vulnerabilities", state=state,
                detail=f"database {said.get('source', 'unknown')}{age}. {told}".strip())


def _engine(said: dict) -> Part:
    if "failed" in said:
        return Part(name="engine", state="failure", detail=said["failed"])
    ours, used = (said.get("containers") or {}).get("ours"), (said.get("disk") or {}).get("used_percent")
    told = [f"Docker {said.get('version', '')}"] + ([f"disk {used}%"] if used is not None else [])
    told += [f"{ours} containers of ours"] if ours is not None else []
    return Part(name="engine", state="pending" if (used or 0) >= FULL else "success", detail=", ".join(told))


def _megabytes(count: int) -> str:
    return f"{count / 1024**2:,.0f} MB"
