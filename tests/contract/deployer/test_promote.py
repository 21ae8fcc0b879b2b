"""Promote, drain, rollback and watch against the real engine and the real Caddy."""

import base64
import os
import signal
import socket
import ssl
import threading
import time
from contextlib import contextmanager

import pytest
import requests
from world import REPO, asking, wait_for

from tests.harness.processes import kill_9


def test_twenty_switches_under_load_lose_no_request(world, deployer, app):
    deployer.live(app, env={"VERSION": "v0"}, drain="2s", keep=2)
    with asking(world, app) as answers:
        for number in range(1, 21):
            deployer.live(app, env={"VERSION": f"v{number}"}, drain="2s", keep=2)
        wait_for(lambda: answers[-1][2] == "v20", "the last version's answer")
    bad = [answer for answer in answers if answer[1] != 200]
    assert not bad, f"{len(bad)} of {len(answers)}: {bad[:3]}"
    versions = [int(text[1:]) for _, _, text in answers]
    assert versions == sorted(versions) and set(versions) == set(range(21))     # never back, none skipped


def test_a_request_that_is_under_way_is_finished_by_the_old_version(world, deployer, app):
    deployer.live(app, env={"VERSION": "old", "SLOW": "4"}, drain="20s")
    answers = []
    thread = threading.Thread(target=lambda: answers.append(world.get(app, "/slow")))
    thread.start()
    upstream = deployer.parts.records.route(app)
    wait_for(lambda: deployer.parts.caddy.under_way().get(upstream), "Caddy's count of the request")
    inputs, _ = deployer.live(app, env={"VERSION": "new"}, drain="20s")
    assert world.get(app).text == "new"
    thread.join()
    assert (answers[0].status_code, answers[0].text) == (200, "old")
    record = deployer.parts.records.read(app)
    wait_for(lambda: deployer.parts.records.read(app).kept, "the end of the drain, sooner than its 20 s", 10)
    assert record.live.deployment == inputs.deployment


def test_a_websocket_lives_on_over_a_switch(world, deployer, app):
    deployer.live(app, env={"VERSION": "old"}, drain="3s")
    with socket.create_connection(("127.0.0.1", world.http_port), 10) as connection:
        key = base64.b64encode(os.urandom(16)).decode()
        connection.sendall((f"GET /socket HTTP/1.1\r\nHost: {app}.localhost\r\nConnection: Upgrade\r\n"
                            f"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n").encode())
        assert b" 101 " in connection.recv(4096)
        assert _echo(connection, b"one") == b"old:one"
        deployer.live(app, env={"VERSION": "new"}, drain="3s")
        assert world.get(app).text == "new"
        time.sleep(2.5)                                   # longer than what is idle is left alone
        assert _echo(connection, b"two") == b"old:two"
    wait_for(lambda: deployer.parts.records.read(app).kept, "the old version's end")


def _echo(connection: socket.socket, text: bytes) -> bytes:
    connection.sendall(bytes([0x81, 0x80 | len(text)]) + b"\0\0\0\0" + text)
    return connection.recv(4096)[2:]


def test_events_come_as_they_are_sent_and_headers_tell_of_the_client(world, deployer, app):
    deployer.live(app)
    with world.get(app, "/events", stream=True) as response:
        began = time.monotonic()
        assert next(response.iter_lines()) == b"data: 0"
        assert time.monotonic() - began < 1               # the whole stream takes 5 s
    headers = world.get(app, "/headers", headers={"X-Forwarded-For": "6.6.6.6"}).text
    assert f"X-Forwarded-Host: {app}.localhost" in headers and "X-Forwarded-Proto: http" in headers
    assert "6.6.6.6" not in headers


def test_the_old_version_is_stopped_with_grace_then_killed_and_kept(world, deployer, app):
    old, _ = deployer.live(app, env={"MODE": "deaf-to-sigterm"}, drain="1s", grace="2s")
    deployer.live(app, env={"VERSION": "new"}, drain="1s")
    assert deployer.entry(old.deployment)["role"] == "leaving"
    began = time.monotonic()
    entry = wait_for(lambda: (found := deployer.entry(old.deployment)) and found["role"] == "kept" and found, "the stop")
    assert entry["state"] == "exited" and entry["exit_code"] == 137 and time.monotonic() - began > 1.5
    assert "not now" in "".join(deployer.parts.logs.read(old.deployment, 50, 0, False))


