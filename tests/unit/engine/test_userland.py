"""The userland proxy: turned off where we install the engine, and told where it is on."""

import json

import pytest

from cli.host import userland


@pytest.fixture
def routes(tmp_path):
    """What says that this kernel forwards the ports of the loopback."""
    path = tmp_path / "route_localnet"
    path.write_text("0\n")
    return path


@pytest.mark.parametrize("before", [None, {}, {"registry-mirrors": ["http://10.0.0.1:5000"]}])
def test_it_is_turned_off_and_other_settings_stay(tmp_path, routes, before):
    settings = tmp_path / "docker" / "daemon.json"
    if before is not None:
        settings.parent.mkdir()
        settings.write_text(json.dumps(before))
    assert userland.turn_off(settings, routes)
    assert json.loads(settings.read_text()) == {**(before or {}), "userland-proxy": False}
    assert [path.name for path in settings.parent.iterdir()] == ["daemon.json"]


@pytest.mark.parametrize("before", ['{"userland-proxy": true}', "{not json", "[]"])
def test_what_somebody_decided_or_broke_stays(tmp_path, routes, before):
    settings = tmp_path / "daemon.json"
    settings.write_text(before)
    assert not userland.turn_off(settings, routes)
    assert settings.read_text() == before


def test_it_stays_on_where_the_kernel_cannot_do_without(tmp_path):
    """The engine would not start."""
    assert not userland.turn_off(tmp_path / "daemon.json", tmp_path / "nowhere")
    assert not (tmp_path / "daemon.json").exists()


def process(folder, number, name, limits="Max open files            20000                20000                files\n"):
    made = folder / str(number)
    made.mkdir()
    (made / "comm").write_text(f"{name}\n")
    if limits:
        (made / "limits").write_text(limits)


def test_where_it_is_on_doctor_tells_how_much_it_takes(tmp_path):
    process(tmp_path, 1, "dockerd")
    assert userland.check(tmp_path).state == "ok"
    process(tmp_path, 2, "docker-proxy")
    told = userland.check(tmp_path)
    assert told.state == "warning" and "ends for good at about 10,000 of them at a time" in told.found
    assert '"userland-proxy": false' in told.next_step and "`docker restart`" in told.next_step


def test_of_a_process_that_tells_nothing_no_number_is_told(tmp_path):
    process(tmp_path, 2, "docker-proxy", limits="")
    assert "some thousand" in userland.check(tmp_path).found
