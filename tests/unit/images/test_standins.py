"""The commands that make stand-ins, as data."""

from pathlib import Path

import pytest

from cli.images.debian import mmdebstrap_argv, refuse_unless_makeable
from cli.errors import PlatformError
from cli.images.gobuild import version_of
from cli.images.manifest import Manifest
from cli.host.osrelease import OsRelease
from cli.images.standins import build_argv


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
    argv = mmdebstrap_argv("trixie", ("ca-certificates",), Path("/files"), Path("/out.tar"), ["deb http://m x main"])
    assert argv[-3:] == ["trixie", "/out.tar", "deb http://m x main"]
    assert "--include=ca-certificates" in argv and "--customize-hook=sync-in /files /" in argv


def test_go_versions_compare_as_numbers():
    assert version_of("go version go1.26.10 linux/amd64") > version_of("go version go1.26.3 linux/amd64")
    assert version_of(None) == ()


@pytest.mark.parametrize("system, user, cause", [("debian", 1000, "needs root"), ("arch", 0, "Arch Linux")])
def test_where_nothing_can_be_made_that_is_said_first(tmp_path, monkeypatch, system, user, cause):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(PlatformError, match=cause):
        refuse_unless_makeable(OsRelease(system, "", "Arch Linux"), user)
