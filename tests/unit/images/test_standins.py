"""The commands that make stand-ins, as data."""

import re
import tarfile
from pathlib import Path

import pytest

from cli.errors import PlatformError
from cli.host.osrelease import OsRelease
from cli.images.debian import mmdebstrap_argv, pack, refuse_unless_makeable
from cli.images.gobuild import version_of
from cli.images.manifest import IMAGES, Manifest
from cli.images.standins import build_argv
from cli.instance import ROOT


def test_a_build_gets_what_it_stands_on_and_the_ca_as_a_secret(docker):
    manifest = Manifest.load()
    argv = build_argv(manifest, manifest.recipes["caddy"], Path("/ca.pem"))
    assert argv[:2] == ["docker", "build"] and argv[-1].endswith("images/caddy")
    assert f"DEBIAN={manifest.reference('debian')}" in argv and f"PYTHON={manifest.reference('python')}" in argv
    assert "NODE_VERSION=20.18.0" in build_argv(manifest, manifest.recipes["node"], None)
    assert "id=ca,src=/ca.pem" in argv


def test_without_a_ca_no_secret_is_given(docker):
    manifest = Manifest.load()
    assert "--secret" not in build_argv(manifest, manifest.recipes["caddy"], None)


def test_mmdebstrap_lays_our_files_over_the_tree():
    argv = mmdebstrap_argv("trixie", ("ca-certificates",), Path("/a b/files.tar"), Path("/out.tar"), ["deb http://m x main"])
    assert argv[-3:] == ["trixie", "/out.tar", "deb http://m x main"]
    assert "--include=ca-certificates" in argv and "--customize-hook=tar-in '/a b/files.tar' /" in argv


def test_what_is_laid_over_the_tree_is_readable_whatever_the_umask_of_the_clone(tmp_path):
    (tmp_path / "files" / "usr").mkdir(parents=True, mode=0o700)
    for name, mode in (("data", 0o600), ("program", 0o700)):
        (tmp_path / "files" / "usr" / name).write_text("x")
        (tmp_path / "files" / "usr" / name).chmod(mode)
    pack(tmp_path / "files", tmp_path / "out.tar")
    with tarfile.open(tmp_path / "out.tar") as tar:
        assert {member.name: (member.mode, member.uid) for member in tar} == {
            "usr/data": (0o644, 0), "usr/program": (0o755, 0)}


@pytest.mark.parametrize("dockerfile", sorted([*IMAGES.glob("*/Dockerfile"), *ROOT.glob("*/Dockerfile")]),
                         ids=lambda path: path.parent.name)
def test_what_a_dockerfile_copies_from_the_clone_has_a_mode_of_its_own(dockerfile):
    """With umask 077 a clone's files have mode 600. What only root's RUN steps read, in /tmp, or what is given to
    another owner, may keep that."""
    for line in re.findall(r"^COPY (?!--from)(.*)$", dockerfile.read_text(), re.MULTILINE):
        assert "--chmod=" in line or line.endswith((" /tmp/", "conf/ /etc/rabbitmq/")), line


def test_go_versions_compare_as_numbers():
    assert version_of("go version go1.26.10 linux/amd64") > version_of("go version go1.26.3 linux/amd64")
    assert version_of(None) == ()


@pytest.mark.parametrize("system, user, cause", [("debian", 1000, "needs root"), ("arch", 0, "Arch Linux")])
def test_where_nothing_can_be_made_that_is_said_first(tmp_path, monkeypatch, system, user, cause):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(PlatformError, match=cause):
        refuse_unless_makeable(OsRelease(system, "", "Arch Linux"), user)
