"""SBOMs of our own images: which files Syft gets, and what happens when the scanner can't make one."""

import io
import tarfile

import pytest

from cli import sbom
from cli.errors import CommandFailed
from cli.instance import ROOT


@pytest.fixture
def docker(tmp_path, monkeypatch):
    """A `docker` that is the given shell script."""
    def make(script):
        path = tmp_path / "docker"
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    return make


@pytest.mark.parametrize("path, wanted", [
    ("var/lib/dpkg/status", True), ("usr/local/lib/python3.13/site-packages/flask-3.1.3.dist-info/METADATA", True),
    ("usr/local/bin/grype", True), ("app/dashboard/node_modules/idiomorph/package.json", True), ("etc/os-release", True),
    ("app/common/requirements.txt", False), ("etc/shadow", False), ("usr/local/lib/python3.13/site-packages/flask/app.py", False)])
def test_only_what_names_packages_is_read(path, wanted):
    assert sbom.names_packages(path) == wanted


def test_every_lock_file_of_ours_is_taken_and_none_of_the_examples():
    found = {path.relative_to(ROOT).as_posix() for path in sbom.locks(ROOT)}
    assert found >= {"cli/requirements.txt", "dashboard/npm/requirements.txt", "images/caddy/requirements.txt",
                     "dashboard/package-lock.json", "tests/harness/emulate/package-lock.json"}
    assert not any(path.startswith("examples/") for path in found)


def test_an_image_is_filtered_on_its_way_to_the_scanner(docker, tmp_path):
    with tarfile.open(tmp_path / "image.tar", "w") as image:
        for name in ("etc/os-release", "etc/shadow"):
            member = tarfile.TarInfo(name)
            member.size = 2
            image.addfile(member, io.BytesIO(b"x\n"))
    docker(f'[ "$1" = export ] && exec cat {tmp_path}/image.tar; cat > {tmp_path}/sent.tar; echo "$@"')
    assert sbom.of_image("scanner1", "app1", "continuum/app") == b"exec --interactive scanner1 python -m scanner.tree continuum/app\n"
    with tarfile.open(tmp_path / "sent.tar") as sent:
        assert sent.getnames() == ["etc/os-release"]


@pytest.mark.parametrize("script, words", [
    ("echo no module named scanner.tree >&2; exit 1", "no module named scanner.tree"),
    ('[ "$1" = export ] && { echo no such container >&2; exit 1; }; cat > /dev/null; echo {}', "no such container")])
def test_what_fails_says_why(docker, script, words):
    docker(script)
    with pytest.raises(CommandFailed, match=words):
        sbom.of_image("scanner1", "app1", "continuum/app")
