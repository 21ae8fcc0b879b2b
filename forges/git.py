"""The git commands that a forge of local repositories needs: argv lists in, bytes out; nothing of the caller's
environment or of the machine's configuration takes part, and no hook, pager, filter or network is reached.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

from common.errors import Unavailable

TIMEOUT = 20         # seconds
EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"


class GitFailed(Unavailable):
    """git ended with another code than 0; `str()` is its own message. Where nobody awaits it: the repository is
    damaged, and callers see 503."""


def heads() -> list[str]:
    """Every branch and tag with the commit it names, newest first: `commit NUL peeled commit NUL ref`."""
    return ["for-each-ref", "--sort=-creatordate", "--format=%(objectname)%00%(*objectname)%00%(refname)",
            "refs/heads", "refs/tags"]


def branches() -> list[str]:
    return ["for-each-ref", "--format=%(refname:lstrip=2)", "refs/heads"]


def default_branch() -> list[str]:
    return ["symbolic-ref", "--quiet", "--short", "HEAD"]


def show_commit(revision: str) -> list[str]:
    """`hash NUL author NUL time NUL message`."""
    return ["log", "-1", "--no-show-signature", "--format=%H%x00%an%x00%ct%x00%B", "--end-of-options", revision, "--"]


def find_object(revision: str) -> list[str]:
    return ["rev-parse", "--verify", "--quiet", "--end-of-options", revision]


def size_of(blob: str) -> list[str]:
    return ["cat-file", "-s", blob]


def show_blob(blob: str) -> list[str]:
    return ["cat-file", "blob", blob]


def changed_paths(before: str, after: str) -> list[str]:
    return ["diff-tree", "-r", "-z", "--name-only", "--no-renames", "--no-ext-diff", "--end-of-options", before, after]


def merge_base(one: str, other: str) -> list[str]:
    return ["merge-base", one, other]


def run(folder: Path, command: list[str]) -> bytes:
    """What `git COMMAND` prints in the repository at `folder` (a git directory); raises GitFailed, Unavailable."""
    try:
        done = subprocess.run(["git", "--no-pager", f"--git-dir={folder}", *command], env=_environment(folder),
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=TIMEOUT, check=False)
    except (OSError, subprocess.TimeoutExpired) as problem:
        raise Unavailable(f"git could not read {folder.name} ({type(problem).__name__})") from problem
    if done.returncode:
        raise GitFailed(done.stderr.decode(errors="replace").strip() or f"git exited {done.returncode}")
    return done.stdout


def _environment(folder: Path) -> dict[str, str]:
    """The folder may belong to another user, and may be read-only; the settings here outrank its own."""
    settings = {"safe.directory": str(folder), "core.fsmonitor": "false", "core.hooksPath": "/dev/null",
                "protocol.allow": "never", "log.showSignature": "false", "core.alternateRefsCommand": "true"}
    numbered = {f"GIT_CONFIG_{part}_{i}": text for i, (key, value) in enumerate(settings.items())
                for part, text in (("KEY", key), ("VALUE", value))}
    return {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": "/nonexistent", "LC_ALL": "C.UTF-8",
            "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_OPTIONAL_LOCKS": "0",
            "GIT_NO_LAZY_FETCH": "1", "GIT_TERMINAL_PROMPT": "0", "GIT_CONFIG_COUNT": str(len(settings)), **numbered}
