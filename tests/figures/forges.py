"""Which files of the product know a forge by its name."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cli.instance import ROOT

PRODUCT = ("builder", "cli", "common", "dashboard", "dbproxy", "deployer", "forges", "orchestrator", "scanner", "tester")
READ = {".py", ".html", ".js", ".css", ".sql", ".toml", ".in"}
FORGES = ("local", "github")
REGISTRY = {"forges/__init__.py", "forges/settings.py"}
# The folder of the forge `local` is read by builder too, and dbproxy keeps its people's passwords: both import the name.
PARTS = {"local": ("forges/local.py", "common/wire/localforge.py"), "github": ()}
# What is no forge: where sources and advisories are published, a source of images, the installation that tests begin.
ELSEWHERE = re.compile(r"github\.com/|GitHub Advisory Database", re.IGNORECASE)
OTHER_MEANING = {"local": {"cli/images/ensure.py", "cli/images/gobuild.py"},
                 "github": {"cli/testing.py"}}


def named_elsewhere() -> list[str]:
    """Files outside a forge's folder, its templates and the registry that name the forge, as "file forge"."""
    return [f"{path} {forge}" for forge in FORGES for path, text in _sources()
            if not _own(forge, path) and path not in REGISTRY | OTHER_MEANING[forge] and _names(forge, text)]


def _sources() -> Iterator[tuple[str, str]]:
    for folder in PRODUCT:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in READ and "node_modules" not in path.parts and path.is_file():
                yield path.relative_to(ROOT).as_posix(), path.read_text()


def _names(forge: str, text: str) -> bool:
    """A common word such as `local` names the forge in quotes alone."""
    if forge == "local":
        return re.search(r"""["']local["']|LocalForge""", text) is not None
    return re.search(forge, ELSEWHERE.sub("", text), re.IGNORECASE) is not None


def _own(forge: str, path: str) -> bool:
    return path.startswith((f"forges/{forge}/", f"dashboard/templates/forges/{forge}/", *PARTS[forge]))
