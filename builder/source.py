"""The exact commit in a fresh folder, with a `.git` of its own that holds its real history and its tags.

`.git` is made to be the same bytes for the same commit where it can be, so that `COPY . .` stays cached: no reflog,
an index without times, objects linked from the mirror. It names no mirror, no token, and no URL with credentials.
LFS is off unless the repository's settings ask for it: then the files behind its pointers are fetched, by git-lfs.

The token is for one repository. It goes to submodules of the same host only where the settings say so: whoever may push
here could otherwise read, by a submodule, what only the owner of the token may.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urljoin, urlsplit, urlunsplit

from common.addresses import is_outside
from common.errors import Failure
from common.jobs import Cancel
from common.joblog import JobLog

from .git import Git, GitFailed
from .mirrors import Commit, Mirrors, Origin, hash_of

MAX_SUBMODULE_DEPTH = 5
# Without them git-lfs downloads, and leaves the pointers where they are ("not installed for this repository").
LFS_FILTERS = [word for name, value in (("smudge", "git-lfs smudge -- %f"), ("clean", "git-lfs clean -- %f"),
                                        ("process", "git-lfs filter-process"), ("required", "true"))
               for word in ("-c", f"filter.lfs.{name}={value}")]
SPEAK_EVERY = 5             # seconds between lines of a long fetch
# It is written to `.git/config`: nothing that could begin a line, a section or a comment there.
_HTTPS = re.compile(r"https://[A-Za-z0-9._~:/@%+=?&,-]+")
_SCP_LIKE = re.compile(r"(?:ssh://)?(?:[^@/]+@)?([A-Za-z0-9.-]+)(?::(?!//|:)|/)(\S+)")


@dataclass(frozen=True)
class Allowed:
    """Where may be fetched from, beside https: below the local forge's folder, and a forge that has no TLS."""

    local: Path
    plain: str = ""                     # "http://host:port/"
    forge: str = ""                     # its host, with the port where it has one: it may be inside

    @classmethod
    def of(cls, local: Path, forge_url: str) -> Allowed:
        return cls(local, forge_url.rstrip("/") + "/" if forge_url.startswith("http://") else "", urlsplit(forge_url).netloc)

    def allows(self, url: str) -> bool:
        return bool(_HTTPS.fullmatch(url)) or is_local(url, self.local) or \
            bool(self.plain) and url.startswith(self.plain) and bool(_HTTPS.fullmatch(url.replace("http", "https", 1)))


    def address(self, url: str) -> str | None:
        """Where a host that anybody may write down really is; None for our own places. Raises Failure for the inside.

        It is looked up once, and git connects to that very address. A proxy of the environment does its own looking up.
        """
        parts = urlsplit(url)
        if url.startswith("/") or parts.netloc == self.forge or os.environ.get("HTTPS_PROXY") or os.environ.get("https_proxy"):
            return None
        try:
            found = [item[4][0] for item in socket.getaddrinfo(parts.hostname, parts.port or 443, type=socket.SOCK_STREAM)]
        except (OSError, UnicodeError, ValueError) as problem:
            raise Failure(f"{parts.hostname} has no address: {problem}") from problem
        if not all(map(is_outside, found)):
            raise Failure(f"{parts.hostname} leads to an internal address, which nothing is fetched from")
        return found[0]


