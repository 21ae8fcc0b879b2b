"""Puts a folder into the local forge as a repository of its own."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from cli.proc import run

# The author of the first commit, where the machine's git knows none.
IDENTITY = ["-c", "user.name=Continuum", "-c", "user.email=continuum@localhost", "-c", "commit.gpgsign=false"]


def publish(source: Path, repositories: Path, owner: str, name: str | None = None) -> Path:
    """A bare repository `<repositories>/<owner>/<name>.git` with one commit of `source`; kept as it is if there."""
    target = repositories / owner / f"{name or source.name}.git"
    if target.exists():
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    open_to_services(target.parent)
    with tempfile.TemporaryDirectory() as scratch:
        work = Path(scratch) / "work"
        shutil.copytree(source, work)
        commit_all(work, f"Add {source.name}", first=True)
        bare = Path(scratch) / "bare.git"
        run(["git", "clone", "--quiet", "--bare", str(work), str(bare)])
        run(["git", "-C", str(bare), "remote", "remove", "origin"])
        run(["git", "-C", str(bare), "config", "core.sharedRepository", "0644"])      # for what is pushed later
        open_to_services(bare, *bare.rglob("*"))
        shutil.move(bare, target)
    return target


def commit_all(work: Path, message: str, *, first: bool = False) -> None:
    """Commit everything in `work`; `first` makes the repository, with the branch main."""
    if first:
        run(["git", "init", "--quiet", "--initial-branch", "main", str(work)])
    run(["git", "-C", str(work), "add", "--all"])
    run(["git", "-C", str(work), *IDENTITY, "commit", "--quiet", "--message", message])


def open_to_services(*paths: Path) -> None:
    """Let every user read `paths`, whatever the umask: orchestrator and builder run as a user of their own."""
    for path in paths:
        path.chmod(path.stat().st_mode | (0o555 if path.is_dir() else 0o444))
