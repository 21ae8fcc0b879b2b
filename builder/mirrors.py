"""A bare mirror a repository, so that a second build fetches the difference only.

A mirror holds no URL and no token. One process at a time works on it (a file lock, also between several builders);
one that is damaged is made anew. Together they stay below a bound: the longest unused go first.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from common.wire.contracts import AUTHOR, MAX_COMMIT, SUBJECT
from common.wire.errors import ContinuumError, Failure, ServiceDown
from common.worker.jobs import Cancel

from .git import Git, GitFailed, Unreachable

LOCK_POLL = 0.05                # seconds
_NOT_THERE = re.compile(r"repository (?:'[^']*' )?(?:not found|does not exist)|could not be found|"
                        r"does not appear to be a git repository", re.IGNORECASE)
_NOT_ALLOWED = re.compile(r"authentication failed|could not read username|returned error: 40[13]|permission denied",
                          re.IGNORECASE)
_TOKEN_REFUSED = re.compile(r"authentication failed|could not read username|returned error: 401", re.IGNORECASE)
_NO_SUCH_COMMIT = re.compile(r"not our ref|couldn't find remote ref|unadvertised object", re.IGNORECASE)


@dataclass(frozen=True)
class Commit:
    name: str               # its hash
    message: str            # its subject
    author: str


@dataclass(frozen=True)
class Origin:
    """Where a repository is fetched from. `name` is what people call it, `key` names its mirror's folder; `address`:
    where the URL's host was found to be, and no other is connected to."""

    name: str
    key: str
    url: str
    token: str | None = None
    address: str | None = None


@dataclass(frozen=True)
class _Wanted:
    origin: Origin
    ref: str                # of the run; of a submodule there is none
    commit: str


