"""Is a candidate healthy? Asked over the network, so that images without a shell can be asked too.

    deploy.health.path     N successive 2xx or 3xx answers
    else HEALTHCHECK       the image's own word
    else                   N successive HTTP answers of any status, or answers in a protocol that is known not to be HTTP

A port that accepts connections and never answers proves nothing: servers that fork open it before the app is imported.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from common.wire.contracts import DeployConfig
from common.wire.errors import Failure, StageError
from common.worker.jobs import Cancel

from . import ports, reasons, speaks
from .container_spec import ImageFacts
from .engine import Engine
from .engine_answers import Healthcheck, State
from .output import Follower
from .search import Search
from .speaks import Answer

REMOVED = "the app's container was removed by somebody else while it started: retry the run"
QUICK = 0.05              # seconds between looks while nothing answers yet
WAITING_EVERY = 10        # seconds between two lines that say that we wait
PATH_TIMEOUT = 5          # seconds of one probe of deploy.health.path
UNRUNNABLE_AFTER = 3      # HEALTHCHECK probes in a row that could not even begin
SPOKEN = {"http": "http", "h2c": "h2c", "other": "tcp"}      # kind of an answer -> protocol of the app
_MISSING_TOOL = re.compile(r"(?m)([\w./+-]+): (?:command )?not found|executable file not found")


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
        """The engine's State; raises Failure if the container is over, StageError if somebody removed it, Canceled if we are
        to end."""
        self.cancel.check()
        found = self.engine.inspect(self.container)
        if found is None:
            raise StageError(REMOVED)
        self.state = found["State"]
        if self.state["Status"] not in ("created", "running"):
            self.follower.finish()
            raise reasons.exited(self.state, f"after {self.age:.1f} s", list(self.follower.last), self.memory)
        return self.state


@dataclass(frozen=True)
class Healthy:
    port: int | None
    protocol: str | None
    answered: str


class Waiting:
    """Says what we wait for, and ends the wait in time."""

    def __init__(self, watched: Watched, search: Search, timeout: float, say: Callable[[str], object]):
        self._watched, self._search, self._timeout, self._say = watched, search, timeout, say
        self._heard, self._told_at = "", 0.0

    def hear(self, heard: str) -> None:
        """`heard`: what the app answered last. Raises Failure once the time is up."""
        age = self._watched.age
        if age > self._timeout:
            raise reasons.not_healthy(self._timeout, heard, self._unreached(), list(self._watched.follower.last))
        if heard != self._heard and not heard.startswith("nothing"):
            self._say(heard)
        elif age - self._told_at > WAITING_EVERY:
            self._say(f"waiting for the app: {heard} ({age:.0f} s of {self._timeout:g} s)")
        else:
            return
        self._heard, self._told_at = heard, age

    def _unreached(self) -> reasons.Sockets:
        listening = self._search.refresh()
        reached = {item.port for item in listening if ports.is_open(self._watched.host, item.port)}
        return reasons.Sockets(tuple(listening), frozenset(reached), self._search.declared.udp)


def wait_healthy(watched: Watched, config: DeployConfig, image: ImageFacts, declared: ports.Declared,
                 say: Callable[[str], object] = lambda line: None, names: tuple[str, ...] = (speaks.HOST,)) -> Healthy:
    """Returns once it is healthy; raises Failure with the reason, or Canceled. `names`: Host headers to try."""
    search, health = Search(watched, declared, names), config.health
    if health.path:
        return _by_path(watched, config, search, Waiting(watched, search, health.timeout, say))
    if image.healthcheck:
        timeout = healthcheck_timeout(image.healthcheck, health.timeout)
        return _by_healthcheck(watched, config, search, Waiting(watched, search, timeout, say))
    return _by_answers(watched, config, search, Waiting(watched, search, health.timeout, say), say)


def _by_path(watched: Watched, config: DeployConfig, search: Search, waiting: Waiting) -> Healthy:
    good, health = 0, config.health
    while True:
        watched.look()
        answer = search.ask(health.path, min(PATH_TIMEOUT, health.timeout))
        _refuse(answer, config)
        if answer and answer.kind == "h2c":
            raise Failure(f"port {answer.port} speaks only HTTP/2 without TLS (h2c), and deploy.health.path is asked in "
                          "HTTP/1.1: leave deploy.health.path out, and any HTTP/2 answer counts")
        good = good + 1 if answer and answer.status and 200 <= answer.status < 400 else 0
        if good >= health.successes:
            return Healthy(answer.port, "http", answer.detail)
        waiting.hear(answer.detail if answer else search.silence())
        watched.cancel.wait(health.interval if answer else QUICK)


def _by_healthcheck(watched: Watched, config: DeployConfig, search: Search, waiting: Waiting) -> Healthy:
    while (status := (watched.look().get("Health") or {}).get("Status")) != "healthy":
        tool = unrunnable(watched.state)
        if tool:
            raise Failure(f"HEALTHCHECK cannot run: {tool}; install what it needs in the image, or use deploy.health.path")
        if status == "unhealthy":
            raise reasons.unhealthy(_last_check(watched.state), list(watched.follower.last))
        waiting.hear(f"HEALTHCHECK still says {status}: {_last_check(watched.state)}")
        watched.cancel.wait(QUICK)
    answer = search.ask()
    _refuse(answer, config)
    if answer is None:
        return Healthy(None, None, "HEALTHCHECK healthy")
    return Healthy(answer.port, config.protocol or SPOKEN.get(answer.kind, "tcp"),
                   f"HEALTHCHECK healthy, {answer.detail}")


def _by_answers(watched: Watched, config: DeployConfig, search: Search, waiting: Waiting,
                say: Callable[[str], object]) -> Healthy:
    """Successive answers of one kind on one port: many an app crashes just after its first."""
    row: list[Answer] = []
    while True:
        watched.look()
        answer = search.ask()
        _refuse(answer, config)
        good = answer is not None and counts(answer, config)
        row = [*(row if row and good and _same(row[0], answer) else []), answer] if good else []
        if len(row) >= config.health.successes:
            break
        if not good:
            waiting.hear(answer.detail if answer else search.silence())
        watched.cancel.wait(config.health.interval if good else QUICK)
    dead = search.dead(answer.port)
    if dead:
        say(f"declared and not answering: {', '.join(map(str, dead))}")
    return Healthy(answer.port, config.protocol or SPOKEN[answer.kind], answer.detail)


def counts(answer: Answer, config: DeployConfig) -> bool:
    """Does it prove that the app is there? What is declared as another protocol need not answer a request in HTTP."""
    if config.protocol == "tcp":
        return answer.kind != "refused"
    return SPOKEN.get(answer.kind) == config.protocol if config.protocol else answer.kind in SPOKEN


def unrunnable(state: State) -> str | None:
    """What HEALTHCHECK misses in the image, in its own words, once that is certain."""
    newest = ((state.get("Health") or {}).get("Log") or [])[-UNRUNNABLE_AFTER:]
    outputs = [entry["Output"].strip() for entry in newest if _MISSING_TOOL.search(entry.get("Output") or "")]
    return outputs[-1][-300:] if len(outputs) == UNRUNNABLE_AFTER else None


def healthcheck_timeout(check: Healthcheck, ours: float) -> float:
    """Seconds: the image's start period and the retries after it, where they are longer than our timeout."""
    interval = (check.get("Interval") or 30e9) / 1e9
    once = interval + (check.get("Timeout") or 30e9) / 1e9
    return max(ours, (check.get("StartPeriod") or 0) / 1e9 + once * (check.get("Retries") or 3))


def _same(one: Answer, other: Answer) -> bool:
    return (one.port, one.kind) == (other.port, other.kind)


def _refuse(answer: Answer | None, config: DeployConfig) -> None:
    if answer and answer.kind == "tls" and config.protocol != "tcp":
        raise Failure(f"port {answer.port} speaks TLS: let it speak plain HTTP. Continuum ends TLS in front of the app")


def _last_check(state: State) -> str:
    log = (state.get("Health") or {}).get("Log") or []
    return log[-1]["Output"].strip()[-300:] if log else "it has not run yet"
