"""The last screen of a command that failed: what was tried, what failed, what to do next."""

from __future__ import annotations

import os
import shlex
import tempfile
import traceback
from datetime import UTC, datetime
from pathlib import Path

from cli.errors import PlatformError
from cli.instance import ROOT, Instance

SETS_UP = {"demo", "up", "test", "bench"}      # what fails in these is often the machine's doing
PLATFORM_ERROR = PlatformError.exit_code


def last_screen(problem: Exception, words: list[str]) -> tuple[str, int]:
    """Return the text for the terminal and the exit code; `words` are the command line's.

    The traceback of an unexpected exception goes to a file that only this user can read.
    """
    if isinstance(problem, PlatformError):
        cause, next_step, code = f"continuum: {problem.cause}", problem.next_step, problem.exit_code
    elif isinstance(problem, PermissionError) and problem.filename:
        cause, next_step, code = f"continuum: {problem.filename}: permission denied", _take_over(), PLATFORM_ERROR
    else:
        cause = f"continuum: internal error: {type(problem).__name__}: {_first_line(problem)}"
        next_step, code = f"report this as a bug with {_write_traceback(problem)}", PLATFORM_ERROR
    lines = [cause, *_tried(problem), *([f"Next: {next_step}"] if next_step else [])]
    if SETS_UP & set(words[:4]):
        lines.append("      ./continuum doctor checks this machine; its output can be pasted into a bug report")
    return "\n".join(lines), code


def _take_over() -> str:
    """What a user can do about another one's files: most often root's, after a command with sudo."""
    written = [path for path in (Instance().env_file, Instance().state_dir, ROOT / "repositories") if os.path.exists(path)]
    chown = shlex.join(["sudo", "chown", "-R", str(os.getuid()), *map(str, written)])
    return f"run this as the user who set up the installation (sudo for root), or take its files over: {chown}"


def _tried(problem: BaseException) -> list[str]:
    """The tasks that were under way, the outermost first; Progress notes them on the exception."""
    names = list(dict.fromkeys(reversed(getattr(problem, "__notes__", []) or _tried_by_cause(problem))))
    return [f"Failed while: {' > '.join(names)}"] if names else []


def _tried_by_cause(problem: BaseException) -> list[str]:
    return getattr(problem.__cause__, "__notes__", []) if problem.__cause__ else []


def _first_line(problem: Exception) -> str:
    return (str(problem).splitlines() or [""])[0]


def _write_traceback(problem: Exception) -> Path:
    moment = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    handle, path = tempfile.mkstemp(prefix=f"continuum-{moment}-", suffix=".log")
    with os.fdopen(handle, "w") as file:
        file.write("".join(traceback.format_exception(problem)))
    return Path(path)
