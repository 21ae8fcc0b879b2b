"""Bare git repositories in a folder, made and read by git itself."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path

ZERO = "0" * 40
SIGNED = {"GIT_AUTHOR_NAME": "Ada", "GIT_AUTHOR_EMAIL": "ada@example.org", "GIT_COMMITTER_NAME": "Ada",
          "GIT_COMMITTER_EMAIL": "ada@example.org", "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1"}


def git(folder: Path, *argv: str, stdin: bytes | None = None, env: dict | None = None) -> str:
    """Raises CalledProcessError."""
    done = subprocess.run(["git", "-C", str(folder), *argv], input=stdin, capture_output=True, check=True,
                          env={"PATH": os.environ["PATH"], "HOME": "/nonexistent", **SIGNED, **(env or {})})
    return done.stdout.decode(errors="replace").rstrip("\n")


class GitRepo:
    def __init__(self, folder: Path):
        self.folder = folder

    @classmethod
    def create(cls, folder: Path, branch: str = "main") -> GitRepo:
        folder.mkdir(parents=True)
        git(folder, "init", "-q", "--bare", "-b", branch)
        return cls._open(folder)

    @classmethod
    def _open(cls, folder: Path) -> GitRepo:
        with open(folder / "config", "a") as config:
            config.write("[uploadpack]\nallowAnySHA1InWant = true\nallowFilter = true\n[http]\nreceivepack = true\n")
        return cls(folder)

    def fork(self, folder: Path) -> GitRepo:
        folder.parent.mkdir(parents=True, exist_ok=True)
        git(self.folder, "clone", "-q", "--bare", str(self.folder), str(folder))
        return self._open(folder)

    def commit(self, files: dict[str, str | bytes | None], message: str = "Change", branch: str = "main") -> str:
        """A commit on top of `branch`, without a work tree; a None deletes the file."""
        ref = f"refs/heads/{branch}"
        parent = self.head(ref)
        stream = [f"commit {ref}\ncommitter Ada <ada@example.org> {int(time.time())} +0000\n".encode(),
                  _data(message.encode()), f"from {parent}\n".encode() if parent else b""]
        for path, content in files.items():
            stream.append(f"D {path}\n".encode() if content is None else f"M 100644 inline {path}\n".encode() + _data(
                content.encode() if isinstance(content, str) else content))
        git(self.folder, "fast-import", "--quiet", stdin=b"".join(stream))
        return self.head(ref)

    def set(self, ref: str, commit: str | None) -> None:
        """None deletes it."""
        git(self.folder, "update-ref", *(["-d", ref] if commit is None else [ref, commit]))

    def fetch(self, other: GitRepo, commit: str) -> None:
        git(self.folder, "fetch", "-q", str(other.folder), commit)

    def head(self, ref: str) -> str | None:
        """The commit that a name leads to."""
        try:
            return git(self.folder, "rev-parse", "--verify", "--quiet", f"{ref}^{{commit}}")
        except subprocess.CalledProcessError:
            return None

    def refs(self, kind: str) -> dict[str, str]:
        """`heads` or `tags`: short name -> commit."""
        lines = git(self.folder, "for-each-ref", "--format=%(refname:lstrip=2) %(objectname) %(*objectname)",
                    f"refs/{kind}").splitlines()
        return {parts[0]: parts[-1] for parts in (line.split() for line in lines)}

    def all_refs(self) -> dict[str, str]:
        return {f"refs/{kind}/{name}": commit for kind in ("heads", "tags") for name, commit in self.refs(kind).items()}

    def show(self, commit: str) -> dict:
        fields = git(self.folder, "log", "-1", "--format=%H%x00%T%x00%P%x00%an%x00%ae%x00%aI%x00%B", commit).split("\0")
        sha, tree, parents, name, email, date, message = fields
        return {"sha": sha, "tree": tree, "parents": parents.split(), "name": name, "email": email, "date": date,
                "message": message.strip()}

    def entry(self, commit: str, path: str) -> tuple[str, str] | None:
        """(kind, hash) of what lies at `path`: blob, tree or commit; the top is "" ."""
        if not path:
            return "tree", git(self.folder, "rev-parse", f"{commit}^{{tree}}")
        line = git(self.folder, "ls-tree", commit, "--", path)
        return (line.split()[1], line.split()[2]) if line else None

    def listing(self, tree: str) -> list[tuple[str, str, str, int]]:
        """(name, kind, hash, size) of each entry."""
        lines = git(self.folder, "ls-tree", "-l", tree).splitlines()
        return [(name, *head.split()[1:3], int(size) if (size := head.split()[3]).isdecimal() else 0)
                for head, name in (line.split("\t", 1) for line in lines)]

    def blob(self, sha: str) -> bytes:
        return subprocess.run(["git", "-C", str(self.folder), "cat-file", "blob", sha], capture_output=True,
                              check=True).stdout

    def base(self, one: str, other: str) -> str | None:
        try:
            return git(self.folder, "merge-base", one, other)
        except subprocess.CalledProcessError:
            return None

    def between(self, start: str, end: str) -> list[str]:
        """Commits of `end` that `start` lacks, oldest first."""
        return git(self.folder, "rev-list", "--reverse", f"{start}..{end}").splitlines()

    def changed(self, start: str, end: str) -> list[tuple[str, str, str | None]]:
        """(status, name, former name) of each file."""
        names = {"A": "added", "M": "modified", "D": "removed", "R": "renamed", "T": "changed"}
        found = []
        for line in git(self.folder, "diff-tree", "-r", "-M", "--name-status", start, end).splitlines():
            status, *paths = line.split("\t")
            found.append((names[status[0]], paths[-1], paths[0] if len(paths) > 1 else None))
        return found


def _data(content: bytes) -> bytes:
    """As git-fast-import(1) reads it."""
    return b"data %d\n%s\n" % (len(content), content)
