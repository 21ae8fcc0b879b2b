"""Injecting faults, and watching what people would notice."""

from __future__ import annotations

import json
import threading

from cli.proc import answer, run
from cli.waiting import wait_for
from tests.harness import processes
from tests.harness.stack import Repo, Stack


def kill_9(stack: Stack, service: str) -> None:
    """SIGKILL the service's main process from outside, as a crash would, and wait until it is back and healthy.

    The engine restarts the container. (`docker kill` would count as a wish to stop, and keep it down.)
    """
    before = _state(stack, service)
    processes.kill_9(before["Pid"])
    wait_again(stack, service, before["StartedAt"])


def restart(stack: Stack, service: str) -> None:
    """`docker restart`, and wait until it is healthy."""
    before = _state(stack, service)
    run(["docker", "restart", stack.container(service)])
    wait_again(stack, service, before["StartedAt"])


def wait_again(stack: Stack, service: str, started_before: str, limit: float = 90) -> None:
    """Health is told of the run before until the engine has noticed its end: so a newer start is asked for, too."""
    def look() -> bool:
        state = _state(stack, service)
        return state["StartedAt"] != started_before and state.get("Health", {}).get("Status") == "healthy"
    wait_for(look, f"{service} to be back and healthy", limit)


def _state(stack: Stack, service: str) -> dict:
    return json.loads(answer(["docker", "inspect", "--format", "{{json .State}}", stack.container(service)]))


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
