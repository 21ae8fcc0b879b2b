"""What a run does when we break, when somebody cancels it, and when it is tried again."""

import pytest

from common.wire.errors import Failure
from tests.unit.orchestrator.fakes import OUTPUTS, Gate, World, build_outputs, failing

# ---- we break ----

def test_an_error_is_tried_again_once_by_itself(world, player):
    world.work["scan"] = failing(1, RuntimeError("oops"), OUTPUTS["scan"])
    run = player.play(world.db.new_run())
    assert run["state"] == "success"
    assert world.db.states(run["id"])["scan.1"] == "error" and world.db.states(run["id"])["scan.2"] == "success"


def test_a_second_error_ends_the_run(world, player):
    world.work["scan"] = failing(2, RuntimeError("oops"), OUTPUTS["scan"])
    run = player.play(world.db.new_run())
    assert (run["state"], run["reason"]) == ("error", "scan: internal error (RuntimeError): oops")
    assert "scan.3" not in world.began


@pytest.mark.parametrize("stage, worker", [("build", "builder"), ("scan", "scanner"), ("deploy", "deployer"),
                                           ("test", "tester"), ("promote", "deployer")])
def test_a_worker_that_was_restarted_costs_one_attempt(world, player, stage, worker):
    gate = world.work[stage] = Gate(OUTPUTS[stage])
    run = world.db.new_run()
    _, thread = player.begin()
    assert gate.reached.wait(5)
    world.work[stage] = lambda *_: OUTPUTS[stage]
    world.workers[worker][0].restart()
    thread.join(10)
    assert world.db.runs[run]["state"] == "success", world.db.runs[run]["reason"]
    job = world.db.jobs[run, stage, 1]
    assert (job["state"], job["reason"]) == ("error", f"the {worker} was restarted")
    assert world.db.states(run)[f"{stage}.2"] == "success"
    gate.open()


def test_a_worker_out_of_reach_counts_as_lost_after_its_patience(world, player):
    gate = world.work["build"] = Gate(OUTPUTS["build"])
    run = world.db.new_run()
    worker = world.workers["builder"][0]
    _, thread = player.begin()
    assert gate.reached.wait(5)
    worker.unreachable = True
    worker.jobs.running()[0].touch()
    thread.join(10)
    assert world.db.runs[run]["state"] == "error"
    assert "out of reach" in world.db.jobs[run, "build", 1]["reason"]
    gate.open()


def test_a_worker_that_comes_back_in_time_goes_on_with_the_job(world, player):
    gate = world.work["build"] = Gate(OUTPUTS["build"])
    run, worker = world.db.new_run("build"), world.workers["builder"][0]
    player.tools.workers._patience = 20
    _, thread = player.begin()
    assert gate.reached.wait(5)
    worker.unreachable = True
    worker.jobs.running()[0].touch()
    assert worker.asked.wait(5)
    worker.unreachable = False
    gate.open()
    thread.join(10)
    assert world.db.runs[run]["state"] == "success" and world.began == ["build.1"]


def test_the_lost_attempt_is_ended_before_the_next_begins(world, player):
    """An instance that was only out of reach may still have the first attempt."""
    gate = world.work["build"] = Gate(OUTPUTS["build"])
    run, worker = world.db.new_run("build"), world.workers["builder"][0]
    _, thread = player.begin()
    assert gate.reached.wait(5)
    world.work["build"] = lambda *_: OUTPUTS["build"]
    worker.unreachable = True
    worker.jobs.running()[0].touch()
    with world.db.changed:
        assert world.db.changed.wait_for(lambda: world.db.states(run).get("build.2") == "pending", 5)
    worker.unreachable = False
    thread.join(10)
    assert gate.canceled.is_set() and world.db.states(run) == {"build.1": "error", "build.2": "success"}


def test_a_lost_answer_to_the_put_starts_no_second_job_elsewhere():
    from tests.unit.orchestrator.conftest import Player
    world = World(instances=3)
    for worker in world.workers["builder"]:
        worker.lose_answers = 1
    run = Player(world).play(world.db.new_run("build"))
    assert run["state"] == "success" and world.began == ["build.1"]


