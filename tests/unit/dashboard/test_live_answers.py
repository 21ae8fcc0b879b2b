"""The answer that carries a stream: how many an account may have, who may read on, where it resumes."""

import itertools
import select
import socket

import pytest

from common.api.events import Event
from dashboard import gunicorn
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


@pytest.mark.parametrize("topics", ["repo:{repo}", "run:{run}", "repo:{other},{repo}"])
def test_a_right_taken_away_ends_the_stream_of_events(people, world, monkeypatch, topics):
    """S8: of each repository that a topic is about; opened again, it has what is left."""
    monkeypatch.setattr(sse, "RECHECK_EVERY", 0)
    monkeypatch.setattr(sse, "PING_EVERY", 0)
    other = world.add_repo("acme", "open", private=False)["id"]
    path = "/api/v1/events?topics=" + topics.format(repo=people.repo["id"], run=world.add_run(people.repo["id"])["id"], other=other)
    headers = people.token("ros", "read")
    with people.browser().get(path, headers=headers, buffered=False) as answer:
        chunks = iter(answer.response)
        assert [next(chunks), parsed(next(chunks))[0][1]["refused"]] == [sse.RETRY, []]
        del world.members[people.repo["id"], people.accounts["ros"]["id"]]
        people.app.extensions["checked"]._answers.clear()      # it is a look later
        assert next(chunks, None) is None      # else a ping comes
    with people.browser().get(path, headers=headers, buffered=False) as again:
        assert again.status_code == (200 if "other" in topics else 404)


def test_topics_that_are_not_yours_are_left_out_and_named(people, world):
    """One of them, on one tab of many, must not silence the others; unknown and forbidden look the same."""
    hidden, run = world.add_repo("other", "hidden")["id"], world.add_run(people.repo["id"])["id"]
    theirs = world.add_run(hidden)["id"]
    topics = f"status,repo:{people.repo['id']},{hidden},99999,run:{run},{theirs},99998"
    with people.browser().get(f"/api/v1/events?topics={topics}", headers=people.token("ros"), buffered=False) as answer:
        chunks = iter(answer.response)
        next(chunks)
        assert parsed(next(chunks))[0] == ("ready", {
            "last": people.app.extensions["events"].last,
            "refused": sorted([f"repo:{hidden}", "repo:99999", f"run:{theirs}", "run:99998"])})
        for about in ({"repo": hidden, "run": theirs}, {"repo": people.repo["id"], "run": run}):
            people.app.extensions["events"]._hand_out(
                Event(id=about["run"], kind="run.updated", at="2026-11-22T21:00:00.000Z", **about))
        assert parsed(next(chunks))[0][1]["repo"] == people.repo["id"]


def test_where_no_topic_is_yours_there_is_nothing(people, world):
    hidden = world.add_repo("other", "hidden")["id"]
    ask = lambda topics: people.browser().get(f"/api/v1/events?topics={topics}", headers=people.token("ros"))      # noqa: E731
    theirs, unknown = ask(f"repo:{hidden}"), ask("repo:99999,run:99998")
    assert theirs.status_code == unknown.status_code == 404 and theirs.json["detail"] == unknown.json["detail"]


@pytest.mark.parametrize("login", ["ann", "ros"])
def test_eight_tabs_of_a_hundred_repositories_each_fit(people, world, login):
    """In gunicorn's longest request line, and in few questions."""
    world.ids = itertools.count(1_000_000)
    repos = [world.add_repo("acme", f"app{number}")["id"] for number in range(800)]
    world.members.update({(repo, people.accounts["ros"]["id"]): "read" for repo in repos})
    path = f"/api/v1/events?topics=repo:{','.join(map(str, repos))},status"
    headers, before = people.token(login), len(world.calls)
    with people.browser().get(path, headers=headers, buffered=False) as answer:
        chunks = iter(answer.response)
        next(chunks)
        assert parsed(next(chunks))[0][1]["refused"] == []
    assert len(f"GET {path} HTTP/1.1\r\n") <= gunicorn.limit_request_line
    assert len(world.calls) - before < 20
    many = ",".join(str(number) for number in range(1001))
    assert people.browser().get(f"/api/v1/events?topics=repo:{many}", headers=headers).status_code == 400


@pytest.mark.parametrize("topics", ["12", "status,12", "foo:1", "repo", "repo:1,status,2"])
def test_topics_that_are_none_are_told(people, topics):
    answer = people.browser().get(f"/api/v1/events?topics={topics}", headers=people.token("ann"))
    assert answer.status_code == 400


@pytest.mark.parametrize("more", [0, 20])
def test_topics_of_github_are_what_github_lets_them_see(ours, more):
    """Few are asked for each, of many the list decides."""
    world, wes = ours.world, ours.accounts["wes"]["id"]
    hidden = [world.add_repo("acme", f"hidden{number}") for number in range(1 + more)]
    for repo in hidden:
        repo.update(forge="github", external_id=f"1{repo['id']}")
    local = world.add_repo("local", "theirs")["id"]
    world.members[local, wes] = "read"
    wanted = [ours.site["id"], local, *(repo["id"] for repo in hidden)]
    path = f"/api/v1/events?topics=repo:{','.join(map(str, wanted))}"
    with ours.browser().get(path, headers=ours.token("wes"), buffered=False) as answer:
        chunks = iter(answer.response)
        next(chunks)
        assert parsed(next(chunks))[0][1]["refused"] == sorted(f"repo:{repo['id']}" for repo in hidden)


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