class Source:
    """Fetches into `place`, from where `allowed` says."""

    def __init__(self, git: Git, mirrors: Mirrors, allowed: Allowed, log: JobLog, cancel: Cancel,
                 clock: Callable[[], float] = time.monotonic, *, private_submodules: bool = False):
        self._git, self._mirrors, self._allowed, self._log, self._cancel = git, mirrors, allowed, log, cancel
        self._private_submodules = private_submodules
        self._clock = clock
        self._spoke = clock()

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
        except GitFailed as problem:
            raise Failure(f"the contents of LFS were not fetched: {_lfs_said(problem)}") from problem
        shutil.rmtree(place / ".git" / "lfs", ignore_errors=True)      # each file once, in the work tree
        self._log.line("the contents of Git LFS are fetched")

    def _uses_lfs(self, place: Path) -> bool:
        """Does a `.gitattributes` of the commit, in any folder, say so?"""
        found = self._run(place, "ls-files", "-z", "--", ".gitattributes", "*/.gitattributes").split("\0")
        files = [place / name for name in found if name]
        return any("filter=lfs" in path.read_text("utf-8", "replace") for path in files
                   if path.is_file() and not path.is_symlink())

    def fetch_submodules(self, origin: Origin, place: Path, depth: int = 1) -> None:
        """What `.gitmodules` names, at the commits that the work tree wants, and theirs in turn."""
        declared = place / ".gitmodules"
        if declared.is_symlink() or not declared.is_file() or not (wanted := self._gitlinks(place)):
            return
        if depth > MAX_SUBMODULE_DEPTH:
            raise Failure(f"submodules are nested deeper than {MAX_SUBMODULE_DEPTH}")
        for path, url in self._declared(place).items():
            if path in wanted:
                module = self._module(origin, path, url)
                with self._log.step(f"submodule {path}"):
                    self._log.line(f"fetching {module.name} at {wanted[path][:12]}")
                    self._populate(module, "", wanted[path], place / path)
                self.fetch_submodules(module, place / path, depth + 1)

    def _populate(self, origin: Origin, ref: str, commit: str, place: Path) -> Commit:
        git = place / ".git"
        (git / "refs").mkdir(parents=True)
        with self._mirrors.fetched(origin, commit, self._cancel, self._told) as (mirror, found):
            shutil.copytree(mirror / "objects", git / "objects", copy_function=os.link)
            refs = self._run(mirror, "for-each-ref", "--format=%(objectname) %(refname)", "refs/tags", "refs/heads")
        _write_refs(git, refs, ref, commit)
        (git / "config").write_text(_configuration(commit, public_url(origin.url)))
        self._run(place, "read-tree", commit)
        self._run(place, "checkout-index", "--all", "--force", "--quiet")
        return found

    def _gitlinks(self, place: Path) -> dict[str, str]:
        """path -> commit of each submodule in the index."""
        entries = self._run(place, "ls-files", "--stage", "-z").split("\0")
        parted = (entry.partition("\t") for entry in entries if entry.startswith("160000 "))
        return {path: head.split()[1] for head, _, path in parted}

    def _declared(self, place: Path) -> dict[str, str]:
        """path -> URL, as `.gitmodules` says."""
        text = self._run(place, "config", "--file", ".gitmodules", "--null", "--list")
        values = dict(entry.split("\n", 1) for entry in text.split("\0") if "\n" in entry)
        names = {key.rpartition(".")[0] for key in values if key.startswith("submodule.")}
        return {values[f"{name}.path"]: values[f"{name}.url"] for name in names
                if f"{name}.path" in values and f"{name}.url" in values and values.get(f"{name}.update") != "none"}

    def _module(self, parent: Origin, path: str, written: str) -> Origin:
        url = resolve(parent.url, written)
        if not self._allowed.allows(url):
            raise Failure(f"submodule {path} is at {written}: only https URLs and repositories of the local forge are "
                          "fetched; change .gitmodules, or set build.submodules to false")
        trusted = self._private_submodules and urlsplit(url)[:2] == urlsplit(parent.url)[:2]
        key = "module-" + hashlib.sha256(url.encode()).hexdigest()[:24]
        name = os.path.relpath(url, self._allowed.local) if url.startswith("/") else _without_user(url)
        return Origin(name, key, url, parent.token if trusted else None, self._allowed.address(url))

    def _told(self, line: str) -> None:
        """Progress of a long fetch, now and then; a short one says nothing."""
        if self._clock() - self._spoke >= SPEAK_EVERY:
            self._spoke = self._clock()
            self._log.line(line.replace("\x1b[K", "").strip())

    def _run(self, place: Path, command: str, *arguments: str) -> str:
        return self._git(command, *arguments, cwd=place, cancel=self._cancel)


def checked(origin: Origin, allowed: Allowed) -> Origin:
    """`origin` if its URL is one that may be fetched; raises Failure."""
    if allowed.allows(origin.url):
        return replace(origin, url=_without_user(origin.url))
    raise Failure(f"{origin.name} is at a place that is not fetched from: only https, and the local forge's folder")


def is_local(url: str, local: Path) -> bool:
    """Is `url` an absolute path below the local forge's folder, symbolic links resolved?"""
    return url.startswith("/") and Path(os.path.realpath(url)).is_relative_to(os.path.realpath(local))


def resolve(base: str, written: str) -> str:
    """The URL of a submodule: relative ones from its parent's, git@host:path as https, file:///path as a path."""
    if written.startswith(("./", "../")):
        if base.startswith("/"):
            return os.path.normpath(os.path.join(base, written))
        return urljoin(base.rstrip("/") + "/", written).rstrip("/")
    if written.startswith("file:///"):
        return os.path.normpath(written.removeprefix("file://"))
    if "://" not in written or written.startswith("ssh://"):
        match = _SCP_LIKE.fullmatch(written)
        return f"https://{match[1]}/{match[2].lstrip('/')}" if match and not written.startswith("/") else written
    return written


def public_url(url: str) -> str | None:
    """`url` for `.git/config`: without credentials, and none for a folder of this machine."""
    return _without_user(url) if url.startswith("https://") else None


def _lfs_said(problem: GitFailed) -> str:
    """What is missing, where git-lfs says it: its last line tells that something is, alone."""
    lines = [line.strip() for line in problem.errors.splitlines() if line.strip()]
    named = [line for line in lines if re.search(r"does not exist|not found|\[4\d\d\]|error:", line, re.IGNORECASE)]
    return "; ".join(dict.fromkeys([*named[:2], *lines[-1:]])) or str(problem)


def _without_user(url: str) -> str:
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def _configuration(commit: str, url: str | None) -> str:
    """`.git/config`, as `git init` and `git clone` would write it."""
    long = hash_of(commit) == "sha256"
    return (f"[core]\n\trepositoryformatversion = {int(long)}\n\tfilemode = true\n\tbare = false\n"
            + ("[extensions]\n\tobjectformat = sha256\n" if long else "")
            + (f"[remote \"origin\"]\n\turl = {url}\n\tfetch = +refs/heads/*:refs/remotes/origin/*\n" if url else ""))


def _write_refs(git: Path, refs: str, ref: str, commit: str) -> None:
    """All tags, the one branch, and HEAD: on the branch, or detached where `ref` is a tag or is gone."""
    listed = dict(reversed(line.split(" ", 1)) for line in refs.splitlines())
    kept = {name: value for name, value in listed.items() if name.startswith("refs/tags/")}
    branch = f"refs/heads/{ref}"
    if branch in listed:
        kept[branch] = commit
    (git / "packed-refs").write_text("".join(f"{value} {name}\n" for name, value in sorted(kept.items())))
    (git / "HEAD").write_text(f"ref: {branch}\n" if branch in listed else f"{commit}\n")
