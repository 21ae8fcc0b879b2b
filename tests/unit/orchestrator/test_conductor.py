"""The life of a run: order, failures, cancel, retry, what the next owner does."""

import threading

import pytest

from common.errors import Failure, ServiceDown
from tests.unit.orchestrator.fakes import IMAGE, OUTPUTS, Gate, build_outputs


def raising(problem):
    def work(inputs, log, cancel):
        raise problem
    return work


def failing(times, problem, then):
    """Work that raises `problem` so many times, then gives `then`."""
    left = [problem] * times

    def work(inputs, log, cancel):
        if left:
            raise left.pop()
        return then
    return work


# ---- the good way ----

def test_a_full_run_goes_through_all_stages_and_is_live(world, player):
    run = player.play(world.db.new_run())
    assert (run["state"], run["reason"]) == ("success", "live at http://hello.localhost")
    assert set(world.db.states(run["id"]).values()) == {"success"} and len(world.began) == 5
    deployment = world.db.deployment_of(run["id"])
    assert (deployment["state"], deployment["container"], deployment["port"]) == ("live", "c0ffee", 8000)
    assert run["config"] == OUTPUTS["build"]["config"] and run["outputs"]["image"] == IMAGE


def test_scan_runs_beside_deploy_and_test_and_promote_waits_for_it(world, player):
    world.work["scan"] = scan = Gate(OUTPUTS["scan"])
    world.work["test"] = test = Gate(OUTPUTS["test"])
    world.db.new_run()
    _, thread = player.begin()
    assert scan.reached.wait(5) and test.reached.wait(5)
    test.open()
    assert "promote.1" not in world.began
    scan.open()
    thread.join(5)
    assert world.began[-1] == "promote.1"


def test_scan_first_makes_deploy_wait(world, player):
    world.work["build"] = lambda *_: build_outputs(scan={"first": True})
    player.play(world.db.new_run())
    assert world.began == ["build.1", "scan.1", "deploy.1", "test.1", "promote.1"]


def test_deploy_none_ends_after_scan_and_test(world, player):
    world.work["build"] = lambda *_: build_outputs(deploy="none")
    run = player.play(world.db.new_run())
    assert run["state"] == "success" and set(world.db.states(run["id"])) == {"build.1", "scan.1", "test.1"}
    assert world.db.jobs[run["id"], "test", 1]["inputs"]["deployment"] is None


def test_each_write_carries_the_fence_and_a_job_is_pending_before_its_worker_has_it(world, player):
    player.play(world.db.new_run("build"))
    states = [body["state"] for _, path, body in world.db.writes if path.endswith("build.1")]
    assert states[0] == "pending" and states[-1] == "success"
    assert all(body["fence"] == 1 for _, path, body in world.db.writes if "/jobs/" in path)


def test_the_workers_own_url_is_recorded(world, player):
    run = player.play(world.db.new_run("build"))
    assert world.db.jobs[run["id"], "build", 1]["worker"] == "http://builder0:8000"


def test_what_a_stage_means_is_written_before_its_success(world, player):
    """Else a crash in between would lose it: the next owner does not look at a stage that is done."""
    player.play(world.db.new_run())
    order = [path.rsplit("/", 1)[1] if "/jobs/" in path else f"deployment {body['state']}"
             for method, path, body in world.db.writes
             if body.get("state") == "success" and "/jobs/" in path or method == "PATCH" and "/deployments/" in path]
    assert order.index("deployment candidate") < order.index("deploy.1")
    assert order.index("deployment live") < order.index("promote.1")


def test_a_job_that_ended_before_its_put_was_answered_is_closed_like_any_other(world, player):
    builder = world.workers["builder"][0]
    put = builder.jobs.put

    def put_and_wait(key, fence, inputs):
        job, new = put(key, fence, inputs)
        with job.changed:
            assert job.changed.wait_for(lambda: job.state == "success", 5)
        return job, new
    builder.jobs.put = put_and_wait
    world.work["build"] = lambda *_: {"image": None}
    assert player.play(world.db.new_run())["state"] == "error"


def test_statuses_are_told_at_each_change(world, player):
    player.play(world.db.new_run("build"))
    assert world.feedback.told == [("build", "running"), ("build", "success")]


# ---- the work says no ----

