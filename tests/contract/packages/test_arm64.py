"""Every pinned package exists for linux/arm64: the package indexes are asked, nothing is installed."""

import json
import subprocess
import sys

import pytest

from cli.instance import ROOT
from tests.lock_requirements import sources

# A manylinux wheel runs on every glibc from its number on: Debian 12 has 2.36.
GLIBC = [f"manylinux_2_{minor}_aarch64" for minor in range(36, 16, -1)] + ["manylinux2014_aarch64"]
SERVICES = sorted(path.parent.name for path in ROOT.glob("*/requirements.txt") if path.parent.name not in ("cli", "tests"))


def available(tmp_path, *wanted, python="3.13"):
    """What pip would take for linux/arm64, as [(name, version)]. Fails with pip's own sentence."""
    report = tmp_path / "report.json"
    argv = [sys.executable, "-m", "pip", "install", "--quiet", "--dry-run", "--only-binary", ":all:", "--no-deps",
            "--require-hashes", "--target", str(tmp_path / "target"), "--python-version", python, "--report", str(report),
            *(word for tag in GLIBC for word in ("--platform", tag)), *wanted]
    done = subprocess.run(argv, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    found = json.loads(report.read_text())["install"]
    return [(entry["metadata"]["name"], entry["metadata"]["version"]) for entry in found]


def test_every_wheel_of_the_services(tmp_path):
    wanted = [word for service in SERVICES for word in ("-r", str(ROOT / service / "requirements.txt"))]
    assert len(SERVICES) > 6 and available(tmp_path, *wanted)


@pytest.mark.parametrize("python", ["3.11", "3.13"])
def test_every_wheel_of_the_command_line(tmp_path, python):
    assert available(tmp_path, "-r", str(ROOT / "cli" / "requirements.txt"), python=python)


@pytest.mark.parametrize("source", [ROOT / source for source in sources() if source.parts[0] == "images"] +
                         [ROOT / "dashboard" / "npm" / "requirements.in"], ids=lambda path: path.parent.name)
def test_the_programs_of_the_stand_ins_that_come_as_wheels(tmp_path, source):
    assert available(tmp_path, "-r", str(source.with_suffix(".txt")))


def test_the_dashboards_packages_are_not_bound_to_a_processor():
    """npm's lock file names `cpu` and `os` for what is: each such package needs a counterpart for arm64."""
    packages = json.loads((ROOT / "dashboard" / "package-lock.json").read_text())["packages"]
    bound = {name: entry["cpu"] for name, entry in packages.items() if "cpu" in entry}
    linux = {name for name in bound if "linux" in packages[name].get("os", ["linux"])}
    for name in linux:
        family = name.replace("x64", "arm64")
        assert family in packages, f"{name} has no counterpart for linux/arm64"
