"""The workers as the conductor sees them: instances of four services, found by DNS; a job belongs to one of them.

    JobGone     no instance has the job any more: its worker was restarted, or did not answer for too long

A PUT whose answer got lost may have arrived, and DNS could send the next one to another instance, so before a PUT is
tried again every instance is asked for the job.
"""

from __future__ import annotations

import random
import socket
import threading
import time
from collections.abc import Callable
from typing import Any, TypeVar

from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_when_event_set, wait_exponential
from tenacity.nap import sleep_using_event

from common.service.client import ServiceClient
from common.wire.errors import ContinuumError, NotFound, ServiceDown
from common.wire.jobs import JobView
from common.wire.stages import TERMINAL

ANSWERS_WITHIN = 35      # seconds; a worker's longest wait is 30
QUICKLY = 5              # seconds, for calls that wait for nothing

Answer = TypeVar("Answer")
ClientOf = Callable[..., ServiceClient]       # (worker, url of an instance | None)


class JobGone(ContinuumError):
    """The job is lost; `str()` says how."""


class WorkerClient:
    """Starts, finds, follows and ends jobs. Safe for several threads.

    `patience`: seconds that a job's instance may be out of reach (its container restarts) before the job counts as
    lost; twice that where no other instance could take it over, since the job may well be going on.
    """

    def __init__(self, client_of: ClientOf, addresses: Callable[[str], list[str]] | None = None, *,
                 patience: float = 60):
        self._client_of = client_of
        self._addresses = addresses or addresses_by_dns
        self._patience = patience

    def instances(self, worker: str) -> list[ServiceClient]:
        """Every instance of the service that DNS knows; raises ServiceDown if there is none."""
        return [self._client_of(worker, url) for url in self._addresses(worker)]

    def start(self, worker: str, job: str, fence: int, inputs: dict[str, Any], stop: threading.Event) -> JobView:
        """Give the job to an instance; answers its view. Raises JobGone, and Problem as the worker answers."""
        sent: list[bool] = []

        def attempt() -> JobView:
            found = self.find(worker, job) if sent else None
            if found is None:
                instance = random.choice(self.instances(worker))
                sent.append(True)
                found = JobView.model_validate(instance.put(f"/v1/jobs/{job}", {"fence": fence, "inputs": inputs}, patience=0))
            return found
        return self._patiently(worker, attempt, stop)

    def search(self, worker: str, job: str, stop: threading.Event) -> JobView:
        """The job's view from whichever instance has it; raises JobGone."""
        found = self._patiently(worker, lambda: self.find(worker, job), stop)
        if found is None:
            raise JobGone(f"no {worker} has the job")
        return found

    def find(self, worker: str, job: str) -> JobView | None:
        """The job's view from whichever instance has it now; raises ServiceDown if one of them does not answer."""
        for instance in self.instances(worker):
            try:
                return JobView.model_validate(instance.get(f"/v1/jobs/{job}", timeout=QUICKLY, patience=0))
            except NotFound:
                continue
        return None

    def look(self, worker: str, url: str, job: str, stop: threading.Event, *, seen: int = 0, wait: float = 0) -> JobView:
        """The job's view from its own instance, once its version passes `seen` or after `wait` seconds."""
        instance = self._client_of(worker, url)
        try:
            return JobView.model_validate(self._patiently(worker, lambda: instance.get(
                f"/v1/jobs/{job}", params={"wait": wait, "seen": seen}, timeout=ANSWERS_WITHIN, patience=0), stop))
        except NotFound as unknown:
            raise JobGone(f"the {worker} was restarted") from unknown

    def end(self, worker: str, url: str, job: str) -> None:
        """Ask for the job's end; raises ServiceDown."""
        self._client_of(worker, url).delete(f"/v1/jobs/{job}", timeout=QUICKLY, patience=2)

    def put_down(self, worker: str, job: str, stop: threading.Event) -> None:
        """See that an attempt that counted as lost does not run on beside the next one."""
        found = self._patiently(worker, lambda: self.find(worker, job), stop)
        if found and found.state not in TERMINAL:
            self.end(worker, found.worker, job)
            while found.state not in TERMINAL and not stop.is_set():
                found = self.look(worker, found.worker, job, stop, seen=found.version, wait=QUICKLY)

    def _patiently(self, worker: str, call: Callable[[], Answer], stop: threading.Event) -> Answer:
        def given_up(tries: RetryCallState) -> bool:
            waited = tries.seconds_since_start or 0
            return waited >= 2 * self._patience or waited >= self._patience and self._answers(worker)
        retrying = Retrying(retry=retry_if_exception_type(ServiceDown), sleep=sleep_using_event(stop), reraise=True,
                            stop=stop_when_event_set(stop) | given_up, wait=wait_exponential(multiplier=0.05, max=1))
        began = time.monotonic()
        try:
            return retrying(call)
        except ServiceDown as down:
            raise JobGone(f"the {worker} was out of reach for {time.monotonic() - began:.0f} s ({down})") from down

    def _answers(self, worker: str) -> bool:
        """Is there any instance that could take a job now?"""
        for url in self._known(worker):
            try:
                self._client_of(worker, url).get("/v1/jobs", timeout=QUICKLY, patience=0)
                return True
            except ServiceDown:
                continue
        return False

    def _known(self, worker: str) -> list[str]:
        try:
            return self._addresses(worker)
        except ServiceDown:
            return []


def addresses_by_dns(worker: str) -> list[str]:
    """URLs of all containers behind a service's name; raises ServiceDown."""
    try:
        found = socket.getaddrinfo(worker, 8000, socket.AF_INET, socket.SOCK_STREAM)
    except OSError as problem:
        raise ServiceDown(f"{worker} is not to be found ({problem})") from problem
    return sorted({f"http://{entry[4][0]}:8000" for entry in found})
