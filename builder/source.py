"""The exact commit in a fresh folder, with a `.git` of its own that holds its real history and the tags in it.

`.git` holds the objects of that commit and of nothing else: a mirror also has other branches, pull requests and commits
that were taken back, which are not for everybody who can push here. It is the same bytes for the same commit where it
can be, so that `COPY . .` stays cached: no reflog, an index without times. It names no mirror, no token, and no URL with
credentials. LFS is off unless the repository's settings ask for it: then the files behind its pointers are fetched, by
git-lfs.

The token is for one repository. It goes to submodules of the same host only where the settings say so: whoever may push
here could otherwise read, by a submodule, what only the owner of the token may.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from common.wire.errors import Failure, ServiceDown
from common.worker.joblog import JobLog
from common.worker.jobs import Cancel

from .allowed import Allowed, public_url, same_host
from .git import Git, GitFailed, Unreachable
from .mirrors import Commit, Mirrors, Origin, hash_of

MAX_SUBMODULE_DEPTH = 5
MAX_SUBMODULES = 200        # of one build, at all depths
MAX_ATTRIBUTES = 1024**2    # characters of a .gitattributes that are looked at
# Without them git-lfs downloads, and leaves the pointers where they are ("not installed for this repository").
LFS_FILTERS = [word for name, value in (("smudge", "git-lfs smudge -- %f"), ("clean", "git-lfs clean -- %f"),
                                        ("process", "git-lfs filter-process"), ("required", "true"))
               for word in ("-c", f"filter.lfs.{name}={value}")]
SPEAK_EVERY = 5             # seconds between lines of a long fetch


class Source:
    """Fetches into `place`, from where `allowed` says."""

    def __init__(self, git: Git, mirrors: Mirrors, allowed: Allowed, log: JobLog, cancel: Cancel,
                 clock: Callable[[], float] = time.monotonic, *, private_submodules: bool = False):
        self._git, self._mirrors, self._allowed, self._log, self._cancel = git, mirrors, allowed, log, cancel
        self._private_submodules = private_submodules
        self._clock = clock
        self._spoke = clock()
        self._modules = 0

    def fetch(self, origin: Origin, ref: str, commit: str, place: Path) -> Commit:
        """`commit` checked out in the new folder `place`; raises Failure or ServiceDown as Mirrors does."""
        self._log.line(f"fetching {origin.name}, {ref}")
        found = self._populate(origin, ref, commit, place)
        self._log.line(f"commit {commit[:12]} “{found.message}” by {found.author}")
        return found

    def fetch_lfs(self, origin: Origin, place: Path, wanted: bool) -> None:
        """The contents behind LFS's pointers, where there are any; from the repository's own server, whatever a
        `.lfsconfig` says."""
        if not self._uses_lfs(place):
            return
        if not wanted or origin.url.startswith("/"):
            self._log.line("this repository uses Git LFS: its files are pointers here, their contents are not fetched; "
                           "the repository's settings can ask for them")
            return
        try:
            self._git("-c", f"lfs.url={origin.url}/info/lfs", *LFS_FILTERS, "lfs", "pull", cwd=place, cancel=self._cancel,
                      url=origin.url, token=origin.token, on_line=self._told)
        except Unreachable as problem:
            raise ServiceDown(f"the contents of LFS could not be fetched: {_lfs_said(problem)}") from problem
        except GitFailed as problem:
            raise Failure(f"the contents of LFS were not fetched: {_lfs_said(problem)}") from problem
        shutil.rmtree(place / ".git" / "lfs", ignore_errors=True)      # each file once, in the work tree
        self._log.line("the contents of Git LFS are fetched")

    def _uses_lfs(self, place: Path) -> bool:
        """Does a `.gitattributes` of the commit, in any folder, say so?"""
        found = self._run(place, "ls-files", "-z", "--", ".gitattributes", "*/.gitattributes").split("\0")
        files = [place / name for name in found if name]
        return any("filter=lfs" in _beginning(path) for path in files if path.is_file() and not path.is_symlink())

    def fetch_submodules(self, origin: Origin, place: Path, depth: int = 1) -> None:
        """What `.gitmodules` names, at the commits that the work tree wants, and theirs in turn."""
        declared = place / ".gitmodules"
        if declared.is_symlink() or not declared.is_file() or not (wanted := self._gitlinks(place)):
            return
        if depth > MAX_SUBMODULE_DEPTH:
            raise Failure(f"submodules are nested deeper than {MAX_SUBMODULE_DEPTH}")
        for path, url in self._declared(place).items():
            if path in wanted:
                _check_place(place, path)
                self._modules += 1
                if self._modules > MAX_SUBMODULES:
                    raise Failure(f"the repository has more than {MAX_SUBMODULES} submodules; remove some, or set "
                                  "build.submodules to false")
                module = self._module(origin, path, url)
                with self._log.step(f"submodule {path}"):
                    self._log.line(f"fetching {module.name} at {wanted[path][:12]}")
                    self._populate(module, "", wanted[path], place / path)
                self.fetch_submodules(module, place / path, depth + 1)

    def _populate(self, origin: Origin, ref: str, commit: str, place: Path) -> Commit:
        git = place / ".git"
        for folder in ("refs", "objects"):
            (git / folder).mkdir(parents=True)
        (git / "HEAD").write_text(f"{commit}\n")
        (git / "config").write_text(_configuration(commit, public_url(origin.url)))
        with self._mirrors.fetched(origin, ref, commit, self._cancel, self._told) as (mirror, found):
            kept = self._refs(mirror, ref, commit)
            wanted = sorted({commit, *kept.values()})
            if ends := self._ends(mirror, wanted):
                (git / "shallow").write_text("".join(f"{end}\n" for end in ends))
            # By their names, so that no other object comes along.
            self._git("fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--no-auto-maintenance", "--stdin",
                      "--end-of-options", str(mirror), cwd=place, cancel=self._cancel,
                      stdin="".join(f"{name}\n" for name in wanted))
        _write_refs(git, kept, ref, commit)
        self._check_out(origin, commit, place)
        return found

    def _refs(self, mirror: Path, ref: str, commit: str) -> dict[str, str]:
        """Full name -> object: the tags in the history of `commit`, and the branch `ref` where there is one."""
        tags = self._run(mirror, "for-each-ref", "--format=%(objectname) %(refname)", f"--merged={commit}", "refs/tags")
        kept = dict(reversed(line.split(" ", 1)) for line in tags.splitlines())
        branch = f"refs/heads/{ref}"
        if ref and branch in self._run(mirror, "for-each-ref", "--format=%(refname)", branch).splitlines():
            kept[branch] = commit
        return kept

    def _ends(self, mirror: Path, wanted: list[str]) -> list[str]:
        """Where the history of `wanted` is cut off, as it is in a shallow clone."""
        if not (mirror / "shallow").exists():
            return []
        roots = self._git("rev-list", "--max-parents=0", "--stdin", cwd=mirror, cancel=self._cancel,
                          stdin="".join(f"{name}\n" for name in wanted))
        return sorted(set(roots.split()) & set((mirror / "shallow").read_text().split()))

    def _check_out(self, origin: Origin, commit: str, place: Path) -> None:
        """Raises Failure for a tree that git refuses: a path such as `.git/config`, a name too long for any disk."""
        try:
            self._run(place, "read-tree", commit)
            self._run(place, "checkout-index", "--all", "--force", "--quiet")
        except GitFailed as problem:
            if problem.ours:
                raise
            raise Failure(f"{origin.name} at {commit[:12]} can't be checked out: {problem.said}") from problem

    def _gitlinks(self, place: Path) -> dict[str, str]:
        """path -> commit of each submodule in the index."""
        entries = self._run(place, "ls-files", "--stage", "-z").split("\0")
        parted = (entry.partition("\t") for entry in entries if entry.startswith("160000 "))
        return {path: head.split()[1] for head, _, path in parted}

    def _declared(self, place: Path) -> dict[str, str]:
        """path -> URL, as `.gitmodules` says; raises Failure where git can't read it."""
        try:
            text = self._run(place, "config", "--file", ".gitmodules", "--null", "--list")
        except GitFailed as problem:
            raise Failure(f".gitmodules can't be read: {problem.said}; correct it, or set build.submodules to false") \
                from problem
        values = dict(entry.split("\n", 1) for entry in text.split("\0") if "\n" in entry)
        names = {key.rpartition(".")[0] for key in values if key.startswith("submodule.")}
        return {values[f"{name}.path"]: values[f"{name}.url"] for name in names
                if f"{name}.path" in values and f"{name}.url" in values and values.get(f"{name}.update") != "none"}

    def _module(self, parent: Origin, path: str, written: str) -> Origin:
        found = self._allowed.module(parent, path, written)
        trusted = self._private_submodules and same_host(found.url, parent.url)
        key = "module-" + hashlib.sha256(found.url.encode()).hexdigest()[:24]
        return replace(found, key=key, token=parent.token if trusted else None)

    def _told(self, line: str) -> None:
        """Progress of a long fetch, now and then; a short one says nothing."""
        if self._clock() - self._spoke >= SPEAK_EVERY:
            self._spoke = self._clock()
            self._log.line(line.replace("\x1b[K", "").strip())

    def _run(self, place: Path, command: str, *arguments: str) -> str:
        return self._git(command, *arguments, cwd=place, cancel=self._cancel)


