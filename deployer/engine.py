"""The Docker Engine, as deployer uses it: one client for each thread, and errors in words."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from datetime import datetime

import docker
import requests
from docker.errors import APIError, DockerException, NotFound

from common.errors import Failure, Unavailable

from . import names
from .isolation import OLDEST_API

TIMEOUT = 30                 # seconds without an answer


class EngineDown(Unavailable):
    """The Docker Engine did not answer: we broke, not the work."""


class Engine:
    """`api` is a low-level client of the calling thread: its requests' session is not promised to be shared."""

    def __init__(self, url: str, instance: str, probe_image: str):
        self.instance, self.probe_image = instance, probe_image
        self.began = time.time()
        self._url = url
        self._local = threading.local()
        self._version: str | None = None
        self._cpus: int | None = None

    @property
    def api(self) -> docker.APIClient:
        """Raises EngineDown."""
        if not hasattr(self._local, "api"):
            with speaking():
                client = docker.APIClient(self._url, version=self._version or "auto", timeout=TIMEOUT)
            self._require(client)
            self._version, self._local.api = client.api_version, client
        return self._local.api

    def _require(self, client: docker.APIClient) -> None:
        if tuple(map(int, client.api_version.split("."))) < OLDEST_API:
            raise EngineDown(f"the Docker Engine speaks API {client.api_version}, 1.44 is needed: "
                             "upgrade it to version 25 or newer")

    @property
    def cpus(self) -> int:
        if self._cpus is None:
            self._cpus = int(self.api.info()["NCPU"])
        return self._cpus

    def inspect(self, container: str) -> dict | None:
        """None where it does not exist."""
        try:
            return self.api.inspect_container(container)
        except NotFound:
            return None

    def interrupted(self, found: dict) -> bool:
        """Did an inspected container of before our own start end while we were away, as `down` and a reboot end it? Also
        once it was started again, until it ends by itself."""
        state = found["State"]
        if seconds_of(found["Created"]) >= self.began:
            return False
        if state["Running"]:
            return seconds_of(state["StartedAt"]) >= self.began
        return state["Status"] == "exited" and seconds_of(state["FinishedAt"]) < self.began

    def containers(self, role: str | None = None, **labels: object) -> list[dict]:
        """Ours, running or not, as the engine lists them; `labels` by the names in names.py, e.g. RUN=3."""
        wanted = [f"{names.INSTANCE}={self.instance}", f"{names.ROLE}={role}" if role else names.ROLE]
        wanted += [f"{getattr(names, key)}={value}" for key, value in labels.items()]
        return self.api.containers(all=True, filters={"label": wanted})

    def remove(self, container: str) -> bool:
        """Kill and remove with its anonymous volumes; False where it was gone already."""
        try:
            self.api.remove_container(container, force=True, v=True)
        except NotFound:
            return False
        except APIError as problem:
            if problem.status_code != 409 or "already in progress" not in str(problem):
                raise
        return True


def seconds_of(moment: str) -> float:
    """Return the engine's time (RFC 3339, UTC) in seconds since 1970, with its fraction.

    Whole seconds would put a container that was created right after our own start before it.
    """
    return datetime.fromisoformat(moment).timestamp()


@contextmanager
def speaking():
    """Turns the many ways of not reaching the engine into EngineDown; its refusals pass unchanged."""
    try:
        yield
    except APIError:
        raise
    except (requests.ConnectionError, requests.Timeout, DockerException) as problem:
        raise EngineDown(f"the Docker Engine does not answer ({type(problem).__name__}): see `./continuum status`"
                         ) from problem


def explain(problem: APIError) -> str:
    return str(problem.explanation or problem)


def disk_full(problem: object) -> Failure | None:
    """The failure to raise where the engine says that there is no room."""
    if "no space left on device" in str(problem).lower():
        return Failure("disk full: the Docker Engine has no space left; free some, e.g. with `docker system df` "
                       "and `docker image prune`, then retry")
    return None