def test_a_failure_skips_what_follows_and_removes_the_candidate(world, player):
    world.work["test"] = raising(Failure("2 of 5 tests failed"))
    run = player.play(world.db.new_run())
    assert (run["state"], run["reason"]) == ("failure", "test: 2 of 5 tests failed")
    assert world.db.states(run["id"]) == {"build.1": "success", "scan.1": "success", "deploy.1": "success",
                                          "test.1": "failure", "promote.1": "skipped"}
    deployment = world.db.deployment_of(run["id"])
    assert (deployment["state"], deployment["reason"]) == ("failed", "test: 2 of 5 tests failed")
    assert world.deployer.removed == [deployment["id"]]


def test_a_failure_is_never_tried_again_by_itself(world, player):
    world.work["build"] = raising(Failure("build exited 1"))
    run = player.play(world.db.new_run())
    assert world.began == ["build.1"] and run["state"] == "failure"
    assert world.db.jobs[run["id"], "promote", 1]["reason"] == "not begun: build: build exited 1"
    assert world.db.deployments == {}


def test_what_runs_beside_a_failed_stage_is_canceled(world, player):
    world.work["deploy"] = deploy = Gate(OUTPUTS["deploy"])
    world.work["scan"] = lambda *_: deploy.reached.wait(5) and raising(Failure("1 critical finding"))(*_)
    run = player.play(world.db.new_run())
    assert deploy.canceled.is_set() and run["reason"] == "scan: 1 critical finding"
    assert world.db.states(run["id"])["deploy.1"] == "canceled"


def test_the_row_of_the_failure_is_written_before_anything_is_removed(world, player):
    world.work["test"] = raising(Failure("no"))
    seen = []
    world.deployer.removed = Spy(lambda number: seen.append(world.db.jobs[1, "test", 1]["state"]))
    player.play(world.db.new_run())
    assert seen == ["failure"]


class Spy:
    def __init__(self, append):
        self.append = append


def test_a_candidate_that_cannot_be_removed_now_does_not_hold_up_the_end(world, player):
    def die(inputs, log, cancel):
        world.deployer.unreachable = True
        raise Failure("no")
    world.work["test"] = die
    run = player.play(world.db.new_run())
    assert run["state"] == "failure" and world.db.deployment_of(run["id"])["state"] == "failed"


def test_a_secret_that_is_not_set_fails_the_stage_and_names_it(world, player):
    world.work["build"] = lambda *_: build_outputs(deploy={"secrets": ["TOKEN"]})
    run = player.play(world.db.new_run())
    assert run["state"] == "failure" and "TOKEN" in run["reason"] and "deploy.1" not in world.began


def test_secrets_reach_the_stage_that_uses_them_and_no_row(world, player):
    got = {}
    world.db.secrets[1] = [{"name": "A", "use": ["build"], "sealed": {"builder": "Ym94"}},
                           {"name": "B", "use": ["deploy"], "sealed": {"deployer": "Ym94"}},
                           {"name": "C", "use": ["deploy"], "sealed": {"deployer": "Ym94"}}]
    world.work["build"] = lambda *_: build_outputs(deploy={"secrets": ["B"]})
    put = {name: workers[0].jobs.put for name, workers in world.workers.items()}
    for name in ("builder", "deployer"):
        world.workers[name][0].jobs.put = lambda key, fence, inputs, name=name: (
            got.setdefault(key.stage, inputs.get("secrets")), put[name](key, fence, inputs))[1]
    run = player.play(world.db.new_run())
    assert run["state"] == "success"
    assert [row["name"] for row in got["build"]] == ["A"] and [row["name"] for row in got["deploy"]] == ["B"]
    assert "Ym94" not in str(world.db.jobs)


# ---- we break ----

def test_an_error_is_tried_again_once_by_itself(world, player):
    world.work["scan"] = failing(1, RuntimeError("oops"), OUTPUTS["scan"])
    run = player.play(world.db.new_run())
    assert run["state"] == "success"
    assert world.db.states(run["id"])["scan.1"] == "error" and world.db.states(run["id"])["scan.2"] == "success"


def test_a_second_error_ends_the_run(world, player):
    world.work["scan"] = failing(2, RuntimeError("oops"), OUTPUTS["scan"])
    run = player.play(world.db.new_run())
    assert (run["state"], run["reason"]) == ("error", "scan: RuntimeError: oops")
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
    player.tools.fleet._patience = 20
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
    from tests.unit.orchestrator.fakes import World
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
    monkeypatch.setattr("orchestrator.crew.ENDS_WITHIN", 0.05)
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


# ---- owners change ----

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
    assert player.play(run)["state"] == "running" and world.began == []
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
