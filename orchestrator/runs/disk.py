"""The disk that a repository uses, and the refusal of a new run where that is over its limit.

Deployer measures volumes and containers, builder what the repository's images take in the registry.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass

from common.api.client import Dbproxy
from common.service.client import ServiceClient
from common.wire.contracts import Limits
from common.wire.errors import Failure, Problem, ServiceDown
from common.wire.limits import WHO, measured

from ..credentials.registry_rights import Images

log = logging.getLogger(__name__)

PATIENCE = 5      # seconds that an unreachable service is asked; a guard must not hold a run up
MEASURING = 120   # seconds that builder may take to read the manifests of all images


@dataclass(frozen=True)
class Disk:
    """Bytes of one repository."""

    volumes: int
    containers: int
    images: int

    @property
    def total(self) -> int:
        return self.volumes + self.containers + self.images


@dataclass
class Disks:
    db: Dbproxy
    deployer: ServiceClient
    images: Images

    def check(self, repo: int, limits: Limits) -> None:
        """Raise Failure where the repository uses more than its limit, also without the images that nothing needs."""
        try:
            used = self.of(repo)
            if used.total > limits.disk and self._remove_unused(repo):
                used = self.of(repo)
        except (Problem, ServiceDown) as problem:
            log.warning("the disk of repository %s is not checked before its run: %s", repo, problem)
            return
        if used.total > limits.disk:
            raise Failure(
                f"the repository uses {measured(used.total)} of disk, over its limit of {measured(limits.disk)}: volumes "
                f"{measured(used.volumes)}, containers {measured(used.containers)}, images {measured(used.images)}. Delete data in "
                f"the app's volumes, or stop versions that you don't need; {WHO}")

    def of(self, repo: int) -> Disk:
        """Raises ServiceDown."""
        found = self.deployer.get(f"/v1/repos/{repo}/disk", patience=PATIENCE)
        size = self.images.size(self.db.repos.images(repo), timeout=MEASURING, patience=PATIENCE)
        return Disk(found["volumes"], found["containers"], size)

    def _remove_unused(self, repo: int) -> int:
        """Remove the images that no deployment and no run needs; how many there were."""
        unused = self.db.repos.images(repo, unused=True)
        if unused:
            self.images.remove(unused, timeout=MEASURING, patience=PATIENCE)
            log.info("removed %d images of repository %s, which is over its disk limit", len(unused), repo)
        return len(unused)
