"""Runs one program of ours: an argv list, its own process group, an end within a second when the job is canceled.

Exceptions: Canceled (the job was asked to end), Failure (it printed more than LARGEST). A timeout and an exit code are
told, not raised.
"""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from common.wire.errors import Failure
from common.worker.jobs import Cancel

GRACE = 0.7                 # seconds from SIGTERM to SIGKILL
TICK = 1.0                  # seconds between calls of `on_tick` while the program is silent
KEPT = 256 * 1024           # last bytes of stderr that are kept
LARGEST = 64 * 1024**2      # bytes of stdout: the names of half a million files
# A builder that is killed takes its programs with it; nothing is left that writes to a job nobody owns.
DIES_WITH_US = ("setpriv", "--pdeathsig", "KILL", "--")


@dataclass(frozen=True)
class Finished:
    code: int               # negative: the signal that ended it
    output: str             # of stdout
    errors: str             # of stderr; empty where `on_errors` took it
    timed_out: bool


def run(argv: list[str], *, env: Mapping[str, str], cancel: Cancel, cwd: Path | None = None,
        seconds: float | None = None, on_errors: Callable[[bytes], None] | None = None,
        on_tick: Callable[[], None] = lambda: None, stdin: bytes = b"") -> Finished:
    """Run `argv` to its end with `env` and nothing else of our environment; it reads `stdin`.

    `on_errors` gets stderr in pieces as they come, `on_tick` is called at least every second. After `seconds` the
    program is ended.
    """
    cancel.check()
    with _readable(stdin) as source:
        process = subprocess.Popen([*DIES_WITH_US, *argv], env=dict(env), cwd=cwd, stdin=source, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, start_new_session=True, umask=0o022)
    forget = cancel.on_request(lambda: _end(process))
    try:
        output, errors, timed_out = _read(process, seconds, on_errors, on_tick)
        code = process.wait()
    finally:
        forget()
        _kill(process)
    cancel.check()
    return Finished(code, output, errors, timed_out)


def _readable(data: bytes) -> IO[bytes]:
    """A file at its beginning: a pipe would have to be fed while the output is read."""
    if not data:
        return open(os.devnull, "rb")
    file = tempfile.TemporaryFile()
    file.write(data)
    file.seek(0)
    return file


def _read(process: subprocess.Popen, seconds: float | None, on_errors: Callable[[bytes], None] | None,
          on_tick: Callable[[], None]) -> tuple[str, str, bool]:
    kept = {process.stdout: bytearray(), process.stderr: bytearray()}
    deadline = None if seconds is None else time.monotonic() + seconds
    timed_out = False
    with selectors.DefaultSelector() as selector, process.stdout, process.stderr:
        for stream in kept:
            selector.register(stream, selectors.EVENT_READ)
        while selector.get_map():
            for key, _ in selector.select(_until(deadline)):
                data = os.read(key.fd, 65536)
                if not data:
                    selector.unregister(key.fileobj)
                elif on_errors and key.fileobj is process.stderr:
                    on_errors(data)
                else:
                    kept[key.fileobj] += data
            if len(kept[process.stdout]) > LARGEST:
                raise Failure(f"{process.args[len(DIES_WITH_US)]} printed more than {LARGEST // 1024**2} MiB: the repository has too many files or refs")
            del kept[process.stderr][:-KEPT]
            on_tick()
            if deadline is not None and time.monotonic() >= deadline:
                timed_out, deadline = True, None
                _end(process)
    return kept[process.stdout].decode(errors="replace"), kept[process.stderr].decode(errors="replace"), timed_out


def _until(deadline: float | None) -> float:
    """Seconds to wait for output."""
    return TICK if deadline is None else min(TICK, max(0.0, deadline - time.monotonic()))


def _end(process: subprocess.Popen) -> None:
    """SIGTERM to the group, so that git removes its locks and BuildKit hears of it; SIGKILL soon after."""
    _signal(process, signal.SIGTERM)
    timer = threading.Timer(GRACE, _signal, (process, signal.SIGKILL))
    timer.daemon = True
    timer.start()


def _kill(process: subprocess.Popen) -> None:
    if process.poll() is None:
        _signal(process, signal.SIGKILL)
        process.wait()


def _signal(process: subprocess.Popen, number: int) -> None:
    if process.returncode is None:          # once reaped, the number may be another process's
        try:
            os.killpg(process.pid, number)
        except ProcessLookupError:
            return                          # it ended by itself in this moment
