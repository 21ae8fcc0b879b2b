"""Injecting faults, and watching what people would notice."""

from __future__ import annotations

import threading

from cli.proc import answer
from cli.waiting import wait_for
from tests.harness import processes
from tests.harness.stack import Repo, Stack


def kill_9(stack: Stack, service: str) -> None:
    """SIGKILL the service's main process from outside, as a crash would; the engine restarts the container.

    (`docker kill` would count as a wish to stop, and keep it down.)
    """
    processes.kill_9(int(answer(["docker", "inspect", "--format", "{{.State.Pid}}", stack.container(service)])))


def wait_healthy(stack: Stack, service: str, limit: float = 90) -> None:
    path = "{{.State.Health.Status}}"
    wait_for(lambda: answer(["docker", "inspect", "--format", path, stack.container(service)]) == "healthy",
             f"{service} to be healthy", limit)


class Availability:
    """Asks the live app ten times a second; every answer but 200 is kept."""

    def __init__(self, repo: Repo):
        self._repo = repo
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._ask, daemon=True)
        self.asked = 0
        self.bad: list[str] = []

    def __enter__(self) -> Availability:
        self._thread.start()
        return self

    def __exit__(self, *_) -> None:
        self._stop.set()
        self._thread.join()

    def _ask(self) -> None:
        while not self._stop.wait(0.1):
            self.asked += 1
            try:
                response = self._repo.fetch("/")
                if response.status_code != 200:
                    self.bad.append(f"{response.status_code} {response.text[:80]}")
            except OSError as problem:
                self.bad.append(repr(problem))
