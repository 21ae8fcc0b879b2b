"""Every list of Python packages: written from its requirements.in, complete, and with hashes. tests.lock_requirements writes them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.lock_requirements import ROOT, argv, is_alone, sources

HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}")
EVERYWHERE = [source for source in sources() if not is_alone(source)]
NEXT = "run `python -m tests.lock_requirements`"


@dataclass(frozen=True)
class Locked:
    """One entry of a requirements.txt."""

    requirement: Requirement
    hashes: int

    @property
    def name(self) -> str:
        return canonicalize_name(self.requirement.name)

    @property
    def applies(self) -> bool:
        return self.requirement.marker is None or self.requirement.marker.evaluate()


def locked(source: Path) -> dict[str, Locked]:
    """Return the entries of the written list by name."""
    text = (ROOT / source.with_suffix(".txt")).read_text().replace("\\\n", " ")
    found = [Locked(Requirement(HASH.sub("", line).strip()), len(HASH.findall(line)))
             for line in text.splitlines() if line and not line.startswith("#")]
    return {entry.name: entry for entry in found}


def direct(source: Path) -> Iterator[Requirement]:
    """Yield what people wrote in the list and in those that it includes."""
    for line in (ROOT / source).read_text().splitlines():
        line = line.partition("#")[0].strip()
        if line.startswith("-r "):
            yield from direct((ROOT / source.parent / line[3:]).resolve().relative_to(ROOT))
        elif line:
            yield Requirement(line)


def needed(wanted: list[Requirement]) -> set[str]:
    """Return the names of `wanted` and of all that these need here, by the metadata of the installed packages."""
    seen: set[tuple[str, str]] = set()
    left = [(requirement, "") for requirement in wanted]
    while left:
        requirement, extra = left.pop()
        if requirement.marker and not requirement.marker.evaluate({"extra": extra}):
            continue
        for asked in ("", *requirement.extras):
            key = (canonicalize_name(requirement.name), asked)
            if key not in seen:
                seen.add(key)
                left += [(Requirement(text), asked) for text in requires(requirement.name) or []]
    return {name for name, _ in seen}


@pytest.mark.parametrize("source", sources(), ids=str)
def test_each_package_has_one_version_and_its_hashes(source):
    assert {name for name, entry in locked(source).items() if not entry.hashes} == set(), NEXT
    assert {name for name, entry in locked(source).items()
            if [part.operator for part in entry.requirement.specifier] != ["=="]} == set(), NEXT


@pytest.mark.parametrize("source", sources(), ids=str)
def test_the_written_list_follows_what_people_wrote(source):
    entries = locked(source)
    for requirement in direct(source):
        assert [part.operator for part in requirement.specifier] == ["=="], f"{source}: pin {requirement}"
        entry = entries.get(canonicalize_name(requirement.name))
        assert entry and entry.requirement.specifier == requirement.specifier, f"{source}: {requirement}: {NEXT}"


@pytest.mark.parametrize("source", [source for source in sources() if source.parts[0] != "images"], ids=str)
def test_the_list_is_complete_and_holds_nothing_else(source):
    """What an entry needs on other platforms has a marker, and is not installed here."""
    assert {name for name, entry in locked(source).items() if entry.applies} == needed(list(direct(source))), NEXT


def test_a_stand_in_takes_one_package():
    for source in sources():
        if source.parts[0] == "images":
            assert set(locked(source)) == {canonicalize_name(requirement.name) for requirement in direct(source)}


def test_a_package_has_one_version_everywhere():
    everything = locked(sources()[0])
    for source in EVERYWHERE:
        for name, entry in locked(source).items():
            assert entry.requirement.specifier == everything[name].requirement.specifier, f"{source}: {name}: {NEXT}"


def test_the_tests_list_constrains_the_others():
    first, *others = sources()
    assert "--constraint" not in argv(first) and "tests/requirements.txt" in argv(Path("scanner/requirements.in"))
    assert "--constraint" not in argv(Path("images/caddy/requirements.in"))
    assert {source.parts[0] for source in others} >= {"cli", "common", "dashboard", "scanner", "images"}
    assert all("--generate-hashes" in argv(source) for source in sources())


def test_nothing_is_installed_without_hashes():
    """Each `pip install` of a recipe, of the command line and of the tests reads a list with hashes."""
    calls = {}
    for path in [*ROOT.glob("*/Dockerfile"), *ROOT.glob("images/*/Dockerfile"), *ROOT.glob("cli/**/*.py")]:
        text = path.read_text().replace("\\\n", " ")
        for found in re.finditer(r'pip install|"pip", "install"', text):
            calls[path, found.start()] = text[found.start():found.start() + 200]
    assert len(calls) >= 7 + 2 + 3 + 2      # services, common and npm, stand-ins, command line
    assert [path for (path, _), call in calls.items() if "--require-hashes" not in call] == []


@pytest.mark.parametrize("path", ["dashboard/package-lock.json", "tests/harness/emulate/package-lock.json",
                                  "tests/harness/eslint/package-lock.json"])
def test_every_npm_package_has_its_hash(path):
    packages = json.loads((ROOT / path).read_text())["packages"]
    assert [name for name, entry in packages.items() if name and not entry.get("integrity", "").startswith("sha512-")] == []