def test_keep_bounds_what_is_kept(world, deployer, app):
    numbers = [deployer.live(app, env={"VERSION": str(number)}, drain="0s", keep=2)[0].deployment for number in range(5)]
    wait_for(lambda: [item.deployment for item in deployer.parts.records.read(app).kept] == numbers[3:1:-1],
             "two kept versions")
    wait_for(lambda: [deployer.entry(number) is None for number in numbers] == [True, True, False, False, False],
             "the containers that are one too many to be gone")


def test_rollback_starts_the_kept_container_again(world, deployer, app):
    _, first = deployer.live(app, env={"VERSION": "one"}, drain="0s")
    deployer.live(app, env={"VERSION": "two"}, drain="0s")
    wait_for(lambda: deployer.parts.records.read(app).kept, "the first version's end")
    again, back = deployer.live(app, env={"VERSION": "one"}, drain="0s")
    assert back.outputs["container"] == first.outputs["container"]
    assert world.get(app).text == "one"
    assert deployer.entry(again.deployment)["live"]
    assert deployer.inspect(back)["HostConfig"]["RestartPolicy"]["Name"] == "unless-stopped"


def test_rollback_mends_a_kept_container_whose_network_is_another_by_now(world, deployer, app):
    repo = REPO + 5
    network = f"dev-deployer-repo-{repo}"
    _, first = deployer.live(app, repo=repo, env={"VERSION": "one"}, drain="0s")
    second, _ = deployer.live(app, repo=repo, env={"VERSION": "two"}, drain="0s")
    deployer.parts.operations.stop(second.deployment)
    wait_for(lambda: len(deployer.parts.records.read(app).kept) == 2, "both versions' end")
    for member in world.api.inspect_network(network)["Containers"]:
        world.api.disconnect_container_from_network(member, network, force=True)
    world.api.remove_network(network)                    # as `docker network prune` does
    _, back = deployer.live(app, repo=repo, env={"VERSION": "one"})
    assert back.outputs["container"] == first.outputs["container"]
    wait_for(lambda: world.get(app).text == "one", "the answer over the new network")


def test_images_that_nothing_runs_go_and_those_of_apps_stay(world, deployer, app):
    live, _ = deployer.live(app)
    failed = world.inputs("two-ports", env={"MODE": "exit-0"})
    assert deployer.deploy(failed).state == "failure"
    images = deployer.parts.images
    assert images.find(failed.image) and images.sweep(3600) == [] and len(images.sweep(-3600)) >= 1
    assert images.find(failed.image) is None and images.find(live.image)


def test_promote_says_the_same_when_it_is_repeated(world, deployer, app):
    old, _ = deployer.live(app)
    inputs = world.inputs("app", env={"VERSION": "two"})
    deployed = deployer.deploy(inputs)
    first, second = (deployer.promote(inputs, deployed, app, attempt) for attempt in (1, 2))
    assert first.outputs == second.outputs == {"app": app, "url": f"http://{app}.localhost:{world.http_port}",
                                               "previous": old.deployment}


def test_a_promote_that_is_canceled_before_the_switch_leaves_the_old_version(world, deployer, app):
    old, _ = deployer.live(app, env={"VERSION": "old"})
    inputs = world.inputs("app", env={"VERSION": "new"})
    deployed = deployer.deploy(inputs)
    with deployer.parts.records.changing(app):               # so promote waits for the record
        promote = deployer.begin_promote(inputs, deployed, app)
        wait_for(lambda: promote.state == "running", "the promote")
        deployer.jobs.delete(promote.key)
    deployer.end(promote)
    assert promote.state == "canceled"
    assert world.get(app).text == "old" and deployer.parts.records.read(app).live.deployment == old.deployment


@contextmanager
def stopped(world, container: str):
    """Its processes take connections and answer nothing."""
    found = world.api.top(container)
    pids = [int(row[found["Titles"].index("PID")]) for row in found["Processes"]]
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


def test_a_candidate_that_died_is_not_promoted(world, deployer, app):
    deployer.live(app, env={"VERSION": "old"})
    inputs = world.inputs("app")
    deployed = deployer.deploy(inputs)
    world.api.kill(deployed.outputs["container"])
    job = deployer.promote(inputs, deployed, app)
    assert job.state == "failure" and "the app exited 137 before it was promoted" in job.reason.text
    assert "its last lines:\nstarting" in job.reason.text
    assert world.get(app).text == "old"


