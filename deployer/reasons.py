"""Why an app did not come up, in words, with the next step. Pure."""

from __future__ import annotations

import re

from common.errors import Failure

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
# What the kernel's loader, env and shells print for a script whose first line ends in a carriage return.
_NO_INTERPRETER = re.compile(r"exec /\S+: no such file or directory|(?:env: |interpreter)\S*.{0,80}(?:\\r|\^M|␍)")
_TAKEN = re.compile(r"(?i)EADDRINUSE|address already in use")
_DENIED = re.compile(r"(?i)permission denied|operation not permitted|EACCES|EPERM")


def exited(state: dict, seconds: float, last: list[str], memory: int) -> Failure:
    """For a container that is over before it was healthy. `state`: the engine's State, `memory` its limit."""
    code = state.get("ExitCode")
    if state.get("OOMKilled"):
        return Failure(f"the app was killed after {seconds:.1f} s: out of memory at {_size(memory)}; "
                       f"set deploy.memory higher{_quote(last)}")
    if code == 0:
        return Failure(f"the app exited 0 after {seconds:.1f} s: exited by design? declare `deploy: none` in "
                       ".continuum.yml, and it is built, scanned and tested without deploying" + _quote(last))
    return Failure(f"the app exited {code} after {seconds:.1f} s{_hint(code, last)}{_quote(last)}")


def not_healthy(timeout: float, heard: str, listening: list[Listener], last: list[str]) -> Failure:
    """For a container that runs on and was not healthy in time. `heard`: what the probes got last."""
    inside = [item for item in listening if not item.outside]
    outside = [item for item in listening if item.outside]
    reason = f"not healthy within {timeout:g} s: {heard}"
    if inside and not outside:
        ports = ", ".join(f"{item.address}:{item.port}" for item in inside)
        reason += f"; it listens on {ports} only, which nobody outside the container reaches: make it listen on 0.0.0.0"
    elif outside and heard.startswith("nothing answers"):
        ports = ", ".join(str(port) for port in sorted({item.port for item in outside}))
        reason += f"; it listens on {ports}: set deploy.port"
    elif heard.startswith("nothing answers"):
        reason += ("; does it listen on 0.0.0.0, and on $PORT? An app that serves no port needs a HEALTHCHECK; "
                   "one that is slow to start a longer deploy.health.timeout")
    return Failure(reason + _hint(None, last) + _quote(last))


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
        return (": the start script may have Windows line endings (CRLF), or names an interpreter that the image lacks; "
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
    return "; its last lines:\n" + "\n".join(lines) if lines else "; it printed nothing"


def _size(count: int) -> str:
    return f"{count / 1024**2:g} MB"
