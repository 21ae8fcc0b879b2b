"""The answer that carries a stream: how many an account may have, who may read on, where it resumes."""

import select
import socket

import pytest

from dashboard.auth.attempts import TooMany
from dashboard.live import sse
from dashboard.live.caps import Cap
from tests.unit.dashboard.streams import numbers, parsed


def test_so_many_streams_an_account_and_no_more():
    """S48."""
    cap = Cap(2)
    with cap.hold(1), cap.hold(1), cap.hold(2):
        with pytest.raises(TooMany):
            cap.check(1)
        cap.check(2)
    cap.check(1)


def test_a_stream_whose_reader_hung_up_takes_nobodys_place():
    cap, hung = Cap(1), []
    with cap.hold(1, lambda: bool(hung)):
        with pytest.raises(TooMany):
            cap.check(1)
        hung.append(True)
        cap.check(1)
        with cap.hold(1), pytest.raises(TooMany):
            cap.check(1)


def test_the_kernel_tells_who_hung_up():
    with socket.create_server(("127.0.0.1", 0)) as server:
        reader = socket.create_connection(server.getsockname())
        ours, _ = server.accept()
    assert not sse.hung_up(ours) and not sse.hung_up(None)
    reader.close()
    assert select.select([ours], [], [], 10)[0] and sse.hung_up(ours)
    ours.close()
    assert sse.hung_up(ours)


def test_the_cap_is_answered_with_429(people, app, settings):
    headers, client = people.token("ann"), people.browser()
    path = f"/api/v1/events?topics=repo:{people.repo['id']}"
    held = [client.get(path, headers=headers, buffered=False) for _ in range(settings.streams_per_account)]
    for answer in held:
        next(iter(answer.response))
    refused = client.get(path, headers=headers)
    assert refused.status_code == 429 and refused.headers["Retry-After"]
    held[0].close()
    again = client.get(path, headers=headers, buffered=False)
    assert again.status_code == 200
    for answer in (*held[1:], again):
        answer.close()


def test_a_right_taken_away_ends_the_stream(people, world, monkeypatch):
    monkeypatch.setattr(sse, "RECHECK_EVERY", 0)
    run = world.add_run(people.repo["id"], "running")["id"]
    world.add_job(run, "build", "running", lines=["one"])
    headers = people.token("ros", "read")
    with people.browser().get(f"/api/v1/runs/{run}/jobs/build.1/stream", headers=headers, buffered=False) as answer:
        chunks = iter(answer.response)
        next(chunks)
        del world.members[people.repo["id"], people.accounts["ros"]["id"]]
        assert next(chunks, None) is None      # else a heartbeat comes


def test_last_event_id_goes_before_the_parameter(people, world):
    run = world.add_run(people.repo["id"])["id"]
    world.add_job(run, "build", lines=["one", "two", "three"])
    path = f"/api/v1/runs/{run}/jobs/build.1/stream?after=1"
    answer = people.browser().get(path, headers={**people.token("ann"), "Last-Event-ID": "2"})
    assert [row[0] for kind, data in parsed(answer.data) if kind == "lines" for row in data["lines"]] == [3]
    assert people.browser().get(path, headers={**people.token("ann"), "Last-Event-ID": "x"}).status_code == 400


def test_a_runtime_log_passes_lines_and_heartbeats_on(people, world):
    world.deployments[7] = {"id": 7, "repo": people.repo["id"], "state": "live"}
    told = people.browser().get("/api/v1/deployments/7/stream?after=1763800000123456789", headers=people.token("ros")).data
    assert numbers(parsed(told)) == [1, 2] and sse.PING in told and b"id: 5000002\n" in told
    assert "after=1763800000123456789" in next(path for name, _, path in world.calls if name == "deployer")
