"""Is a candidate healthy? Asked over the network, so that images without a shell can be asked too.

    deploy.health.path     N successive 2xx or 3xx answers
    else HEALTHCHECK       the image's own word
    else                   a port accepts connections and the container still runs after a settling time
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from common.contracts import HealthConfig
from common.errors import Failure
from common.jobs import Cancel

from . import ports, reasons
from .container_spec import ImageFacts
from .engine import Engine
from .listening import Listener, listeners
from .output import Follower

QUICK = 0.05              # seconds between looks while nothing answers yet
WIDEN_AFTER = 1.5         # seconds before other ports than the declared ones are tried
LOOK_AGAIN = 10           # seconds between looks at what the container listens on
ANY_TIMEOUT = 5           # seconds of one probe of deploy.health.path


@dataclass
class Watched:
    """A container on its way to healthy. `host`: its address on the repo's network."""

    engine: Engine
    container: str
    host: str
    memory: int
    follower: Follower
    cancel: Cancel
    started: float = field(default_factory=time.monotonic)
    state: dict = field(default_factory=dict)

    @property
    def age(self) -> float:
        return time.monotonic() - self.started

    def look(self) -> dict:
        """The engine's State; raises Failure if the container is over, Canceled if we are to end."""
        self.cancel.check()
        found = self.engine.inspect(self.container)
        if found is None:
            raise Failure("the candidate was removed by somebody else while it started")
        self.state = found["State"]
        if self.state["Status"] not in ("created", "running"):
            self.follower.finish()
            raise reasons.exited(self.state, self.age, list(self.follower.last), self.memory)
        return self.state


@dataclass(frozen=True)
class Healthy:
    port: int | None
    protocol: str | None
    answered: str


class Search:
    """Finds the port. `dead`: declared ones that did not answer when another did."""

    def __init__(self, watched: Watched, declared: ports.Declared):
        self._watched, self.declared = watched, declared
        self._looked = 0.0
        self.listening: list[Listener] = []

    def find(self) -> int | None:
        for port in self._candidates():
            if ports.is_open(self._watched.host, port):
                return port
        return None

    def dead(self, chosen: int) -> list[int]:
        return [port for port in self.declared.ports
                if port != chosen and not ports.is_open(self._watched.host, port)]

    def refresh(self) -> list[Listener]:
        """What the container listens on, asked of its network namespace."""
        self._looked = self._watched.age
        self.listening = listeners(self._watched.engine, self._watched.container)
        return self.listening

    def _candidates(self) -> list[int]:
        wanted = list(self.declared.ports or (ports.DEFAULT,))
        if self.declared.only:
            return wanted
        if self.declared.ports and self._watched.age < WIDEN_AFTER:
            return wanted
        if self._watched.age - self._looked > (LOOK_AGAIN if self._looked else WIDEN_AFTER):
            self.refresh()
        heard = [item.port for item in self.listening if item.outside]
        return list(dict.fromkeys([*wanted, *ports.USUAL, *heard]))


def wait_healthy(watched: Watched, config: HealthConfig, image: ImageFacts, declared: ports.Declared,
                 say=lambda line: None) -> Healthy:
    """Returns once it is healthy; raises Failure with the reason, or Canceled."""
    search = Search(watched, declared)
    if config.path:
        return _by_path(watched, config, search, say)
    if image.healthcheck:
        return _by_healthcheck(watched, config, image.healthcheck, search)
    return _by_port(watched, config, search, say)


def _by_path(watched: Watched, config: HealthConfig, search: Search, say) -> Healthy:
    good, port, heard = 0, None, ""
    while good < config.successes:
        _in_time(watched, config.timeout, heard or _silence(search), search)
        watched.look()
        port = search.find() if port is None else port
        if port is None:
            watched.cancel.wait(QUICK)
            continue
        answer = ports.ask(watched.host, port, config.path, min(ANY_TIMEOUT, config.timeout))
        good = good + 1 if answer.status and 200 <= answer.status < 400 else 0
        if answer.detail != heard:
            say(f"port {port}: {answer.detail}")
        heard, port = answer.detail, port if answer.status else None
        if good < config.successes:
            watched.cancel.wait(config.interval)
    return Healthy(port, "http", heard)


def _by_healthcheck(watched: Watched, config: HealthConfig, check: dict, search: Search) -> Healthy:
    timeout = healthcheck_timeout(check, config.timeout)
    while (status := (watched.look().get("Health") or {}).get("Status")) != "healthy":
        if status == "unhealthy":
            raise Failure(f"HEALTHCHECK says unhealthy: {_last_check(watched.state)}; "
                          f"its last lines:\n" + "\n".join(watched.follower.last))
        _in_time(watched, timeout, f"HEALTHCHECK still says {status}: {_last_check(watched.state)}", search)
        watched.cancel.wait(QUICK)
    port = search.find()
    if port is None:
        return Healthy(None, None, "HEALTHCHECK healthy")
    answer = ports.ask(watched.host, port)
    return Healthy(port, answer.protocol, f"HEALTHCHECK healthy, {_told(answer, port)}")


def _by_port(watched: Watched, config: HealthConfig, search: Search, say) -> Healthy:
    while True:
        watched.look()
        port = search.find()
        if port is not None:
            answer = ports.ask(watched.host, port)
            if _settles(watched, config, port):
                break
            say(f"port {port} is closed again")
        _in_time(watched, config.timeout, _silence(search), search)
        watched.cancel.wait(QUICK)
    dead = search.dead(port)
    if dead:
        say(f"declared and not answering: {', '.join(map(str, dead))}")
    return Healthy(port, answer.protocol, _told(answer, port))


def _settles(watched: Watched, config: HealthConfig, port: int) -> bool:
    """The settling time: many an app crashes just after it opened its port."""
    for _ in range(config.successes):
        watched.cancel.wait(config.interval)
        watched.look()
        if not ports.is_open(watched.host, port):
            return False
    return True


def healthcheck_timeout(check: dict, ours: float) -> float:
    """Seconds: the image's start period and the retries after it, where they are longer than our timeout."""
    interval = (check.get("Interval") or 30e9) / 1e9
    once = interval + (check.get("Timeout") or 30e9) / 1e9
    return max(ours, (check.get("StartPeriod") or 0) / 1e9 + once * (check.get("Retries") or 3))


def _in_time(watched: Watched, timeout: float, heard: str, search: Search) -> None:
    if watched.age > timeout:
        raise reasons.not_healthy(timeout, heard, search.refresh(), list(watched.follower.last))


def _silence(search: Search) -> str:
    ports_tried = search.declared.ports
    tried = " or ".join(str(port) for port in ports_tried) if ports_tried else "any port"
    return f"nothing answers on {tried} ({search.declared.source})"


def _told(answer: ports.Answer, port: int) -> str:
    return answer.detail if answer.status else f"accepts connections on {port}"


def _last_check(state: dict) -> str:
    log = (state.get("Health") or {}).get("Log") or []
    return log[-1]["Output"].strip()[-300:] if log else "it has not run yet"
