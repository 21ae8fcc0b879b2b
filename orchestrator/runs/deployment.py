"""The deployment of one run: the row that records an image put into an environment."""

from __future__ import annotations

import logging

from common.api.client import Dbproxy
from common.api.deployments import Deployment as Row
from common.api.runs import Run
from common.service.client import ServiceClient
from common.wire.contracts import DeployOutputs, ImageRef, PromoteOutputs
from common.wire.errors import NotFound, ServiceDown
from common.wire.stages import FAILED

from .lease import RunLease
from .pipeline import PREVIEW_EVENT

log = logging.getLogger(__name__)

PRODUCTION, PREVIEW = "production", "preview"


class Deployment:
    """Made when the stage deploy begins; every method may be repeated by the next owner of the run."""

    def __init__(self, db: Dbproxy, deployer: ServiceClient, lease: RunLease, run: Run):
        self._db, self._deployer, self._lease, self._run = db, deployer, lease, run
        self.number: int | None = None

    @property
    def environment(self) -> str:
        return PREVIEW if self._run.event == PREVIEW_EVENT else PRODUCTION

    def open(self, image: ImageRef) -> int:
        """The row's number; dbproxy makes a row that an earlier life of the run closed a candidate again."""
        row = self._lease.new_deployment(repo=self._run.repo, environment=self.environment, digest=image.digest,
                                         repository=image.repository, commit=self._run.commit, actor=self._run.actor)
        self.number = row.id
        return self.number

    def healthy(self, image: ImageRef, outputs: DeployOutputs) -> None:
        self._lease.write_deployment(self.number or self.open(image), state="candidate", reason=outputs.answered,
                                 container=outputs.container, host=outputs.host, port=outputs.port)

    def live(self, image: ImageRef, outputs: PromoteOutputs) -> None:
        """The watch leaves deployments alone whose run is not over, so nobody else has said otherwise."""
        self._lease.write_deployment(self.number or self.open(image), state="live", reason="promoted", url=outputs.url)

    def close(self, state: str, reason: str) -> None:
        """The run ended without it going live: record it, then remove the container (deployer stores its last lines
        first)."""
        row = self._row()
        if row is None or row.state not in {"candidate", "failed", "removed"}:
            return
        self._lease.write_deployment(row.id, state="failed" if state in FAILED else "removed", reason=reason)
        try:
            self._deployer.delete(f"/v1/deployments/{row.id}", timeout=5, patience=3)
        except NotFound:
            log.debug("deployment %s has no container", row.id)
        except ServiceDown as down:
            log.warning("the candidate of run %s stays until the sweep: %s", self._run.id, down)

    def _row(self) -> Row | None:
        """As dbproxy has it: a former owner of the run may have made it."""
        return next(iter(self._db.deployments.page(run=self._run.id).items), None)