@pytest.mark.parametrize("old_still_drains", [True, False])
def test_a_version_that_dies_while_watched_is_rolled_back(world, deployer, app, old_still_drains):
    old, _ = deployer.live(app, env={"VERSION": "old"}, drain="30s" if old_still_drains else "0s")
    inputs, deployed = deployer.live(app, env={"VERSION": "new"}, watch="60s")
    if not old_still_drains:
        wait_for(lambda: deployer.parts.records.read(app).kept, "the old version's end")
    assert world.get(app).text == "new"
    before = deployer.parts.changes.wait(0, 0)
    kill_9(deployer.inspect(deployed)["State"]["Pid"])
    wait_for(lambda: deployer.parts.records.read(app).live.deployment == old.deployment, "the rollback")
    assert world.get(app).text == "old"
    assert deployer.parts.changes.wait(before, 5) > before
    wait_for(lambda: deployer.entry(inputs.deployment)["state"] == "exited", "the dead one's end")
    entry = deployer.entry(inputs.deployment)
    assert entry["note"].startswith(f"Rolled back automatically to run {old.run}: the app exited 137")
    assert "starting new" in entry["note"] and entry["role"] == "failed"
    assert deployer.inspect(deployed)["HostConfig"]["RestartPolicy"]["Name"] == "no"
    assert deployer.entry(old.deployment)["live"]


def test_after_the_watch_the_engine_restarts_it(world, deployer, app):
    inputs, deployed = deployer.live(app, watch="0s")
    kill_9(deployer.inspect(deployed)["State"]["Pid"])
    wait_for(lambda: deployer.entry(inputs.deployment)["restarts"] >= 1, "the restart")
    wait_for(lambda: world.get(app).status_code == 200, "its answer")
    assert deployer.entry(inputs.deployment)["live"]


def test_stop_takes_an_app_off(world, deployer, app):
    inputs, _ = deployer.live(app, drain="0s")
    deployer.parts.operations.stop(inputs.deployment)
    deployer.parts.operations.stop(inputs.deployment)
    response = world.get(app, headers={"Accept": "text/html"})
    assert response.status_code == 404 and "Nothing is deployed here" in response.text
    wait_for(lambda: deployer.entry(inputs.deployment)["role"] == "kept", "its end to be noted")
    assert deployer.entry(inputs.deployment)["state"] == "exited"


def test_an_app_that_does_not_answer_has_a_page_that_says_so(world, deployer, app):
    _, deployed = deployer.live(app, watch="0s")
    world.api.stop(deployed.outputs["container"], timeout=0)
    response = world.get(app, headers={"Accept": "text/html"})
    assert response.status_code == 502 and "did not answer" in response.text and app in response.text
    assert "does not answer" in world.get(app).text


@pytest.mark.parametrize("host", ["..", "../../etc/passwd", ".records", ".records.localhost", "%2e%2e.localhost", "a_b.localhost",
                                  "x" * 64 + ".localhost", "localhost", "{env.HOME}.localhost"])
def test_no_host_reaches_another_file_than_a_route(world, host):
    with socket.create_connection(("127.0.0.1", world.http_port), 10) as connection:
        connection.sendall(f"GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
        status = connection.makefile("rb").readline()
    assert b" 404 " in status or b" 400 " in status


def test_https_for_apps_that_exist_and_no_others(world, deployer, app):
    deployer.live(app)
    for name, reachable in ((app, True), ("nobody", False)):

        context = ssl._create_unverified_context()
        try:
            with socket.create_connection(("127.0.0.1", world.https_port), 10) as raw:
                with context.wrap_socket(raw, server_hostname=f"{name}.localhost") as connection:
                    connection.sendall(f"GET / HTTP/1.1\r\nHost: {name}.localhost\r\nConnection: close\r\n\r\n".encode())
                    assert reachable and b" 200 " in connection.makefile("rb").readline()
        except ssl.SSLError:
            assert not reachable


def test_routes_survive_a_crash_of_caddy_and_its_replacement(world, deployer, app):
    deployer.live(app, env={"VERSION": "here"})
    kill_9(world.api.inspect_container(world.caddy)["State"]["Pid"])
    wait_for(lambda: _answers(world, app), "Caddy's return after a kill")
    world.api.remove_container(world.caddy, force=True)
    world.start_caddy()                                  # another container: it must be connected to the networks
    wait_for(lambda: _answers(world, app), "the new Caddy's way to the app")


def _answers(world, app) -> bool:
    try:
        return world.get(app).text == "here"
    except requests.RequestException:
        return False
