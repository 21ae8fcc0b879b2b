"""All that a conductor works with."""

from common.wire.errors import ServiceDown
from common.wire.stages import STAGES, WORKERS
from tests.unit.orchestrator.fake_forges import FakeForge

from .db import FakeDb
from .outputs import OUTPUTS
from .workers import FakeWorker


class World:
    """Everything a conductor works with. `work[stage](inputs, log, cancel)` may be replaced; `began` tells the
    beginnings in their order."""

    def __init__(self, instances=1):
        self.db, self.began = FakeDb(), []
        self.work = {stage: self._succeed(stage) for stage in STAGES}
        self.workers = {name: [FakeWorker(f"http://{name}{i}:8000", self.work, self.began) for i in range(instances)]
                        for name in WORKERS}
        self.forge = FakeForge()

    def client_of(self, worker, url):
        for instance in self.workers[worker]:
            if instance.url == url:
                return instance
        raise ServiceDown(f"no instance {url}")

    def addresses(self, worker):
        return [instance.url for instance in self.workers[worker]]

    @property
    def deployer(self):
        return self.workers["deployer"][0]

    @staticmethod
    def _succeed(stage):
        return lambda inputs, log, cancel: OUTPUTS.get(stage, {})
