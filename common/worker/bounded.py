"""Runs a parser of author input in a child process, so that bytes, time and memory have a bound.

The child is `python -m MODULE ARGUMENT…`: it reads its standard input to the end, then writes its result. It sets its
own limits first (`limit`), because preparing a child in a process with threads is not safe.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import threading
from collections.abc import Iterable

CPU_SECONDS = 20
WALL_SECONDS = 120
MEMORY = 384 * 1024**2      # bytes of address space


class OverLimit(Exception):
    """The child was ended, or ended without a result: the text names the limit."""


def limit(memory: int = MEMORY) -> None:
    """Set the limits of this process; the first thing that a child does."""
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def parse(module: str, arguments: list[str], chunks: Iterable[bytes], most: int) -> bytes:
    """What the child wrote, at most `most` bytes; raises OverLimit."""
    try:
        child = subprocess.Popen([sys.executable, "-m", module, *arguments], stdin=subprocess.PIPE,
                                 stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    except (OSError, ValueError) as problem:      # an argument with a NUL, or of more than 128 KiB
        raise OverLimit(f"its name or pattern can't be passed on ({problem})") from problem
    clock = threading.Timer(WALL_SECONDS, child.kill)
    clock.daemon = True
    clock.start()
    try:
        _feed(child, chunks)
        result = child.stdout.read(most + 1)
        if len(result) > most:
            raise OverLimit(f"its result is larger than {most // 1024**2} MiB")
        code = child.wait()
    finally:
        clock.cancel()
        child.kill()
        child.wait()
        child.stdout.close()
    if code:
        raise OverLimit(f"it took more than {CPU_SECONDS} s of processor time or {MEMORY // 1024**2} MiB of memory")
    return result


def _feed(child: subprocess.Popen, chunks: Iterable[bytes]) -> None:
    try:
        for chunk in chunks:
            child.stdin.write(chunk)
        child.stdin.close()
    except BrokenPipeError:      # it has seen enough, or was ended; its exit code tells which
        return
