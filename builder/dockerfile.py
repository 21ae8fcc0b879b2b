"""Which Dockerfile is built with which context; nothing outside the repository, symbolic links resolved. What a
Dockerfile copies tells which context it was written for."""

from __future__ import annotations

import glob
import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from common.wire.contracts import BuildConfig
from common.wire.dockerfiles import is_dockerfile
from common.wire.errors import Failure

MAX_NAMED = 8
MAX_BYTES = 1024**2        # of a Dockerfile
MAX_READ = 256 * 1024      # characters of a Dockerfile that are looked at
MAX_SOUGHT = 100           # files that it copies and that are looked for
USUAL = ("Dockerfile", "Containerfile")
_COPY = re.compile(r"\s*(?:COPY|ADD)\s+((?:--\S+\s+)*)(.+)", re.IGNORECASE)
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

    @property
    def beside(self) -> str:
        """The Dockerfile's own folder, where it was written for that and not for the root as its context; else empty."""
        wrong = self.context == self.root and copies_from_own_folder(self.root, self.dockerfile)
        return str(self.dockerfile.parent.relative_to(self.root)) if wrong else ""


def find(root: Path, config: BuildConfig) -> Recipe:
    """The recipe that `config` names, else the usual one in the context or the root, else the only one there is."""
    root = Path(os.path.realpath(root))
    context = inside(root, config.context, "build.context")
    if not context.is_dir():
        raise Failure(f"build.context is `{config.context}`, which is no folder of the repository")
    recipe = Recipe(root, _dockerfile(root, context, config), context)
    if recipe.dockerfile.stat().st_size > MAX_BYTES:
        raise Failure(f"{recipe.name} is larger than {MAX_BYTES // 1024} KiB: keep what it writes in files of its own, and COPY "
                      "them")
    return recipe


def inside(root: Path, path: str, what: str) -> Path:
    """`path` below `root` with its symbolic links resolved; raises Failure where it leads out."""
    real = Path(os.path.realpath(root / path))
    if not real.is_relative_to(root) or real.is_relative_to(root / ".git"):
        raise Failure(f"{what} is `{path}`, which leads out of the repository")
    return real


def _dockerfile(root: Path, context: Path, config: BuildConfig) -> Path:
    if config.dockerfile is not None:
        path = inside(root, config.dockerfile, "build.dockerfile")
        if not os.path.isfile(path):
            raise Failure(f"build.dockerfile is `{config.dockerfile}`, which is no file of the repository{_others(root)}")
        return path
    for folder in (context, root):
        for name in USUAL:
            if os.path.isfile(folder / name):
                return inside(root, os.path.relpath(folder / name, root), name)
    found = _all(root)
    if not found:
        raise Failure("no Dockerfile in the repository; add one to its root, or name it with build.dockerfile "
                      "in .continuum.yml")
    if len(found) > 1:
        raise Failure(f"no Dockerfile in the root of the repository{_others(root)}; {_which(root, found)}")
    return inside(root, found[0], "Dockerfile")


def _which(root: Path, found: list[str]) -> str:
    """Both options, first the one that fits: a Dockerfile that copies from its own folder needs that as the context."""
    own = [folder for folder in (os.path.dirname(path) for path in found
                                 if os.path.basename(path) in USUAL and copies_from_own_folder(root, root / path)) if folder]
    if own:
        return f"set build.context in .continuum.yml to the folder of one, such as build.context: {own[0]}, or name one " \
               "with build.dockerfile if it copies files from the root"
    return f"say which with build.dockerfile in .continuum.yml, such as build.dockerfile: {found[0]}; the context stays " \
           "the root unless build.context names a FOLDER"


def copies_from_own_folder(root: Path, dockerfile: Path) -> bool:
    """Does it copy a file that lies beside it, and that the root does not have?"""
    real, folder = Path(os.path.realpath(dockerfile)), dockerfile.parent
    if not real.is_relative_to(root) or not real.is_file() or folder == root:
        return False
    with real.open(encoding="utf-8", errors="replace") as file:
        text = file.read(MAX_READ)
    names = islice(dict.fromkeys(_copied(text)), MAX_SOUGHT)
    return any(_there(folder, name) and not _there(root, name) for name in names)


def _copied(text: str) -> Iterator[str]:
    """The files of its own context that a Dockerfile copies, as it names them."""
    for line in text.replace("\\\n", " ").splitlines():
        match = _COPY.match(line)
        if match and "--from=" not in match[1]:
            yield from (word for word in _words(match[2])[:-1] if "://" not in word and "$" not in word and "<<" not in word)


def _words(text: str) -> list[str]:
    if text.lstrip().startswith("["):
        try:
            return [str(word) for word in json.loads(text)]
        except ValueError:
            return []               # BuildKit reports what is wrong with it
    return text.split()


def _there(folder: Path, name: str) -> bool:
    name = name.strip("/")
    if not name or name == "." or ".." in name.split("/"):
        return False
    if not glob.has_magic(name):
        return os.path.lexists(folder / name)
    # Of a pattern the first part alone: `*/*/*` would walk a tree that a stranger made, once for each word.
    return bool(glob.glob(name.partition("/")[0], root_dir=folder))


def _all(root: Path) -> list[str]:
    """Paths of files that are named like a Dockerfile, relative to `root`."""
    found = []
    for folder, folders, files in os.walk(root):
        folders[:] = [name for name in folders if name not in (".git", "node_modules")]
        found += [os.path.relpath(os.path.join(folder, name), root) for name in files if is_dockerfile(name)]
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
