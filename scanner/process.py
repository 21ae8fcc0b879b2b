"""Runs a tool in a process group of its own, which a cancel or the timeout kills at once, children included."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

from .errors import ToolError
from .limit import Limit

SHOWN_LINES = 20


def run(argv: list[str], env: dict[str, str], folder: Path, limit: Limit) -> list[str]:
    """Wait for `argv` to end well; the last lines of its stderr.

    `folder` becomes its working directory and takes its stderr. Raises ToolError for any exit code but 0, and
    Canceled or Failure as `limit` has it.
    """
    limit.check()
    errors = folder / f"{Path(argv[0]).name}.stderr"
    with errors.open("wb") as stderr:
        try:
            child = subprocess.Popen(argv, env=env, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                     stderr=stderr, start_new_session=True)
        except OSError as problem:
            raise ToolError(f"{argv[0]} cannot be started: {problem.strerror}") from problem
        with limit.guard(lambda: _kill(child)):
            code = child.wait()      # without its own timeout, which would poll
    limit.check()
    told = errors.read_text(errors="replace").splitlines()[-SHOWN_LINES:]
    if code != 0:
        raise ToolError(f"{Path(argv[0]).name} {_ended(code)}: {told[-1] if told else 'it printed nothing'}")
    return told


def _kill(child: subprocess.Popen) -> None:
    if child.returncode is not None:
        return
    try:
        os.killpg(child.pid, signal.SIGKILL)
    except ProcessLookupError:
        return      # it ended by itself in this very moment


def _ended(code: int) -> str:
    if code == -signal.SIGKILL:
        return "was killed, perhaps because the scanner ran out of memory"
    return f"was ended by signal {-code}" if code < 0 else f"ended with exit code {code}"
