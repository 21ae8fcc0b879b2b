"""When an engine is found, and what is said where none may be made."""

import stat

import pytest

from cli.engine import ensure_engine, refuse_what_is_not_ours
from cli.errors import PlatformError
from cli.osrelease import OsRelease
from cli.progress import Progress

DEBIAN = OsRelease("debian", "bookworm", "Debian GNU/Linux 12 (bookworm)")
FEDORA = OsRelease("fedora", "", "Fedora Linux 42")


@pytest.fixture
def programs(tmp_path, monkeypatch):
    """Puts programs of ours before the real ones: programs(docker="shell script")."""
    def put(**scripts):
        for name, script in scripts.items():
            path = tmp_path / name
            path.write_text(f"#!/bin/sh\n{script}\n")
            path.chmod(path.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.delenv("DOCKER_HOST", raising=False)
    return put


def test_a_reachable_engine_with_compose_is_taken_as_it_is(programs, capsys):
    programs(docker='case "$1" in version) echo 27.1.0;; compose) echo v2.29.1;; buildx) echo 0.16;; esac',
             **{"apt-get": "exit 99", "dockerd": "exit 99"})
    engine = ensure_engine(Progress())
    assert (engine.version, engine.compose, engine.started) == ("27.1.0", "2.29.1", False)


def test_an_unreachable_docker_host_is_named(monkeypatch):
    monkeypatch.setenv("DOCKER_HOST", "tcp://elsewhere:2375")
    with pytest.raises(PlatformError) as raised:
        refuse_what_is_not_ours(None, DEBIAN, user=0)
    assert "tcp://elsewhere:2375" in raised.value.cause and "unset DOCKER_HOST" in raised.value.next_step


def test_other_systems_are_told_what_to_install(programs):
    with pytest.raises(PlatformError) as raised:
        refuse_what_is_not_ours(None, FEDORA, user=0)
    assert "Fedora Linux 42" in raised.value.cause and "install Docker Engine" in raised.value.next_step


@pytest.mark.parametrize("version, cause", [("26.1.5", "Compose v2 or buildx is missing"), (None, "Docker Engine")])
def test_who_is_not_root_is_told_so(programs, version, cause):
    with pytest.raises(PlatformError) as raised:
        refuse_what_is_not_ours(version, DEBIAN, user=1000)
    assert cause in raised.value.cause and raised.value.next_step
    assert raised.value.exit_code == 3


def test_root_on_debian_may_install(programs):
    refuse_what_is_not_ours(None, DEBIAN, user=0)


def test_os_release_is_read(tmp_path):
    path = tmp_path / "os-release"
    path.write_text('PRETTY_NAME="Ubuntu 24.04.1 LTS"\nID=ubuntu\nVERSION_CODENAME=noble\n')
    assert OsRelease.read(path) == OsRelease("ubuntu", "noble", "Ubuntu 24.04.1 LTS")
    assert OsRelease.read(tmp_path / "none").id == "unknown"
