"""S60: our own images through our own scanner: Syft, then Grype with the installation's database."""

from __future__ import annotations

import io
import json
import subprocess
import tarfile
from datetime import date

import pytest

SERVICES = ("dashboard", "orchestrator", "dbproxy", "builder", "scanner", "deployer", "tester")
BAD = {"Critical", "High"}
# Findings set aside: vulnerability -> (why, until when). Past its date the test fails again.
WAIVED: dict[str, tuple[str, date]] = {}
WANTED = ("etc/os-release", "usr/lib/os-release", "var/lib/dpkg/status", "lib/apk/db/installed")
SCAN = """
import io, json, os, subprocess, sys, tarfile, tempfile
from scanner.database import Store
with tempfile.TemporaryDirectory() as folder:
    root = folder + "/root"
    tarfile.open(fileobj=sys.stdin.buffer, mode="r|").extractall(root, filter="tar")
    plain = {"PATH": os.environ["PATH"], "HOME": folder, "TMPDIR": folder, "SYFT_CHECK_FOR_APP_UPDATE": "false"}
    subprocess.run(["syft", "scan", "dir:" + root, "--quiet", "--select-catalogers",
                    "+dpkg-db-cataloger,+python-installed-package-cataloger,+go-module-binary-cataloger,"
                    "+javascript-package-cataloger,-file", "-o", "syft-json=" + folder + "/sbom.json"],
                   check=True, env=plain)
    sbom = json.load(open(folder + "/sbom.json"))
    with Store("/var/lib/continuum/database").for_scan() as database:
        done = subprocess.run(["grype", "sbom:" + folder + "/sbom.json", "--quiet", "-o", "json"], check=True,
                              env={**plain, **database.env}, capture_output=True)
    matches = [{"id": m["vulnerability"]["id"], "severity": m["vulnerability"]["severity"],
                "fixed": m["vulnerability"]["fix"]["versions"], "package": m["artifact"]["name"],
                "version": m["artifact"]["version"]} for m in json.loads(done.stdout)["matches"]]
    print(json.dumps({"packages": [(a["name"], a["version"], a["type"]) for a in sbom["artifacts"]],
                      "matches": matches}))
"""


def catalogue_of(container: dict) -> bytes:
    """A tar of what names the packages of the container's file system, and of its compiled programs."""
    out = io.BytesIO()
    with subprocess.Popen(["docker", "export", container["Id"]], stdout=subprocess.PIPE) as process, \
            tarfile.open(fileobj=process.stdout, mode="r|") as whole, tarfile.open(fileobj=out, mode="w") as kept:
        for member in whole:
            if member.isfile() and is_wanted(member.name):
                kept.addfile(member, whole.extractfile(member))
    return out.getvalue()


def is_wanted(path: str) -> bool:
    return path in WANTED or path.startswith(("usr/local/bin/", "var/lib/dpkg/status.d/")) \
        or ".dist-info/" in path and path.endswith(("/METADATA", "/RECORD")) or path.endswith("/package.json")


def scan(scanner: dict, tar: bytes) -> dict:
    done = subprocess.run(["docker", "exec", "--interactive", scanner["Id"], "python", "-c", SCAN], input=tar,
                          capture_output=True, timeout=300)
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize("service", SERVICES)
def test_our_image_has_no_overdue_finding(platform, service):
    """Holds: our pins and base image: nothing critical or high that a newer version mends, or a waiver with a date."""
    found = scan(platform["scanner"], catalogue_of(platform[service]))
    names = {name.lower() for name, _, kind in found["packages"] if kind == "python"}
    assert {"flask", "gunicorn", "pydantic"} <= names, "the catalogue holds our packages"
    assert any(kind == "deb" for *_, kind in found["packages"]), "and the base image's"
    overdue = [match for match in found["matches"] if match["severity"] in BAD and match["fixed"]
               and not is_waived(match["id"])]
    assert overdue == []


def test_the_scan_would_find_something(platform):
    """The control: the same way finds a package with a known critical vulnerability."""
    tar = io.BytesIO()
    with tarfile.open(fileobj=tar, mode="w") as made:
        for name, text in (("etc/os-release", "ID=debian\nVERSION_ID=13\nNAME=Debian\n"),
                           ("usr/lib/python3/dist-packages/PyYAML-5.3.dist-info/METADATA",
                            "Metadata-Version: 2.1\nName: PyYAML\nVersion: 5.3\n")):
            member = tarfile.TarInfo(name)
            member.size = len(text)
            made.addfile(member, io.BytesIO(text.encode()))
    found = scan(platform["scanner"], tar.getvalue())
    assert {(match["package"].lower(), match["severity"] in BAD) for match in found["matches"]} >= {("pyyaml", True)}


def is_waived(vulnerability: str) -> bool:
    why, until = WAIVED.get(vulnerability, ("", date.min))
    return bool(why) and date.today() <= until


def test_waivers_are_few_and_reasoned():
    """Holds: a waiver says why and ends within half a year."""
    assert all(len(why) > 20 and (until - date.today()).days < 183 for why, until in WAIVED.values())
