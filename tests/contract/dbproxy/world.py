"""Callers of the service with the few moves that most tests make."""

import itertools
import time
import uuid

import pika

from common.wire import broker
from common.worker.joblog import JobLog
from common.worker.publisher import Publisher
from common.worker.spool import Spool

DIGEST = "sha256:" + "a" * 64
_numbers = itertools.count(1)


class World:
    def __init__(self, service, admin, rabbitmq_url, folder):
        self.service = service
        self.orchestrator, self.dashboard = service.client("orchestrator"), service.client("dashboard")
        self.scanner, self.tester = service.client("scanner"), service.client("tester")
        self.rabbitmq_url, self._folder, self._admin = rabbitmq_url, folder, admin
        self._publisher = None

    def __enter__(self):
        self.repo = self.new_repo()["id"]
        return self

    def __exit__(self, *_):
        """Leave no run behind that the next test could claim."""
        self.sql("UPDATE runs SET state = 'canceled', ended = now() WHERE state IN ('pending', 'running')")
        if self._publisher:
            self._publisher.stop()

    def sql(self, statement, parameters=None) -> list[tuple]:
        with self._admin.cursor() as cursor:
            cursor.execute(statement, parameters)
            return cursor.fetchall() if cursor.description else []

    def new_repo(self, **values) -> dict:
        return self.orchestrator.put(f"/v1/repos/local/ann/repo-{uuid.uuid4().hex[:12]}", values)

    def new_run(self, repo=None, **values) -> dict:
        body = {"repo": repo or self.repo, "kind": "full", "ref": "main", "commit": f"{next(_numbers):040x}",
                "event": "manual", "actor": "ann", **values}
        return self.orchestrator.post("/v1/runs", body)

    def claim(self, owner="one", limit=10, wait=0) -> list[dict]:
        return self.orchestrator.post("/v1/runs/claim", {"owner": owner, "limit": limit, "wait": wait},
                                      timeout=wait + 10)["items"]

    def claimed_run(self, **values) -> dict:
        run = self.new_run(**values)
        return next(claimed for claimed in self.claim() if claimed["id"] == run["id"])

    def put_job(self, run: dict, job: str, state: str, **values) -> dict:
        return self.orchestrator.put(f"/v1/runs/{run['id']}/jobs/{job}",
                                     {"fence": run["fence"], "state": state, **values})

    def change(self, run: dict, **values) -> dict:
        return self.orchestrator.patch(f"/v1/runs/{run['id']}", {"fence": run["fence"], **values})

    def job_log(self, run: int, stage="build", attempt=1) -> JobLog:
        """As a worker writes it: spool, publisher, confirms."""
        if self._publisher is None:
            self._spool = Spool(str(self._folder / "spool.db"), 1024**3)
            self._publisher = Publisher(self.rabbitmq_url, self._spool)
            self._publisher.loop.start()

        def send(key, body):
            self._spool.add(key, body)
            self._publisher.wake()
        return JobLog(run, stage, attempt, send)

    def publish(self, *bodies: bytes, key="log.1.build") -> None:
        """Raw messages, confirmed."""
        connection = pika.BlockingConnection(pika.URLParameters(self.rabbitmq_url))
        channel = connection.channel()
        channel.confirm_delivery()
        for body in bodies:
            channel.basic_publish(broker.EXCHANGE, key, body, pika.BasicProperties(delivery_mode=2), mandatory=True)
        connection.close()

    def page(self, run: int, job="build.1", first=1, count=1000) -> dict:
        return self.dashboard.get(f"/v1/log/{run}/{job}", params={"from": first, "count": count})

    def whole_log(self, run: int, job="build.1") -> list[list]:
        lines = []
        while page := self.page(run, job, len(lines) + 1, 5000)["lines"]:
            lines += page
        return lines


def message(run: int, first: int, lines: list[str], *, at=None, step=1, parts=(), job=("build", 1)) -> bytes:
    at = at or time.time_ns() // 1_000_000
    return broker.encode(run, job[0], job[1], first, [at + number for number in range(len(lines))],
                         [step] * len(lines), lines, list(parts))