def _check_place(place: Path, path: str) -> None:
    """A tree can hold a link and a submodule below it: what is checked out there would leave the work tree."""
    real = os.path.realpath(place)
    if os.path.realpath(place / path) != os.path.join(real, path):
        raise Failure(f"submodule {path} lies behind a symbolic link; remove the link, or set build.submodules to false")


def _beginning(path: Path) -> str:
    with path.open(encoding="utf-8", errors="replace") as file:
        return file.read(MAX_ATTRIBUTES)


def _lfs_said(problem: GitFailed) -> str:
    """What is missing, where git-lfs says it: its last line tells that something is, alone."""
    lines = [line.strip() for line in problem.errors.splitlines() if line.strip()]
    named = [line for line in lines if re.search(r"does not exist|not found|\[4\d\d\]|error:", line, re.IGNORECASE)]
    return "; ".join(dict.fromkeys([*named[:2], *lines[-1:]])) or str(problem)


def _configuration(commit: str, url: str | None) -> str:
    """`.git/config`, as `git init` and `git clone` would write it."""
    long = hash_of(commit) == "sha256"
    return (f"[core]\n\trepositoryformatversion = {int(long)}\n\tfilemode = true\n\tbare = false\n"
            + ("[extensions]\n\tobjectformat = sha256\n" if long else "")
            + (f"[remote \"origin\"]\n\turl = {url}\n\tfetch = +refs/heads/*:refs/remotes/origin/*\n" if url else ""))


def _write_refs(git: Path, kept: dict[str, str], ref: str, commit: str) -> None:
    """The tags, the one branch, and HEAD: on the branch, or detached where `ref` is a tag or is gone."""
    branch = f"refs/heads/{ref}"
    (git / "packed-refs").write_text("".join(f"{value} {name}\n" for name, value in sorted(kept.items())))
    (git / "HEAD").write_text(f"ref: {branch}\n" if branch in kept else f"{commit}\n")
