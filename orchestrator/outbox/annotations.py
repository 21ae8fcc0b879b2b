"""Where in the repository a finding can be mended: the line of a manifest that names its package, else the line of the
Dockerfile that names the base image. A scan knows paths of the image alone, which are no files of the repository.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from posixpath import join, normpath
from typing import Any

from common.api.results import Finding

Place = tuple[str, int]      # path in the repository, line from 1

MANIFESTS = {"npm": ("package.json",), "python": ("requirements.txt", "pyproject.toml"), "gem": ("Gemfile",),
             "go-module": ("go.mod",), "java-archive": ("pom.xml", "build.gradle"), "rust-crate": ("Cargo.toml",),
             "php-composer": ("composer.json",)}      # by the scanner's kinds of packages
_FROM = re.compile(r"\s*FROM\s", re.IGNORECASE)


class Whereabouts:
    """Of one commit. `read(path)`: that file's text, or None; each is asked for once."""

    def __init__(self, read: Callable[[str], str | None], config: dict[str, Any] | None):
        build = (config or {}).get("build") or {}
        context = build.get("context") or "."
        self._read = cache(lambda path: (read(path) or "").splitlines())
        self._beside = lambda name: normpath(join(context, name))
        self._dockerfile = normpath(build["dockerfile"]) if build.get("dockerfile") else self._beside("Dockerfile")

    def of(self, finding: Finding) -> Place | None:
        """None: nothing in the repository speaks of it."""
        path = finding.path
        if inside(path):
            return path, 1
        for name in MANIFESTS.get(finding.type, ()):
            line = self._naming(self._beside(name), finding.package)
            if line:
                return self._beside(name), line
        return self._base()

    def _naming(self, path: str, package: str) -> int | None:
        """Python's names are the same with dashes, dots and underscores."""
        name = re.sub(r"(?:\\-|_|\\\.)", "[-_.]", re.escape(package))
        named = re.compile(rf"(?<![\w.-]){name}(?![\w-])", re.IGNORECASE)
        return next((number for number, line in enumerate(self._read(path), 1) if named.search(line)), None)

    def _base(self) -> Place | None:
        """Of the last stage, which is what runs."""
        lines = [number for number, line in enumerate(self._read(self._dockerfile), 1) if _FROM.match(line)]
        return (self._dockerfile, lines[-1]) if lines else None


def inside(path: str | None) -> bool:
    """Is it a path of the repository, as far as one can tell?"""
    return bool(path) and not path.startswith("/") and ".." not in path.split("/")
