"""What the next owner of a run does, and what the former one leaves alone."""

import threading

import pytest

from common.wire.errors import ServiceDown
from tests.unit.orchestrator.fakes import IMAGE, OUTPUTS, Gate


@pytest.mark.parametrize("stage", ["build", "scan", "deploy", "test", "promote"])
def test_the_next_owner_takes_the_running_job_up_and_repeats_nothing(world, player, stage):
    gate = world.work[stage] = Gate(OUTPUTS[stage])
    run = world.db.new_run()
    player.begin()
    assert gate.reached.wait(5)
    with world.db.changed:      # the killed owner had recorded where the job is
        assert world.db.changed.wait_for(lambda: (world.db.jobs.get((run, stage, 1)) or {}).get("worker"), 5)
    world.db.expire(run)
    hold, thread = player.begin()
    gate.open()
    thread.join(10)
    assert world.db.runs[run]["state"] == "success" and hold.fence == 2
    assert sorted(world.began) == sorted(f"{name}.1" for name in OUTPUTS)


def test_an_owner_that_lost_its_run_stops_without_another_write(world, player):
    gate = world.work["build"] = Gate(OUTPUTS["build"])
    run = world.db.new_run()
    hold, thread = player.begin()
    assert gate.reached.wait(5)
    world.db.wait_for_job(run, "build.1", "running")      # the last write before the gate
    world.db.expire(run)
    world.db.claim("other")
    writes = len(world.db.writes)
    gate.open()
    thread.join(5)
    assert not thread.is_alive() and hold.lost and len(world.db.writes) == writes
    assert world.began == ["build.1"] and world.db.runs[run]["state"] == "running"


def test_a_worker_that_knows_a_newer_owner_ends_our_hold_too(world, player):
    run = world.db.new_run()
    world.workers["builder"][0].jobs._fences[run] = 7
    assert player.play(run)["state"] == "pending" and world.began == []
    assert world.db.states(run) == {"build.1": "pending"}


def test_a_lost_hold_wakes_the_conductor_at_once(world, player):
    gate = world.work["build"] = Gate(OUTPUTS["build"])
    world.db.new_run()
    hold, thread = player.begin()
    assert gate.reached.wait(5)
    hold.lose()
    thread.join(5)
    assert not thread.is_alive()
    gate.open()


def test_a_job_of_the_former_owner_that_is_gone_is_tried_again(world, player):
    run = world.db.new_run("build")
    world.db.claim("dead")
    world.db.put(f"/v1/runs/{run}/jobs/build.1", {"fence": 1, "state": "running", "reason": "",
                                                  "worker": "http://builder0:8000"})
    world.db.expire(run)
    assert player.play(run)["state"] == "success"
    assert world.db.states(run) == {"build.1": "error", "build.2": "success"} and world.began == ["build.2"]


def test_a_job_whose_worker_was_not_recorded_yet_is_looked_for_everywhere(world, player):
    gate = world.work["build"] = Gate(OUTPUTS["build"])
    run = world.db.new_run("build")
    player.begin()
    assert gate.reached.wait(5)
    world.db.jobs[run, "build", 1]["worker"] = None
    world.db.expire(run)
    _, thread = player.begin()
    gate.open()
    thread.join(5)
    assert world.db.runs[run]["state"] == "success" and world.began == ["build.1"]


def test_a_failure_that_was_written_but_not_the_runs_end_is_not_repeated(world, player):
    run = world.db.new_run("build")
    world.db.claim("dead")
    world.db.put(f"/v1/runs/{run}/jobs/build.1", {"fence": 1, "state": "failure", "reason": "build exited 1"})
    world.db.expire(run)
    row = player.play(run)
    assert (row["state"], row["reason"]) == ("failure", "build: build exited 1") and world.began == []


def test_the_next_owner_cancels_what_ran_beside_a_written_failure(world, player):
    deploy = world.work["deploy"] = Gate(OUTPUTS["deploy"])
    world.work["scan"] = scan = Gate(OUTPUTS["scan"])
    run = world.db.new_run()
    hold, thread = player.begin()
    assert deploy.reached.wait(5) and scan.reached.wait(5)
    with world.db.changed:
        assert world.db.changed.wait_for(lambda: world.db.jobs[run, "deploy", 1]["worker"], 5)
    world.db.put(f"/v1/runs/{run}/jobs/scan.1", {"fence": 1, "state": "failure", "reason": "critical"})
    hold.lose()
    world.db.expire(run)
    row = player.play(run)
    assert deploy.canceled.is_set() and row["reason"] == "scan: critical"
    assert world.db.states(run)["deploy.1"] == "canceled" and world.db.deployment_of(run)["state"] == "failed"
    scan.open()


def test_dbproxy_away_for_too_long_leaves_the_run_to_its_next_owner(world, player):
    """The job goes on meanwhile, so it must not be written off and begun again."""
    gate = world.work["build"] = Gate(OUTPUTS["build"])
    run = world.db.new_run("build")
    claimed = player.claim()
    ended = []
    thread = threading.Thread(target=lambda: ended.append(caught(lambda: player.play(run, claimed))), daemon=True)
    thread.start()
    assert gate.reached.wait(5)
    with world.db.changed:
        assert world.db.changed.wait_for(lambda: world.db.jobs[run, "build", 1]["worker"], 5)
    world.db.down = True
    gate.open()
    thread.join(5)
    assert isinstance(ended[0], ServiceDown)
    world.db.down = False
    world.db.expire(run)
    assert player.play(run)["state"] == "success" and world.began == ["build.1"]


def caught(call):
    try:
        return call()
    except Exception as problem:
        return problem


def test_a_canceled_run_is_not_begun_again_by_the_next_owner(world, player):
    run = world.db.new_run()
    world.db.claim("dead")
    world.db.put(f"/v1/runs/{run}/jobs/build.1", {"fence": 1, "state": "canceled", "reason": "canceled"})
    world.db.expire(run)
    claimed = player.claim()
    claimed[0].cancel()
    assert player.play(run, claimed)["state"] == "canceled" and world.began == []
    assert "build.2" not in world.db.states(run)


def test_the_next_owner_finds_a_promoted_run_and_only_writes_its_end(world, player):
    run = world.db.new_run()
    player.play(run)
    world.db.runs[run].update(state="running", outputs={"image": IMAGE, "url": "http://hello.localhost"}, owner=None)
    world.db.deployments[next(iter(world.db.deployments))]["state"] = "failed"      # the watch rolled it back meanwhile
    row = player.play(run)
    assert row["state"] == "success" and len(world.began) == 5
    assert world.db.deployment_of(run)["state"] == "failed"
