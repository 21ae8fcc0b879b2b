"""Which Dockerfile is built with which context; nothing outside the repository, symbolic links resolved."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from common.contracts import BuildConfig
from common.errors import Failure

MAX_NAMED = 8
_NAME = re.compile(r"(?:.*[._-])?dockerfile(?:[._-].*)?", re.IGNORECASE)
_ARG = re.compile(r"\s*ARG\s+(.+)", re.IGNORECASE)
# BuildKit sets these itself, or takes them without a declaration.
_GIVEN = re.compile(r"(?:TARGET|BUILD)(?:PLATFORM|OS|ARCH|VARIANT|STAGE)|(?:https?|ftp|no|all)_proxy|SOURCE_DATE_EPOCH|"
                    r"BUILDKIT_.*", re.IGNORECASE)


@dataclass(frozen=True)
class Recipe:
    root: Path              # of the work tree
    dockerfile: Path        # real paths below it
    context: Path

    @property
    def name(self) -> str:
        return str(self.dockerfile.relative_to(self.root))

    @property
    def context_name(self) -> str:
        return str(self.context.relative_to(self.root))


def find(root: Path, config: BuildConfig) -> Recipe:
    """The recipe that `config` names, else `Dockerfile` in the context or the root, else the only one there is."""
    root = Path(os.path.realpath(root))
    context = inside(root, config.context, "build.context")
    if not context.is_dir():
        raise Failure(f"build.context is `{config.context}`, which is no folder of the repository")
    return Recipe(root, _dockerfile(root, context, config), context)


def inside(root: Path, path: str, what: str) -> Path:
    """`path` below `root` with its symbolic links resolved; raises Failure where it leads out."""
    real = Path(os.path.realpath(root / path))
    if not real.is_relative_to(root) or real.is_relative_to(root / ".git"):
        raise Failure(f"{what} is `{path}`, which leads out of the repository")
    return real


def _dockerfile(root: Path, context: Path, config: BuildConfig) -> Path:
    if config.dockerfile is not None:
        path = inside(root, config.dockerfile, "build.dockerfile")
        if not path.is_file():
            raise Failure(f"build.dockerfile is `{config.dockerfile}`, which is no file of the repository{_others(root)}")
        return path
    for folder in (context, root):
        if (folder / "Dockerfile").is_file():
            return inside(root, os.path.relpath(folder / "Dockerfile", root), "Dockerfile")
    found = _all(root)
    if not found:
        raise Failure("no Dockerfile in the repository; add one to its root, or name it with build.dockerfile "
                      "in .continuum.yml")
    if len(found) > 1:
        raise Failure(f"no Dockerfile in the root of the repository{_others(root)}; say which with build.dockerfile "
                      "in .continuum.yml")
    return inside(root, found[0], "Dockerfile")


def _all(root: Path) -> list[str]:
    """Paths of files that are named like a Dockerfile, relative to `root`."""
    found = []
    for folder, folders, files in os.walk(root):
        folders[:] = [name for name in folders if name not in (".git", "node_modules")]
        found += [os.path.relpath(os.path.join(folder, name), root) for name in files
                  if _NAME.fullmatch(name) and not name.endswith((".dockerignore", ".md", ".j2", ".tmpl", ".template"))]
    return sorted(found)


def _others(root: Path) -> str:
    found = _all(root)
    more = f" and {len(found) - MAX_NAMED} more" if len(found) > MAX_NAMED else ""
    return f"; there are {', '.join(found[:MAX_NAMED])}{more}" if found else ""


def unset_arguments(text: str, given: set[str]) -> list[str]:
    """Build arguments that `text` declares without a default and that `given` does not set."""
    declared: dict[str, bool] = {}          # name -> has a default somewhere
    for line in text.replace("\\\n", " ").splitlines():
        match = _ARG.match(line)
        for word in match[1].split() if match else ():
            name, has_default, _ = word.partition("=")
            declared[name] = declared.get(name, False) or bool(has_default)
    return [name for name, default in declared.items()
            if not default and name not in given and not _GIVEN.fullmatch(name)]
