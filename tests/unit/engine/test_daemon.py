"""How dockerd is started, and which one is ours to stop."""

import os

from cli.host.daemon import daemon_argv, default_mtu, recorded_pid, stop_recorded_daemon
from cli.progress import Progress

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
