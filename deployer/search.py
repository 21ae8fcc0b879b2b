"""Which port of a starting app is asked, and what it answers."""

from __future__ import annotations

from . import ports, speaks
from .listening import Listener, listeners
from .speaks import Answer

WIDEN_AFTER = 1.5         # seconds before other ports than the declared ones are tried
LOOK_AGAIN = 10           # seconds between looks at what the container listens on
SETTLED = {"http", "h2c", "silent", "closed"}      # the port that is meant, or may be: no other is asked instead


class Search:
    """`watched`: the container (health.Watched). `names`: Host headers to try."""

    def __init__(self, watched, declared: ports.Declared, names: tuple[str, ...] = (speaks.HOST,)):
        self._watched, self.declared, self._names = watched, declared, names
        self._looked = 0.0
        self.listening: list[Listener] = []

    def ask(self, path: str = "/", timeout: float = speaks.ANSWER_TIMEOUT) -> Answer | None:
        """The answer of the app's port; None where nothing listens.

        A declared port that accepts connections is waited for, though it has not answered yet. One that speaks TLS or
        another protocol is left for another one that speaks HTTP.
        """
        first: Answer | None = None
        for port in self._candidates():
            if not ports.is_open(self._watched.host, port):
                continue
            answer = speaks.ask(self._watched.host, port, path, timeout=timeout, names=self._names,
                                meanwhile=self._watched.look)
            if answer.kind in SETTLED:
                return answer
            first = first or (answer if answer.kind != "refused" else None)
        return first

    def dead(self, chosen: int) -> list[int]:
        """Declared ports on which nobody listens."""
        return [port for port in self.declared.ports
                if port != chosen and not ports.is_open(self._watched.host, port)]

    def refresh(self) -> list[Listener]:
        """What the container listens on, asked of its network namespace."""
        self._looked = self._watched.age
        self.listening = listeners(self._watched.engine, self._watched.container)
        return self.listening

    def silence(self) -> str:
        """What to report where nothing listens on any port that was tried."""
        tried = " or ".join(map(str, self.declared.ports)) if self.declared.ports else "any port"
        return f"nothing answers on {tried} ({self.declared.source})"

    def _candidates(self) -> list[int]:
        wanted = list(self.declared.ports or (ports.DEFAULT,))
        if self.declared.only or (self.declared.ports and self._watched.age < WIDEN_AFTER):
            return wanted
        if any(ports.is_open(self._watched.host, port) for port in wanted):
            return wanted
        if self._watched.age - self._looked > (LOOK_AGAIN if self._looked else WIDEN_AFTER):
            self.refresh()
        heard = [item.port for item in self.listening if item.outside]
        return list(dict.fromkeys([*wanted, *ports.USUAL, *heard]))
