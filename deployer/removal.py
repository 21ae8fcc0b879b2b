"""The end of a repository: its route, its containers, its network, its volumes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from docker.errors import NotFound

from . import names
from .engine import Engine
from .images import Images
from .networks import Networks
from .records import Record, Records


@dataclass
class Removal:
    engine: Engine
    records: Records
    images: Images
    networks: Networks
    switched: Callable[[], None]

    def of_repo(self, repo: int) -> None:
        """Repeatable. The traffic goes first, so that nobody is sent to what is being removed."""
        for record in self.records.all():
            if is_of(record, repo):
                self._forget(record.app)
        for listed in self.engine.containers(REPO=repo):
            self.engine.remove(listed["Id"])
            self.records.release(listed["Id"])
            self.images.remove_unused(listed["ImageID"])
        self.networks.remove(repo)
        self._remove_volumes(repo)
        self.switched()

    def _forget(self, app: str) -> None:
        with self.records.changing(app) as record:
            self.records.switch(app, None)
            record.live = record.next = None
            record.leaving, record.kept, record.failed, record.notes = [], [], [], {}

    def _remove_volumes(self, repo: int) -> None:
        wanted = {"label": [f"{names.INSTANCE}={self.engine.instance}", f"{names.REPO}={repo}"]}
        for volume in self.engine.api.volumes(filters=wanted)["Volumes"] or []:
            try:
                self.engine.api.remove_volume(volume["Name"], force=True)
            except NotFound:
                continue      # another call was quicker


def is_of(record: Record, repo: int) -> bool:
    versions = [version for _, version in record.versions()] + ([record.next] if record.next else [])
    return any(version.repo == repo for version in versions)
