"""Events: in the order of the commits, each once, nobody misses one."""

import threading
import time

import pytest

from common.wire.errors import Conflict
from tests.contract.dbproxy.world import DIGEST


def follow(client, after, until, wait=5, topics=""):
    """Events after `after` until `until(events)`, for a minute at most."""
    found, deadline = [], time.monotonic() + 60
    while not until(found):
        assert time.monotonic() < deadline, f"only {len(found)} events came"
        answer = client.get("/v1/events", params={"after": after, "wait": wait, "topics": topics}, timeout=wait + 10)
        assert answer["last"] >= after and answer["missed"] is False
        found += answer["events"]
        after = answer["last"]
    return found


def newest(world):
    return world.dashboard.get("/v1/events")["last"]


def test_a_run_tells_its_life(world):
    start = newest(world)
    run = world.claimed_run()
    world.put_job(run, "build.1", "running")
    world.put_job(run, "build.1", "running")      # nothing new: no event
    world.change(run, state="success", reason="done")
    events = follow(world.dashboard, start, lambda found: len(found) >= 4, topics=f"run:{run['id']}")
    assert [event["kind"] for event in events] == ["run.created", "run.updated", "job.updated", "run.updated"]
    assert events[2]["job"] == f"{run['id']}.build.1" and events[2]["repo"] == world.repo
    assert "deployment" not in events[0] and events[0]["at"].endswith("Z")


def test_a_refused_change_tells_nothing(world):
    run = world.claimed_run()
    start = newest(world)
    with pytest.raises(Conflict):
        world.change({**run, "fence": 9}, state="success")
    assert newest(world) == start


def test_topics_are_any_of(world):
    start = newest(world)
    other = world.new_repo()["id"]
    run, second = world.new_run(), world.new_run(other)
    read = lambda topics: [event.get("run") for event in world.dashboard.get(      # noqa: E731
        "/v1/events", params={"after": start, "topics": topics})["events"]]
    assert read(f"repo:{world.repo}") == [run["id"]]
    assert read(f"repo:{world.repo},run:{second['id']}") == [run["id"], second["id"]]
    assert read("status") == []


def test_a_waiting_reader_hears_within_milliseconds_and_an_idle_one_after_its_time(world):
    start, heard = newest(world), []

    def wait():
        events = world.service.client("dashboard").get("/v1/events", params={"after": start, "wait": 20}, timeout=30)
        heard.append((events["events"][0]["run"], time.monotonic()))
    thread = threading.Thread(target=wait)
    thread.start()
    time.sleep(0.3)      # so that it waits
    run = world.new_run()
    done = time.monotonic()
    thread.join()
    assert heard[0][0] == run["id"] and heard[0][1] - done < 1.0
    began = time.monotonic()
    world.dashboard.get("/v1/events", params={"after": newest(world), "wait": 1})
    assert 0.9 < time.monotonic() - began < 5


def test_many_writers_at_once_and_no_event_is_skipped(world):
    start = newest(world)
    repos = [world.new_repo()["id"] for _ in range(6)]

    def write(repo):
        client = world.service.client("orchestrator")
        for number in range(15):
            client.post("/v1/runs", {"repo": repo, "kind": "full", "ref": "main", "commit": f"{number:040x}",
                                     "event": "push", "actor": "ann"})
    threads = [threading.Thread(target=write, args=(repo,)) for repo in repos]
    [thread.start() for thread in threads]
    created = lambda found: [event for event in found if event["kind"] == "run.created"]      # noqa: E731
    events = follow(world.service.client("dashboard"), start, lambda found: len(created(found)) >= 90, wait=1)
    [thread.join() for thread in threads]
    ids = [event["id"] for event in events]
    assert ids == sorted(set(ids))
    assert len({event["run"] for event in created(events)}) == 90


def test_who_slept_too_long_is_told(world):
    start = newest(world)
    for _ in range(3):
        world.new_run()
    world.sql("DELETE FROM events WHERE id <= %s", (start + 2,))
    answer = world.dashboard.get("/v1/events", params={"after": start})
    assert answer["missed"] is True and answer["last"] == newest(world)
    ahead = world.dashboard.get("/v1/events", params={"after": newest(world) + 1000, "wait": 5})
    assert ahead["missed"] is True and ahead["last"] == newest(world)


def test_deployments_and_results_tell_of_themselves(world):
    run = world.claimed_run()
    start = newest(world)
    deployment = world.orchestrator.post("/v1/deployments", {
        "fence": run["fence"], "run": run["id"], "repo": world.repo, "digest": DIGEST, "repository": "ann/x",
        "commit": "c", "actor": "ann"})
    world.scanner.put(f"/v1/runs/{run['id']}/findings", {"attempt": 1, "digest": DIGEST, "findings": []})
    events = world.dashboard.get("/v1/events", params={"after": start})["events"]
    assert [event["kind"] for event in events] == ["deployment.updated", "run.updated"]
    assert events[0]["deployment"] == deployment["id"]