def test_a_mistake_of_ours_inside_a_stage_ends_it_as_error(world, player):
    world.work["build"] = lambda *_: {"image": None}
    run = player.play(world.db.new_run())
    assert run["state"] == "error" and "build" in run["reason"]


# ---- cancel ----

@pytest.mark.parametrize("stage", ["build", "scan", "deploy", "test", "promote"])
def test_cancel_ends_any_stage_and_leaves_nothing(world, player, stage):
    gate = world.work[stage] = Gate(OUTPUTS[stage])
    run = world.db.new_run()
    hold, thread = player.begin()
    assert gate.reached.wait(5)
    world.db.post(f"/v1/runs/{run}/cancel", {"actor": "eve"})
    hold.cancel()
    thread.join(5)
    row = world.db.runs[run]
    assert (row["state"], row["reason"]) == ("canceled", "canceled by eve")
    assert gate.canceled.is_set() and world.db.states(run)[f"{stage}.1"] == "canceled"
    deployment = world.db.deployment_of(run)
    assert not deployment or (deployment["state"] == "removed" and world.deployer.removed == [deployment["id"]])


def test_a_worker_that_ignores_the_cancel_does_not_hold_it_up(world, player, monkeypatch):
    monkeypatch.setattr("orchestrator.runs.runner.ENDS_WITHIN", 0.05)
    gate = world.work["build"] = Gate(OUTPUTS["build"])
    world.workers["builder"][0].deaf = True
    run = world.db.new_run()
    hold, thread = player.begin()
    assert gate.reached.wait(5)
    hold.cancel()
    thread.join(5)
    assert world.db.runs[run]["state"] == "canceled"
    assert "did not confirm" in world.db.jobs[run, "build", 1]["reason"]
    gate.open()


def test_a_cancel_that_comes_before_the_claim_begins_nothing(world, player):
    run = world.db.new_run()
    claimed = player.claim()
    claimed[0].cancel()
    assert player.play(run, claimed)["state"] == "canceled" and world.began == []
    assert set(world.db.states(run).values()) == {"skipped"}


# ---- retry ----

def test_retry_goes_on_from_the_failed_stage_with_the_earlier_outputs(world, player):
    world.work["scan"] = failing(1, Failure("critical"), OUTPUTS["scan"])
    world.work["build"] = lambda *_: build_outputs(scan={"first": True})
    run = world.db.new_run()
    player.play(run)
    world.db.post(f"/v1/runs/{run}/retry", {"actor": "ada"})
    assert player.play(run)["state"] == "success"
    assert world.began == ["build.1", "scan.1", "scan.2", "deploy.2", "test.2", "promote.2"]


def test_retry_of_a_test_deploys_the_candidate_again_since_the_first_was_removed(world, player):
    world.work["test"] = failing(1, Failure("no"), OUTPUTS["test"])
    run = world.db.new_run()
    player.play(run)
    world.db.post(f"/v1/runs/{run}/retry", {"actor": "ada"})
    assert player.play(run)["state"] == "success"
    states = world.db.states(run)
    assert "build.2" not in states
    # The scan runs beside: a second one is made only where the failing test had the first one canceled.
    assert ("scan.2" in states) == (states["scan.1"] == "canceled")
    assert states["deploy.2"] == states["test.2"] == states["promote.2"] == "success"
    assert world.db.deployment_of(run)["state"] == "live" and len(world.db.deployments) == 1


def test_an_error_is_tried_again_once_in_each_life(world, player):
    world.work["build"] = failing(3, RuntimeError("oops"), OUTPUTS["build"])
    run = world.db.new_run("build")
    assert player.play(run)["state"] == "error"
    world.db.post(f"/v1/runs/{run}/retry", {"actor": "ada"})
    assert player.play(run)["state"] == "success" and world.began == [f"build.{i}" for i in (1, 2, 3, 4)]
