"""How dockerd is started, and which one is ours to stop."""

import os
import subprocess
from shutil import copy, which

import pytest

from cli.errors import PlatformError
from cli.host import daemon
from cli.host.daemon import daemon_argv, default_mtu, recorded_pid, stop_recorded_daemon
from cli.progress import Progress, Task

ROUTES = """Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT
eth1\t000210AC\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0
eth0\t00000000\t010210AC\t0003\t0\t0\t0\t00000000\t0\t0\t0
"""


def test_a_small_mtu_is_told_to_dockerd_and_an_ordinary_one_is_not():
    assert daemon_argv(1400)[-2:] == ["--mtu", "1400"]
    assert "--mtu" not in daemon_argv(1500)


def test_the_mtu_is_the_default_routes(tmp_path):
    (tmp_path / "route").write_text(ROUTES)
    for device, mtu in (("eth0", "1400"), ("eth1", "9000")):
        (tmp_path / device).mkdir()
        (tmp_path / device / "mtu").write_text(f"{mtu}\n")
    assert default_mtu(tmp_path / "route", tmp_path) == 1400


def test_no_default_route_means_the_ordinary_mtu(tmp_path):
    (tmp_path / "route").write_text(ROUTES.splitlines()[0])
    assert default_mtu(tmp_path / "route", tmp_path) == 1500


def test_a_pid_that_is_another_program_now_is_not_ours(tmp_path):
    (tmp_path / "dockerd.pid").write_text(str(os.getpid()))
    assert recorded_pid(tmp_path) is None


def test_nothing_is_stopped_where_nothing_was_started(tmp_path, monkeypatch):
    monkeypatch.setattr("cli.host.daemon.STATE", tmp_path)
    assert stop_recorded_daemon(Progress()) is False


@pytest.fixture
def shutting_down(tmp_path, monkeypatch):
    """A process called dockerd in our pid file, which ends when its input is closed."""
    monkeypatch.setattr(daemon, "STATE", tmp_path)
    copy(which("cat"), tmp_path / "dockerd")
    process = subprocess.Popen([tmp_path / "dockerd"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
    (tmp_path / "dockerd.pid").write_text(str(process.pid))
    yield process
    process.kill()
    process.wait()


def test_an_engine_that_still_shuts_down_is_waited_for_and_reported(shutting_down):
    said = []

    def say(text):
        said.append(text)
        shutting_down.stdin.close()
    daemon.wait_for_the_earlier_one(Task("Docker Engine", 0, say))
    assert shutting_down.wait(10) == 0 and "still shutting down" in said[0]


def test_an_engine_that_never_ends_is_named(shutting_down, monkeypatch):
    monkeypatch.setattr(daemon, "STOP_SECONDS", 0)
    with pytest.raises(PlatformError, match=f"dockerd .{shutting_down.pid}. did not stop"):
        daemon.wait_for_the_earlier_one(Task("Docker Engine", 0, lambda text: None))
