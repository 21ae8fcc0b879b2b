"""Every pinned package exists for linux/arm64: the package indexes are asked, nothing is installed."""

import json
import re
import subprocess
import sys

import pytest

from cli.instance import ROOT
from tests.lock_requirements import sources

# A manylinux wheel runs on every glibc from its number on: Debian 12 has 2.36.
HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")
GLIBC = [f"manylinux_2_{minor}_aarch64" for minor in range(36, 16, -1)] + ["manylinux2014_aarch64"]
SERVICES = sorted(path.parent.name for path in ROOT.glob("*/requirements.txt") if path.parent.name not in ("cli", "tests"))


def available(tmp_path, *lists, python="3.13"):
    """Return whether each package of the lists has a wheel for linux/arm64 whose hash the lists hold.

    pip would download whole files to check hashes itself, so it gets the pins alone and reports the index's hashes.
    """
    text = "".join(path.read_text() for path in lists).replace("\\\n", " ")
    pins, report = tmp_path / "pins.txt", tmp_path / "report.json"
    pins.write_text("\n".join(sorted({HASH.sub("", line).strip() for line in text.splitlines()})))
    argv = [sys.executable, "-m", "pip", "install", "--quiet", "--dry-run", "--only-binary", ":all:", "--no-deps",
            "--target", str(tmp_path / "target"), "--python-version", python, "--report", str(report),
            *(word for tag in GLIBC for word in ("--platform", tag)), "-r", str(pins)]
    done = subprocess.run(argv, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    found = {entry["metadata"]["name"]: entry["download_info"]["archive_info"]["hashes"]["sha256"]
             for entry in json.loads(report.read_text())["install"]}
    assert {name for name, digest in found.items() if digest not in HASH.findall(text)} == set()
    return bool(found)


def test_every_wheel_of_the_services(tmp_path):
    assert len(SERVICES) > 6 and available(tmp_path, *(ROOT / service / "requirements.txt" for service in SERVICES))


@pytest.mark.parametrize("python", ["3.11", "3.13"])
def test_every_wheel_of_the_command_line(tmp_path, python):
    assert available(tmp_path, ROOT / "cli" / "requirements.txt", python=python)


@pytest.mark.parametrize("source", [source for source in sources() if len(source.parts) > 2], ids=str)
def test_the_programs_of_the_stand_ins_that_come_as_wheels(tmp_path, source):
    assert available(tmp_path, ROOT / source.with_suffix(".txt"))


def test_the_dashboards_packages_are_not_bound_to_a_processor():
    """npm's lock file names `cpu` and `os` for what is: each such package needs a counterpart for arm64."""
    packages = json.loads((ROOT / "dashboard" / "package-lock.json").read_text())["packages"]
    bound = {name: entry["cpu"] for name, entry in packages.items() if "cpu" in entry}
    linux = {name for name in bound if "linux" in packages[name].get("os", ["linux"])}
    for name in linux:
        family = name.replace("x64", "arm64")
        assert family in packages, f"{name} has no counterpart for linux/arm64"
