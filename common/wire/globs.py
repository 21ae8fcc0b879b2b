"""The globs of `on` in `.continuum.yml`: which paths, branches and tags they match, and which can never match.

Paths: as in .gitignore (`*.py` at any depth, `/setup.py` at the top, `src/` and everything below it, `docs/**/*.md`,
the last one that matches decides, and `!` takes back). Names of branches and tags: `*` and `**` cross slashes, `**/` may
be nothing, and `!` takes back as well.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from fnmatch import fnmatchcase

from pathspec import PathSpec

from .refnames import why_not

_ANY = re.compile(r"\[[^\]]*\]|[*?]")          # of a glob of names: what stands for something else


def any_path(globs: list[str], paths: Iterable[str]) -> bool:
    """Does any of `paths` match? A folder stands for all below it."""
    spec = PathSpec.from_lines("gitignore", globs)
    return any(map(spec.match_file, paths))


def name_matches(globs: list[str], name: str) -> bool:
    taken = False
    for glob in globs:
        if _matches(glob.removeprefix("!"), name):
            taken = not glob.startswith("!")
    return taken


def never_a_path(glob: str) -> str | None:
    """Why no path can match `glob`, with the next step; None: one can."""
    plain = glob.removeprefix("!")
    parts = plain.strip("/").split("/")
    if not plain.strip("/") or plain != plain.strip():
        return "it is empty" if not plain.strip("/ ") else "it begins or ends with a space"
    if glob.startswith("#"):
        return "a line that begins with # is a comment; write \\# for a file that is called so"
    if "\\" in re.sub(r"\\[*?\[\]!#\\ ]", "", plain):
        return "folders are separated by /"
    if "." in parts or ".." in parts or "" in parts:
        return "paths count from the root of the repository, without ./ or ../ or //"
    if ".git" in parts:
        return "nothing in .git is part of a commit"
    return _unclosed(plain)


def never_a_name(glob: str) -> str | None:
    """The same for branches and tags."""
    plain = glob.removeprefix("!")
    if plain.startswith("refs/"):
        return f"write it without refs/: {plain.split('/', 2)[-1] or 'main'}"
    if why := _unclosed(plain):
        return why
    why = why_not(_ANY.sub("x", plain.replace("**/", "")))
    return f"no branch or tag is called so: it has {why}" if why else None


def only_takes_back(globs: list[str]) -> bool:
    return bool(globs) and all(glob.startswith("!") for glob in globs)


def _matches(glob: str, name: str) -> bool:
    return fnmatchcase(name, glob) or ("**/" in glob and fnmatchcase(name, glob.replace("**/", "")))


def _unclosed(glob: str) -> str | None:
    return "a [ has no ] after it" if "[" in re.sub(r"\\.|\[[^\]]+\]", "", glob) else None
