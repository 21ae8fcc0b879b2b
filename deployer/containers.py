"""Containers of apps as deployments: which deployment and run a container belongs to, and what it is now."""

from __future__ import annotations

from dataclasses import dataclass

from common.wire.errors import NotFound

from . import names
from .engine import Engine
from .engine_answers import Listed
from .records import Record, Records


@dataclass(frozen=True)
class Owned:
    """A container of an app. `role`: candidate, live, leaving, kept or failed; `app` None while candidate."""

    id: str
    name: str
    state: str                # the engine's word: created, running, restarting, exited, dead
    deployment: int
    repo: int
    run: int
    attempt: int
    role: str
    app: str | None
    created: float            # seconds since 1970
    labels: dict[str, str]


class Containers:
    def __init__(self, engine: Engine, records: Records):
        self._engine, self._records = engine, records

    def all(self, **labels: object) -> list[Owned]:
        roles = roles_of(self._records.all())
        return [self._owned(item, roles) for item in self._engine.containers(names.APP, **labels)]

    def of_repo(self, repo: int) -> list[Owned]:
        return self.all(REPO=repo)

    def of_deployment(self, deployment: int) -> Owned:
        """The container that stands for the deployment now; raises NotFound."""
        found = [item for item in self.all() if item.deployment == deployment]
        if not found:
            raise NotFound(f"deployment {deployment} has no container here")
        return max(found, key=lambda item: (item.role == "live", item.attempt))

    def _owned(self, listed: Listed, roles: dict[str, tuple[str, str]]) -> Owned:
        labels = listed["Labels"]
        role, app = roles.get(listed["Id"], ("candidate", None))
        now = self._records.adopted(listed["Id"]) or {}
        return Owned(id=listed["Id"], name=listed["Names"][0].lstrip("/") if listed["Names"] else "",
                     state=listed["State"], repo=int(labels[names.REPO]), role=role, app=app, labels=labels,
                     created=listed["Created"],
                     deployment=now.get("deployment", int(labels[names.DEPLOYMENT])),
                     run=now.get("run", int(labels[names.RUN])),
                     attempt=now.get("attempt", int(labels[names.ATTEMPT])))


def roles_of(records: list[Record]) -> dict[str, tuple[str, str]]:
    """Container id -> (role, app)."""
    return {version.container: (role, record.app) for record in records for role, version in record.versions()}
