"""The git repositories behind the stand-in: bare ones in a folder, asked and changed by git itself."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

ZERO = "0" * 40
QUIET = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull, "GIT_TERMINAL_PROMPT": "0",
         "GIT_AUTHOR_NAME": "GitHub", "GIT_AUTHOR_EMAIL": "noreply@localhost",
         "GIT_COMMITTER_NAME": "GitHub", "GIT_COMMITTER_EMAIL": "noreply@localhost"}
CONFIG = """[core]
\trepositoryformatversion = 0
\tbare = true
[http]
\treceivepack = true
[uploadpack]
\tallowAnySHA1InWant = true
"""
FIELDS = "%H%x00%T%x00%P%x00%an%x00%ae%x00%aI%x00%cn%x00%ce%x00%cI%x00%B"


class GitSaysNo(Exception):
    """git's own words."""


@dataclass(frozen=True)
class Commit:
    sha: str
    tree: str
    parents: list[str]
    author: dict[str, str]         # name, email, date
    committer: dict[str, str]
    message: str


def git(folder: Path, *words: str, given: bytes | None = None) -> bytes:
    done = subprocess.run(["git", "-C", str(folder), *words], input=given, capture_output=True,
                          env={**os.environ, **QUIET})
    if done.returncode:
        raise GitSaysNo(done.stderr.decode(errors="replace").strip())
    return done.stdout


def text(folder: Path, *words: str) -> str:
    return git(folder, *words).decode(errors="replace").strip()


def make(folder: Path, branch: str) -> None:
    """By hand, as gitrepository-layout(5) has it: thousands of them take a second."""
    for part in ("objects", "refs/heads", "refs/tags"):
        (folder / part).mkdir(parents=True)
    (folder / "HEAD").write_text(f"ref: refs/heads/{branch}\n")
    (folder / "config").write_text(CONFIG)


def copy(source: Path, folder: Path) -> None:
    """A fork: branches and tags, without the pull requests' refs."""
    make(folder, text(source, "symbolic-ref", "--short", "HEAD"))
    git(folder, "fetch", "--quiet", str(source), "refs/heads/*:refs/heads/*", "refs/tags/*:refs/tags/*")


def refs(folder: Path, under: str = "refs/") -> dict[str, str]:
    """Full name -> what it points to (of an annotated tag: the tag object), in the names' order."""
    lines = text(folder, "for-each-ref", "--format=%(refname) %(objectname)", under).splitlines()
    return dict(line.split(" ") for line in lines)


def commit_of(folder: Path, name: str) -> str | None:
    """The commit that a branch, a tag, a full ref or a hash names; a branch goes before a tag."""
    if name.startswith("-") or not name:
        return None
    for full in (f"refs/heads/{name}", f"refs/tags/{name}", f"refs/{name}", name):
        try:
            return text(folder, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{full}^{{commit}}")
        except GitSaysNo:
            continue
    return None


def commit(folder: Path, sha: str) -> Commit:
    return commits(folder, "-1", sha)[0]


def commits(folder: Path, *range_: str) -> list[Commit]:
    """Newest first."""
    out = git(folder, "log", f"--format={FIELDS}%x01", *range_, "--").decode(errors="replace")
    return [_commit(part.lstrip("\n")) for part in out.split("\x01") if part.strip()]


def _commit(line: str) -> Commit:
    sha, tree, parents, an, ae, ad, cn, ce, cd, message = line.split("\0", 9)
    return Commit(sha, tree, parents.split(), {"name": an, "email": ae, "date": ad},
                  {"name": cn, "email": ce, "date": cd}, message.rstrip("\n"))


def entry(folder: Path, sha: str, path: str) -> tuple[str, str] | None:
    """(kind, object) of a path in a commit's tree: kind is blob, tree or commit (a submodule)."""
    if not path:
        return "tree", text(folder, "rev-parse", f"{sha}^{{tree}}")
    line = text(folder, "ls-tree", sha, "--", path.rstrip("/"))
    if not line:
        return None
    _, kind, rest = line.split(" ", 2)
    return kind, rest.split("\t")[0]


def listing(folder: Path, tree: str) -> list[tuple[str, str, str, int]]:
    """(kind, object, name, size) for each entry of a tree."""
    found = []
    for line in git(folder, "ls-tree", "-lz", tree).decode(errors="replace").split("\0"):
        if line:
            about, name = line.split("\t", 1)
            _, kind, sha, size = about.split()
            found.append((kind, sha, name, int(size) if size.isdigit() else 0))
    return found


def differences(folder: Path, before: str, after: str) -> list[tuple[str, str, int, int]]:
    """(status letter, path, added lines, removed lines) for each file."""
    letters = text(folder, "diff", "--name-status", "--no-renames", before, after).splitlines()
    counts = text(folder, "diff", "--numstat", "--no-renames", before, after).splitlines()
    found = []
    for letter, count in zip(letters, counts, strict=True):
        added, removed, path = count.split("\t")
        found.append((letter[0], path, int(added) if added != "-" else 0, int(removed) if removed != "-" else 0))
    return found


def touched(folder: Path, *range_: str) -> dict[str, list[tuple[str, str]]]:
    """Commit -> (status letter, path) of each file that it changed; of a merge against its first parent. One process,
    for a push may have thousands of commits."""
    out = text(folder, "log", "--root", "--diff-merges=first-parent", "--name-status", "--no-renames", "--format=%x01%H",
               *range_, "--")
    found = {}
    for part in out.split("\x01")[1:]:
        sha, _, lines = part.partition("\n")
        found[sha] = [(line[0], line.split("\t", 1)[1]) for line in lines.splitlines() if line]
    return found


def write(folder: Path, branch: str, files: dict[str, str | None], message: str) -> str:
    """A commit on `branch` (which begins at the default branch) with these files changed; None removes one."""
    parent = commit_of(folder, f"heads/{branch}") or commit_of(folder, "HEAD")
    tree: dict[str, str] = {}
    if parent:
        for line in git(folder, "ls-tree", "-rz", parent).decode().split("\0"):
            if line:
                about, path = line.split("\t", 1)
                tree[path] = about
    for path, content in files.items():
        if content is None:
            tree.pop(path, None)
        else:
            tree[path] = "100644 blob " + git(folder, "hash-object", "-w", "--stdin",
                                              given=content.encode()).decode().strip()
    made = _tree(folder, tree)
    parents = ["-p", parent] if parent else []
    sha = git(folder, "commit-tree", made, *parents, "-m", message).decode().strip()
    git(folder, "update-ref", f"refs/heads/{branch}", sha)
    return sha


def _tree(folder: Path, entries: dict[str, str]) -> str:
    """A tree object of flat paths, folder by folder."""
    here: list[str] = []
    below: dict[str, dict[str, str]] = {}
    for path, about in entries.items():
        first, _, rest = path.partition("/")
        if rest:
            below.setdefault(first, {})[rest] = about
        else:
            here.append(f"{about}\t{path}")
    here += [f"040000 tree {_tree(folder, inner)}\t{name}" for name, inner in below.items()]
    return git(folder, "mktree", "-z", given="".join(f"{line}\0" for line in here).encode()).decode().strip()