class Mirrors:
    def __init__(self, folder: Path, git: Git):
        self._folder, self._git = folder, git
        folder.mkdir(parents=True, exist_ok=True)

    @contextmanager
    def fetched(self, origin: Origin, ref: str, commit: str, cancel: Cancel,
                on_line: Callable[[str], None] | None = None) -> Iterator[tuple[Path, Commit]]:
        """The mirror, locked, with all branches and tags and `commit` in it; and what the commit says.

        The origin has the commit now: one that it took back is not handed out, though a mirror may still hold it.
        Raises Failure where the repository or the commit is not there or not for us, ServiceDown where the forge
        does not answer, TokenRefused where another token may do.
        """
        with self._locked(origin.key, cancel) as mirror:
            try:
                found = self._bring(mirror, _Wanted(origin, ref, commit), cancel, on_line)
            except GitFailed as problem:
                raise _explained(problem, origin, commit) from problem
            yield mirror, found

    def trim(self, max_bytes: int) -> list[str]:
        """Remove the longest unused mirrors until all together fit in `max_bytes`; their keys."""
        sizes = {path: _size(path) for path in sorted(self._folder.glob("*.git"), key=lambda path: path.stat().st_mtime)}
        total, removed = sum(sizes.values()), []
        for path, size in sizes.items():
            if total <= max_bytes:
                break
            if self._remove(path):
                total -= size
                removed.append(path.stem)
        return removed

    def _bring(self, mirror: Path, wanted: _Wanted, cancel: Cancel, on_line) -> Commit:
        known = (mirror / "HEAD").exists()
        if (mirror / "shallow").exists():           # a history that was cut off stays so, whatever its origin has now
            shutil.rmtree(mirror)
        try:
            return self._fetch(mirror, wanted, cancel, on_line)
        except Unreachable:
            raise
        except GitFailed as problem:
            if not known or any(rule.search(problem.errors) for rule in (_NOT_THERE, _NOT_ALLOWED, _NO_SUCH_COMMIT)):
                raise
            shutil.rmtree(mirror)                   # damaged, perhaps by a kill in the middle of a write
            return self._fetch(mirror, wanted, cancel, on_line)

    def _fetch(self, mirror: Path, wanted: _Wanted, cancel: Cancel, on_line) -> Commit:
        origin, commit = wanted.origin, wanted.commit
        if not (mirror / "HEAD").exists():
            shutil.rmtree(mirror, ignore_errors=True)
            self._git("init", "--quiet", "--bare", "--template=", f"--object-format={hash_of(commit)}", "--", str(mirror),
                      cwd=self._folder, cancel=cancel)
        for stale in (*mirror.glob("*.lock"), *mirror.glob("refs/**/*.lock")):
            stale.unlink()                          # we hold the lock on the whole, so nobody is behind these
        self._from(mirror, origin, cancel, on_line, "--prune", "+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*")
        os.utime(mirror)
        if not self._holds(mirror, commit, cancel, "refs/heads", "refs/tags") and \
                not self._holds_pull(mirror, wanted, cancel, on_line):
            # Asked for by its name, as if we had nothing: git asks nobody for what it has already.
            self._from(mirror, origin, cancel, on_line, "--refetch", commit)
        return self._commit(mirror, commit, cancel)

    def _holds_pull(self, mirror: Path, wanted: _Wanted, cancel: Cancel, on_line) -> bool:
        """Is the commit in the history of the pull request that the run is of?"""
        if not wanted.ref.startswith("refs/pull/"):
            return False
        try:
            self._from(mirror, wanted.origin, cancel, on_line, f"+{wanted.ref}:{wanted.ref}")
        except Unreachable:
            raise
        except GitFailed:
            return False                            # a forge without such refs, or a pull request that is gone
        return self._holds(mirror, wanted.commit, cancel, wanted.ref)

    def _holds(self, mirror: Path, commit: str, cancel: Cancel, *refs: str) -> bool:
        try:
            return bool(self._git("for-each-ref", "--count=1", f"--contains={commit}", *refs, cwd=mirror, cancel=cancel))
        except GitFailed:
            return False                            # git's only way to say that it does not know the commit

    def _from(self, mirror: Path, origin: Origin, cancel: Cancel, on_line, *what: str) -> None:
        options = [item for item in what if item.startswith("--")]
        refs = [item for item in what if not item.startswith("--")]
        self._git("fetch", "--force", "--no-tags", "--update-shallow", "--progress", *options, "--end-of-options",
                  origin.url, *refs, cwd=mirror, cancel=cancel, url=origin.url, token=origin.token,
                  address=origin.address, on_line=on_line)

    def _commit(self, mirror: Path, commit: str, cancel: Cancel) -> Commit:
        if int(self._git("cat-file", "-s", f"{commit}^{{commit}}", cwd=mirror, cancel=cancel)) > MAX_COMMIT:
            raise Failure(f"commit {commit[:12]} is larger than {MAX_COMMIT // 1024} KiB: shorten its message")
        text = self._git("log", "-1", "--format=%s%x00%an", f"{commit}^{{commit}}", "--", cwd=mirror, cancel=cancel)
        message, _, author = text.rstrip("\n").partition("\0")
        return Commit(commit, message[:SUBJECT], author[:AUTHOR])

    @contextmanager
    def _locked(self, key: str, cancel: Cancel) -> Iterator[Path]:
        with (self._folder / f"{key}.lock").open("w") as lock:
            while not _try_lock(lock):
                cancel.wait(LOCK_POLL)
            yield self._folder / f"{key}.git"

    def _remove(self, mirror: Path) -> bool:
        with mirror.with_suffix(".lock").open("w") as lock:
            if not _try_lock(lock):
                return False                        # in use
            shutil.rmtree(mirror)
            return True


def hash_of(commit: str) -> str:
    """Which of git's two hashes names this commit."""
    return "sha256" if len(commit) == 64 else "sha1"


def _try_lock(file) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _size(folder: Path) -> int:
    """Bytes on disk."""
    return sum(path.stat().st_blocks * 512 for path in folder.rglob("*") if path.is_file())


class TokenRefused(ContinuumError):
    """Ended or withdrawn since it was handed to us: whoever repeats the job hands us another."""


def _explained(problem: GitFailed, origin: Origin, commit: str) -> Exception:
    if origin.token and _TOKEN_REFUSED.search(problem.errors):
        return TokenRefused(f"the forge does not accept the token for {origin.name} (any more); sign in again, or check "
                            "who may read it")
    if _NO_SUCH_COMMIT.search(problem.errors):
        return Failure(f"commit {commit[:12]} is not in {origin.name}; was it force-pushed away? "
                       "Start a run for the branch's newest commit")
    if _NOT_ALLOWED.search(problem.errors):
        return Failure(f"the forge does not let us read {origin.name}; sign in again, or check who may read it")
    if _NOT_THERE.search(problem.errors):
        return Failure(f"{origin.name} is not there any more, or we may not see it; was it moved or renamed?")
    if problem.ours or isinstance(problem, Unreachable) and not origin.url.startswith("/"):
        return ServiceDown(f"{origin.name} could not be fetched: {problem.said}")
    return Failure(f"{origin.name} is damaged, git can't read it: {problem.said}; run `git fsck` in it")
