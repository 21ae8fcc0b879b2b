"""The local forge's name, where a repository of it lies in the forge's folder, and what it may be made of.

`<root>/<owner>/<name>.git` is bare, `<root>/<owner>/<name>` is bare or has a work tree. A repository must lie within its
owner's folder, with everything that git would read for it: a link, a `commondir` or an alternate that leads to another
owner's folder would hand out another owner's objects, so such a repository counts as absent.
"""

from __future__ import annotations

import os
from pathlib import Path

NAME = "local"              # of the forge, whose people's passwords dbproxy keeps
PARTS = ("", "HEAD", "refs", "objects", "objects/pack", "objects/info")
MAX_ALTERNATES = 5          # links from one object store to the next


def git_folder(root: Path, owner: str, name: str) -> Path | None:
    """The git directory of owner/name below `root` (symbolic links of it resolved); None where there is none."""
    for path in (f"{name}.git", name, f"{name}/.git"):
        folder = root / owner / path
        if _is_git(folder) and _stays(folder, root / owner):
            return folder
    return None


def repository_at(root: Path, path: str) -> tuple[str, str] | None:
    """(owner, name) of the repository that the absolute `path` names; None where it names none."""
    whole, base = os.path.normpath(path), os.path.normpath(root)
    parts = Path(whole).relative_to(base).parts if Path(whole).is_relative_to(base) else ()
    if len(parts) == 3 and parts[2] == ".git":
        parts = parts[:2]
    return (parts[0], parts[1].removesuffix(".git")) if len(parts) == 2 else None


def _is_git(folder: Path) -> bool:
    """A git directory is a folder that has HEAD, objects and refs."""
    return (folder / "HEAD").is_file() and (folder / "objects").is_dir() and (folder / "refs").is_dir()


def _stays(folder: Path, home: Path) -> bool:
    return not os.path.lexists(folder / "commondir") and _inside(folder, home, PARTS) and \
        _alternates_stay(folder / "objects", home, MAX_ALTERNATES)


def _inside(folder: Path, home: Path, parts: tuple[str, ...]) -> bool:
    return all((folder / part).resolve().is_relative_to(home) for part in parts)


def _alternates_stay(objects: Path, home: Path, left: int) -> bool:
    try:
        lines = (objects / "info" / "alternates").read_text(errors="replace").splitlines()
    except FileNotFoundError:
        return True
    for line in filter(None, (line for line in lines if not line.startswith("#"))):
        other = objects / line
        if not left or line.startswith('"') or not _inside(other, home, ("", "pack", "info")) \
                or not _alternates_stay(other, home, left - 1):
            return False
    return True
