"""The git commands that a forge of local repositories needs: argv lists in, bytes out; nothing of the caller's
environment or of the machine's configuration takes part, and no hook, pager, filter or network is reached.
"""

from __future__ import annotations

import subprocess
import tempfile
import threading
from pathlib import Path

from common.wire.errors import TooLarge, Unavailable

TIMEOUT = 20         # seconds
LARGEST = 16 * 1024**2      # bytes of an answer
MOST_REFS = 20_000          # branches and tags of one repository
EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"


class GitFailed(Unavailable):
    """git ended with another code than 0; `str()` is its own message. Where nobody awaits it: the repository is
    damaged, and callers see 503."""


def heads() -> list[str]:
    """Every branch and tag with the commit it names, newest first: `commit NUL peeled commit NUL ref`. One more than
    MOST_REFS shows that there are too many."""
    return ["for-each-ref", "--sort=-creatordate", f"--count={MOST_REFS + 1}",
            "--format=%(objectname)%00%(*objectname)%00%(refname)", "refs/heads", "refs/tags"]


def branches() -> list[str]:
    return ["for-each-ref", f"--count={MOST_REFS + 1}", "--format=%(refname:lstrip=2)", "refs/heads"]


def default_branch() -> list[str]:
    return ["symbolic-ref", "--quiet", "--short", "HEAD"]


def show_commit(revision: str) -> list[str]:
    """`hash NUL author NUL time NUL message`."""
    return ["log", "-1", "--no-show-signature", "--format=%H%x00%an%x00%ct%x00%B", "--end-of-options", revision, "--"]


def find_object(revision: str) -> list[str]:
    return ["rev-parse", "--verify", "--quiet", "--end-of-options", revision]


def size_of(thing: str) -> list[str]:
    return ["cat-file", "-s", thing]


def show_blob(blob: str) -> list[str]:
    return ["cat-file", "blob", blob]


def changed_paths(before: str, after: str) -> list[str]:
    return ["diff-tree", "-r", "-z", "--name-only", "--no-renames", "--no-ext-diff", "--end-of-options", before, after]


def merge_base(one: str, other: str) -> list[str]:
    return ["merge-base", one, other]


def run(folder: Path, command: list[str]) -> bytes:
    """What `git COMMAND` prints in the repository at `folder` (a git directory), at most LARGEST bytes.

    Raises GitFailed, Unavailable, and TooLarge for an answer that is larger.
    """
    try:
        with tempfile.TemporaryFile() as errors, subprocess.Popen(
                ["git", "--no-pager", f"--git-dir={folder}", *command], env=_environment(folder),
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors) as child:
            answer, late = _read(child)
            errors.seek(0)
            told = errors.read(LARGEST).decode(errors="replace").strip()
    except OSError as problem:
        raise Unavailable(f"git could not read {folder.name} ({type(problem).__name__})") from problem
    if late:
        raise Unavailable(f"git could not read {folder.name} within {TIMEOUT} s")
    if len(answer) > LARGEST:
        raise TooLarge(f"git {command[0]} printed more than {LARGEST // 1024**2} MiB about {folder.name}")
    if child.returncode:
        raise GitFailed(told or f"git exited {child.returncode}")
    return answer


def _read(child: subprocess.Popen) -> tuple[bytes, bool]:
    """(what it printed, a byte more than LARGEST at most; was it ended for its time)."""
    late = threading.Event()
    clock = threading.Timer(TIMEOUT, lambda: (late.set(), child.kill()))
    clock.daemon = True
    clock.start()
    try:
        answer = child.stdout.read(LARGEST + 1)
        if len(answer) > LARGEST:
            child.kill()
        child.wait()
    finally:
        clock.cancel()
    return answer, late.is_set()


def _environment(folder: Path) -> dict[str, str]:
    """The folder may belong to another user, and may be read-only; the settings here outrank its own."""
    settings = {"safe.directory": str(folder), "core.fsmonitor": "false", "core.hooksPath": "/dev/null",
                "protocol.allow": "never", "log.showSignature": "false", "core.alternateRefsCommand": "true"}
    numbered = {f"GIT_CONFIG_{part}_{i}": text for i, (key, value) in enumerate(settings.items())
                for part, text in (("KEY", key), ("VALUE", value))}
    return {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": "/nonexistent", "LC_ALL": "C.UTF-8",
            "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_OPTIONAL_LOCKS": "0",
            "GIT_NO_LAZY_FETCH": "1", "GIT_TERMINAL_PROMPT": "0", "GIT_CONFIG_COUNT": str(len(settings)), **numbered}
