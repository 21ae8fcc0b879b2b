"""The workers: the real job API over work that a test gives."""

import threading

from common.wire.contracts import inputs_of
from common.wire.errors import ServiceDown
from common.worker.jobs import JobKey, Jobs, Stage

from .client import Client

SLOTS = 9


class FakeWorker(Client):
    """One instance of a worker. `work[stage]` is what it does; `began` counts the beginnings of each stage.

    Switches: `unreachable`; `lose_answers`: so many PUTs arrive and their answers do not; `restart()` forgets all jobs;
    `deaf`: jobs are not ended by DELETE.
    """

    def __init__(self, url, work, began):
        self.url, self._work, self._began = url, work, began
        self.unreachable, self.deaf, self.lose_answers = False, False, 0
        self.deployments, self.removed, self.swept, self.asked = [], [], [], threading.Event()
        self.images_removed, self.image_size, self.disk = [], 0, {"volumes": 0, "containers": 0}
        self.jobs = self._fresh()

    def restart(self):
        """Its jobs are gone, and the connections of those who wait for one break."""
        before, self.jobs = self.jobs, self._fresh()
        for job in before.running():
            job.touch()

    def _fresh(self):
        return Jobs({stage: Stage(self._begin(stage), inputs_of(stage)) for stage in self._work}, SLOTS, lambda *_: None)

    def call(self, method, path, json=None, params=None, **_):
        if self.unreachable:
            self.asked.set()
            raise ServiceDown(f"{self.url} does not answer")
        if path == "/v1/jobs":
            return {"jobs": [str(job.key) for job in self.jobs.running()], "worker": self.url}
        if path.startswith("/v1/jobs/"):
            return self._job(method, JobKey.parse(path.removeprefix("/v1/jobs/")), json, params or {})
        if path == "/v1/images/remove":
            return self.images_removed.extend(json["images"])
        if path == "/v1/images/size":
            left = [image for image in json["images"] if image not in self.images_removed]
            return {"size": self.image_size * len(left)}
        if path.endswith("/disk"):
            return dict(self.disk)
        if path == "/v1/sweep":
            self.swept.append(json["runs"])
            self.disk_limits = json["disk"]
            return {"removed": ["old"]}
        if method == "DELETE":
            return self.removed.append(int(path.rsplit("/", 1)[1]))
        if path.endswith("/stop"):
            return self.removed.append(path)
        return {"version": 1, "deployments": self.deployments}

    def _job(self, method, key, body, params):
        jobs = self.jobs
        if method == "PUT":
            job, _ = self.jobs.put(key, body["fence"], body["inputs"])
            if self.lose_answers:
                self.lose_answers -= 1
                raise ServiceDown("the answer got lost")
        elif method == "DELETE":
            job = self.jobs.get(key) if self.deaf else self.jobs.delete(key)
        else:
            job = self.jobs.get(key)
            job.wait(params.get("seen", 0), params.get("wait", 0))
            if self.unreachable or jobs is not self.jobs:
                raise ServiceDown(f"{self.url} does not answer")
        return job.view(self.url).model_dump()

    def _begin(self, stage):
        def work(inputs, log, cancel):
            self._began.append(f"{stage}.{inputs.attempt}")
            return self._work[stage](inputs, log, cancel)
        return work
