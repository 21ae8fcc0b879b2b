"""Calling other programs: argv lists, never a shell; their output as progress."""

import os
import subprocess
from collections import deque
from collections.abc import Mapping
from pathlib import Path

from cli.errors import CommandFailed, PlatformError
from cli.progress import Task

TAIL = 30  # lines of a failed program's output that its error repeats


def run(argv: list[str], task: Task | None = None, *, cwd: Path | None = None,
        env: Mapping[str, str] | None = None, next_step: str = "") -> list[str]:
    """Run to the end, showing each output line as the task's activity.

    `env` adds to this process's variables. Returns the last output lines;
    raises CommandFailed on another exit code than 0.
    """
    tail: deque[str] = deque(maxlen=TAIL)
    with _start(argv, cwd, env) as process:
        for line in process.stdout:
            line = line.rstrip()
            if line:
                tail.append(line)
                if task:
                    task.note(line)
    if process.returncode:
        raise CommandFailed(argv, process.returncode, list(tail), next_step)
    return list(tail)


def _start(argv: list[str], cwd: Path | None, env: Mapping[str, str] | None) -> subprocess.Popen:
    try:
        return subprocess.Popen(argv, cwd=cwd, env={**os.environ, **(env or {})},
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, text=True, errors="replace")
    except FileNotFoundError as error:
        raise PlatformError(f"the program {argv[0]} is missing", f"install {argv[0]}") from error


def answer(argv: list[str], timeout: float = 30, env: Mapping[str, str] | None = None) -> str | None:
    """What a short command prints, stripped; None where it is missing, fails or takes too long."""
    try:
        done = subprocess.run(argv, capture_output=True, text=True, timeout=timeout, check=True,
                              stdin=subprocess.DEVNULL, env={**os.environ, **(env or {})})
    except (FileNotFoundError, subprocess.CalledProcessError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip()
