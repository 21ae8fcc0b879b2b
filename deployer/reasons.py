"""Why an app did not come up, in words, with the next step. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from common.wire.errors import Failure

from .engine_answers import State
from .listening import Listener

LONGEST = 300      # characters of a line that a reason quotes
_VARIABLE = (
    re.compile(r"KeyError: '([A-Z][A-Z0-9_]{2,})'"),
    re.compile(r"\b([A-Z][A-Z0-9]*_[A-Z0-9_]+|PORT|DEBUG)\b.{0,60}\b(?:not set|unset|required|missing|not defined|"
               r"undefined|must be set|not found|is empty|not provided|unbound)"),
    re.compile(r"(?i:missing|required|undefined|unset|needs?|set|provide|define).{0,60}?"
               r"\b([A-Z][A-Z0-9]*_[A-Z0-9_]+|PORT)\b"),
    re.compile(r"(?i)environment variables?\W.{0,40}?([A-Z][A-Z0-9_]{2,})"),
)
_DJANGO = re.compile("settings are not configured")
# What runc, tini, env and shells print for a script whose first line ends in a carriage return; runc and tini print the
# same for a file that does not exist.
_NO_INTERPRETER = re.compile(r"exec /\S+(?: failed)?: [Nn]o such file or directory|(?:env: |interpreter)\S*.{0,80}(?:\\r|\^M|␍)")
_TAKEN = re.compile(r"(?i)EADDRINUSE|address already in use")
_DENIED = re.compile(r"(?i)permission denied|operation not permitted|EACCES|EPERM")


@dataclass(frozen=True)
class Sockets:
    """What a container listens on, the ports of these that its IPv4 address accepts, the UDP ports of its EXPOSE."""

    listening: tuple[Listener, ...] = ()
    reached: frozenset[int] = frozenset()
    udp: tuple[int, ...] = ()

    @property
    def inside(self) -> list[Listener]:
        return [item for item in self.listening if not item.outside]

    @property
    def outside(self) -> list[int]:
        """Ports that are open to others, over IPv4."""
        return sorted({item.port for item in self.listening if item.outside and item.port in self.reached})

    @property
    def ipv6_only(self) -> list[int]:
        return sorted({item.port for item in self.listening
                       if item.outside and ":" in item.address and item.port not in self.reached})


def exited(state: State, when: str, last: list[str], memory: int) -> Failure:
    """For a container that is over. `state`: the engine's State, `when`: "after 0.6 s", `memory` its limit in bytes."""
    code = state.get("ExitCode")
    if state.get("OOMKilled"):
        return Failure(f"the app was killed {when}: out of memory at {_size(memory)}; "
                       f"set deploy.memory higher{_quote(last)}", error="out_of_memory")
    if code == 0 and when.startswith("after"):
        return Failure(f"the app exited 0 {when}: exited by design? declare `deploy: none` in "
                       ".continuum.yml, and it is built, scanned and tested without deploying" + _quote(last), error="app_exited",
                       params={"exit_code": code})
    return Failure(f"the app exited {code} {when}{_hint(code, last)}{_quote(last)}", error="app_exited",
                   params={"exit_code": code})


def not_healthy(timeout: float, heard: str, sockets: Sockets, last: list[str]) -> Failure:
    """For a container that runs on and was not healthy in time. `heard`: what the probes got last."""
    return Failure(f"not healthy within {timeout:g} s: {heard}{_advice(heard, sockets)}" + _hint(None, last) + _quote(last),
                   error="not_healthy")


def unhealthy(said: str, last: list[str]) -> Failure:
    """For a container whose HEALTHCHECK failed for good; `said`: what the check printed last."""
    return Failure(f"HEALTHCHECK failed{f': {said}' if said else ''}" + _hint(None, last) + _quote(last),
                   error="not_healthy")


def _advice(heard: str, sockets: Sockets) -> str:
    """The next step, where one is known to change something."""
    if not heard.startswith("nothing"):
        return _advice_where_open(heard)
    if sockets.ipv6_only and not sockets.outside:
        ports = ", ".join(map(str, sockets.ipv6_only))
        return f"; it listens on IPv6 only (port {ports}): let it listen on 0.0.0.0"
    if sockets.outside:
        return f"; it listens on {', '.join(map(str, sockets.outside))}: set deploy.port"
    if sockets.inside:
        ports = ", ".join(f"{item.address}:{item.port}" for item in sockets.inside)
        return f"; it listens on {ports} only, which nobody outside the container reaches: make it listen on 0.0.0.0"
    if sockets.udp:
        ports = ", ".join(f"{port}/udp" for port in sockets.udp)
        return (f"; EXPOSE declares {ports}, and UDP is not routed: let the app answer HTTP on a TCP port, or give an app "
                "that needs no address a HEALTHCHECK")
    return ("; does it listen on 0.0.0.0, and on $PORT? An app that serves no port needs a HEALTHCHECK; "
            "one that is slow to start a longer deploy.health.timeout")


def _advice_where_open(heard: str) -> str:
    if "accepts connections but" in heard:
        return "; if the app is slow to start, set a longer deploy.health.timeout"
    if "closes connections" in heard:
        return ("; if it answers HTTP on some paths only, set deploy.health.path; if it speaks another protocol, set "
                "deploy.protocol: tcp")
    return ""


def missing_variable(lines: list[str]) -> str | None:
    """Name of the environment variable that the lines complain about, if they do."""
    for line in reversed(lines):
        for pattern in _VARIABLE:
            match = pattern.search(line)
            if match:
                return match[1]
    return None


def _hint(code: int | None, last: list[str]) -> str:
    text = "\n".join(last)
    if _DJANGO.search(text):
        return (": Django has no settings; set deploy.env.DJANGO_SETTINGS_MODULE to the name of your settings module, or "
                "call settings.configure()")
    variable = missing_variable(last)
    if variable:
        return (f": it may miss the environment variable {variable}; if so, set deploy.env.{variable}, or a secret of that "
                "name")
    if _NO_INTERPRETER.search(text):
        return (": the start script may have Windows line endings (CRLF), or it or its interpreter is missing in the image; "
                "for line endings, put `*.sh text eol=lf` into .gitattributes")
    if _TAKEN.search(text):
        return ": the port it wants is taken inside its own container; two of its processes ask for the same one"
    if code in (126, 127):
        return ": its command cannot be executed; see CMD and ENTRYPOINT of the Dockerfile"
    if _DENIED.search(text):
        return ("; it was denied something: apps run without dangerous capabilities, and a volume belongs to root "
                "unless the image made its folder for the user")
    if code is not None:
        return "; if it lacks configuration, set deploy.env"
    return ""


def _quote(last: list[str]) -> str:
    lines = [line[:LONGEST] for line in last if line.strip()]
    return "; its last lines:\n" + "\n".join(lines) if lines else "; the app printed nothing"


def _size(count: int) -> str:
    return f"{count / 1024**2:g} MB"
