"""Pull one reference through the engine.

`docker pull` does it, and not the registry's or the engine's HTTP API: the engine's mirrors and proxies count then, and
the client adds what `docker login` stored, credential helpers included. It runs on a pseudo-terminal, because only then
it reports each layer's bytes as they arrive, and a stalled download can be told from a slow one.
"""

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import termios
import time
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tenacity import Retrying, retry_if_result, stop_after_attempt, wait_exponential

from cli.errors import PlatformError
from cli.images.outcome import Kind, Outcome, read_outcome
from cli.progress import Task

ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
COLUMNS = 100       # narrower than 110, so that the client prints bytes and no bars
TAIL = 200          # lines that are kept to judge an outcome


@dataclass(frozen=True)
class Patience:
    """How long a pull is tried: `stall` and `first_wait` in seconds; each further wait is twice as long."""

    attempts: int = 3
    first_wait: float = 2
    stall: float = 60


def patience_of(settings: Mapping[str, str]) -> Patience:
    """The patience with the setting PULL_STALL_SECONDS. Raises PlatformError where it is not a number above 0."""
    text = settings["PULL_STALL_SECONDS"]
    if not (text.isdecimal() and int(text)):
        raise PlatformError(f"PULL_STALL_SECONDS is {text!r}, which is not a whole number of seconds above 0",
                            "correct it in .env; 60 is the default")
    return Patience(stall=int(text))


class Stalled(Exception):
    """The engine reported nothing new for too long."""


def pull(reference: str, task: Task, patience: Patience = Patience()) -> Outcome:
    """Pull `reference`; repeats what may pass with growing waits, and nothing else. Never raises for a failed pull."""
    def note_retry(state) -> None:
        task.say(f"  pull {reference}: {state.outcome.result().kind.value}; "
                 f"trying again in {state.next_action.sleep:.0f} s")

    retrying = Retrying(retry=retry_if_result(lambda outcome: outcome.transient),
                        stop=stop_after_attempt(patience.attempts), wait=wait_exponential(patience.first_wait, max=30),
                        before_sleep=note_retry, retry_error_callback=lambda state: state.outcome.result())
    return retrying(_pull_once, reference, task, patience.stall)


def _pull_once(reference: str, task: Task, stall: float) -> Outcome:
    terminal, end = pty.openpty()
    fcntl.ioctl(end, termios.TIOCSWINSZ, struct.pack("HHHH", 50, COLUMNS, 0, 0))
    try:
        process = subprocess.Popen(["docker", "pull", reference], stdin=subprocess.DEVNULL, stdout=end, stderr=end)
    except FileNotFoundError as error:
        os.close(terminal)
        raise PlatformError("the program docker is missing", "install Docker Engine") from error
    finally:
        os.close(end)
    lines: deque[str] = deque(maxlen=TAIL)
    try:
        for line in _new_lines(terminal, stall):
            lines.append(line)
            task.note(line)
    except Stalled:
        process.kill()
        return Outcome(Kind.STALLED, f"no progress for {stall:.0f} s; last: {lines[-1] if lines else 'nothing'}")
    finally:
        os.close(terminal)
        code = process.wait()
    return read_outcome(list(lines)) if code else Outcome(Kind.PULLED)


def _new_lines(terminal: int, stall: float) -> Iterator[str]:
    """Each line that was not seen before; raises Stalled.

    An engine with containerd's image store repeats the same byte counts many times a second while nothing arrives.
    """
    seen: set[str] = set()
    rest, deadline = "", time.monotonic() + stall
    while chunk := _read(terminal, deadline):
        *whole, rest = re.split(r"[\r\n]+", rest + chunk)
        for line in whole:
            line = ESCAPES.sub("", line).strip()
            if line and line not in seen:
                seen.add(line)
                deadline = time.monotonic() + stall
                yield line


def _read(terminal: int, deadline: float) -> str:
    """What the program printed; "" once it ended."""
    ready, _, _ = select.select([terminal], [], [], max(0.0, deadline - time.monotonic()))
    if not ready or time.monotonic() > deadline:
        raise Stalled
    try:
        return os.read(terminal, 65536).decode(errors="replace")
    except OSError:     # EIO: the last writer closed a pseudo-terminal
        return ""
