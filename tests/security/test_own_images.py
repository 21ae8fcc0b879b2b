"""S60: our own images and lock files as SBOMs, and through Grype with the installation's database."""

from __future__ import annotations

import io
import json
import subprocess
import tarfile
from datetime import date
from functools import partial
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from cli import sbom
from cli.compose import OURS
from cli.instance import ROOT

BAD = {"Critical", "High"}
# Findings set aside: vulnerability -> (why, until when). Past its date the test fails again.
WAIVED: dict[str, tuple[str, date]] = {}
MATCH = """
import os, subprocess, sys, tempfile
from scanner.database import Store
with tempfile.TemporaryDirectory(dir="/var/lib/continuum") as folder, Store("/var/lib/continuum/database").for_scan() as database:
    path = folder + "/sbom.json"
    open(path, "wb").write(sys.stdin.buffer.read())
    sys.exit(subprocess.run(["grype", "sbom:" + path, "--quiet", "-o", "json"],
                            env={"PATH": os.environ["PATH"], "HOME": folder, "TMPDIR": folder, **database.env}).returncode)
"""


@pytest.fixture(scope="module")
def document(platform):
    """Name -> the CycloneDX document, each made once."""
    made: dict[str, dict] = {}

    def of(name: str) -> dict:
        if name not in made:
            scanner = platform["scanner"]["Id"]
            made[name] = json.loads(sbom.of_locks(scanner, ROOT) if name == "lock-files"
                                    else sbom.of_image(scanner, platform[name]["Id"], name))
        return made[name]
    return of


def packages(document: dict, kind: str) -> dict[str, str]:
    """Return name -> version of the packages whose address is `pkg:KIND/…`."""
    return {canonicalize_name(part["name"]) if kind == "pypi" else part["name"]: part["version"]
            for part in document.get("components", []) if part.get("purl", "").startswith(f"pkg:{kind}/")}


def pinned(path: Path) -> dict[str, str]:
    """Return name -> version of a requirements.txt, without what only other platforms need."""
    found = [Requirement(line.removesuffix("\\").strip()) for line in path.read_text().splitlines() if "==" in line]
    return {canonicalize_name(entry.name): next(iter(entry.specifier)).version for entry in found
            if entry.marker is None or entry.marker.evaluate({"python_version": "3.13", "python_full_version": "3.13.0"})}


def overdue(platform, document: dict) -> list[str]:
    """Return what Grype finds critical or high, where a newer version mends it and nobody waived it."""
    done = subprocess.run(["docker", "exec", "--interactive", platform["scanner"]["Id"], "python", "-c", MATCH],
                          input=json.dumps(document).encode(), capture_output=True, timeout=300)
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    return [f"{match['vulnerability']['id']} in {match['artifact']['name']} {match['artifact']['version']}"
            for match in json.loads(done.stdout)["matches"] if match["vulnerability"]["severity"] in BAD
            and match["vulnerability"]["fix"]["versions"] and not is_waived(match["vulnerability"]["id"])]


@pytest.mark.parametrize("service", OURS)
def test_the_sbom_of_our_image_names_exactly_the_pinned_packages(document, service):
    """Holds: `./continuum sbom` writes what is installed, and nothing is installed that no list with hashes names."""
    found = packages(document(service), "pypi")
    assert found and {name: found.get(name) for name in pinned(ROOT / service / "requirements.txt")} \
        == pinned(ROOT / service / "requirements.txt")
    assert set(found) - set(pinned(ROOT / service / "requirements.txt")) <= {"pip"}      # the base image's own
    assert len(packages(document(service), "deb")) > 50, "the base image's packages"
    assert document(service)["metadata"]["component"]["name"] == service


def test_compiled_programs_are_in_the_sbom(document):
    assert {"github.com/anchore/grype", "github.com/anchore/syft"} <= set(packages(document("scanner"), "golang"))
    assert "idiomorph" in packages(document("dashboard"), "npm")


def test_the_sbom_of_the_lock_files_names_every_pin(document):
    found = packages(document("lock-files"), "pypi")
    for path in sbom.locks(ROOT):
        if path.suffix == ".txt":
            assert set(pinned(path)) <= set(found), path
    assert "idiomorph" in packages(document("lock-files"), "npm")


@pytest.mark.parametrize("name", [*OURS, "lock-files"])
def test_nothing_of_ours_has_an_overdue_finding(platform, document, name):
    """Holds: our pins and base image: nothing critical or high that a newer version mends, or a waiver with a date."""
    assert overdue(platform, document(name)) == []


@pytest.mark.parametrize("path", ["usr/lib/python3/dist-packages/PyYAML-5.3.dist-info/METADATA", "tests/requirements.txt"])
def test_the_audit_would_find_something(platform, path):
    """The control: the same way finds a package with a known critical vulnerability, installed or in a lock file."""
    text = "Metadata-Version: 2.1\nName: PyYAML\nVersion: 5.3\n" if path.endswith("METADATA") else \
        "pyyaml==5.3 \\\n    --hash=sha256:" + "0" * 64 + "\n"
    made = json.loads(sbom.catalogue(platform["scanner"]["Id"], "control", partial(add, path, text)))
    assert any("pyyaml" in finding.lower() for finding in overdue(platform, made))


def add(path: str, text: str, tree: tarfile.TarFile) -> None:
    member = tarfile.TarInfo(path)
    member.size = len(text)
    tree.addfile(member, io.BytesIO(text.encode()))


def is_waived(vulnerability: str) -> bool:
    why, until = WAIVED.get(vulnerability, ("", date.min))
    return bool(why) and date.today() <= until


def test_waivers_are_few_and_reasoned():
    """Holds: a waiver says why and ends within half a year."""
    assert all(len(why) > 20 and (until - date.today()).days < 183 for why, until in WAIVED.values())
