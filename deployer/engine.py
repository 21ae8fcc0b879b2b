"""The Docker Engine, as deployer uses it: one client for each thread, and errors in words."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import contextmanager
from datetime import datetime

import docker
import requests
from docker.errors import APIError, DockerException, NotFound

from common.service.loop import Loop
from common.wire.errors import StageError, Unavailable

from . import names
from .engine_answers import Body, Inspected
from .isolation import OLDEST_API

TIMEOUT = 30                 # seconds without an answer
MEASURING = 300              # seconds that the engine may take to measure all volumes
NO_QUOTA = ("storage-opt", "pquota")      # words of a refusal to limit a writable layer


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
        self._quota: bool | None = None

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

    def inspect(self, container: str) -> Inspected | None:
        """None where it does not exist."""
        try:
            return self.api.inspect_container(container)
        except NotFound:
            return None

    def interrupted(self, found: Inspected) -> bool:
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

    def volume_usage(self) -> list[dict]:
        """Every volume of the engine with `UsageData.Size` in bytes (-1: unknown); may take long.

        docker-py's `df` asks for images and the build cache, too, which nobody needs here.
        """
        answer = self.api.get(f"{self.api.base_url}/v{self.api.api_version}/system/df", params={"type": "volume"},
                              timeout=MEASURING)
        if answer.status_code != 200:
            raise APIError(f"the engine does not measure its volumes: {answer.text[:300]}", answer)
        return answer.json().get("Volumes") or []

    @property
    def has_quota(self) -> bool:
        """May the engine's file system limit a container's writable layer? A refused create says that it does not."""
        if self._quota is None:
            found = self.api.info()
            backing = dict(found.get("DriverStatus") or []).get("Backing Filesystem")
            self._quota = (found["Driver"], backing) == ("overlay2", "xfs") or found["Driver"] in ("btrfs", "zfs")
        return self._quota

    def create(self, body: Body, name: str) -> str:
        """Create a container and return its id; without its quota where the engine cannot keep one."""
        try:
            return self.api.create_container_from_config(body, name)["Id"]
        except APIError as problem:
            host = body["HostConfig"]
            if "StorageOpt" not in host or not any(sign in explain(problem).lower() for sign in NO_QUOTA):
                raise
            self._quota = False
            body = {**body, "HostConfig": {key: value for key, value in host.items() if key != "StorageOpt"}}
            return self.api.create_container_from_config(body, name)["Id"]

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


def engine_loop(name: str, work: Callable[[], float | None], *, pause: float, meanwhile: str) -> Loop:
    """A loop whose work needs the engine and nothing else."""
    def spoken() -> float | None:
        with speaking():
            return work()
    return Loop(name, spoken, pause=pause, meanwhile=meanwhile, unavailable=(EngineDown, APIError, OSError))


def explain(problem: APIError) -> str:
    return str(problem.explanation or problem)


def disk_full(problem: object) -> StageError | None:
    """The error to raise where the engine says that there is no room: nothing that an author could mend."""
    if "no space left on device" in str(problem).lower():
        return StageError("the Docker Engine has no disk space left: free some, for example with `docker image prune`, and "
                          "retry the run")
    return None
