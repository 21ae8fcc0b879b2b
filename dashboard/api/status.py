"""How the platform is: every part that the dashboard can ask."""

from __future__ import annotations

from common.errors import Problem, ServiceDown

from ..services import dbproxy, deployer, orchestrator, scanner
from .answers import Status
from .endpoint import endpoint

PATIENCE = 0        # a status that waits for what is down says nothing
TIMEOUT = 3         # seconds


@endpoint("GET", "/status", right="account", tag="Status")
def get_status() -> Status:
    """Each part: its name, state, one sentence, and what it says about itself."""
    database = ask(scanner, "/v1/database")
    parts = [part("conductor", ask(orchestrator, "/v1/status")), part("store", ask(dbproxy, "/v1/status")),
             part("scanner's database", database), part("engine", ask(deployer, "/v1/engine"))]
    return Status(parts=parts, database=database if "failed" not in database else None)


def ask(service, path: str) -> dict:
    """What the service answers, or `{failed: why}`."""
    try:
        return service.get(path, patience=PATIENCE, timeout=TIMEOUT)
    except (ServiceDown, Problem) as problem:
        return {"failed": str(problem)}


def part(name: str, facts: dict) -> dict:
    failed = facts.get("failed")
    return {"name": name, "state": "failure" if failed else "success", "detail": failed or "answers",
            "facts": {} if failed else facts}
