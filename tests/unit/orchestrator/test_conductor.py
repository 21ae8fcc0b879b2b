"""The life of a run: the order of its stages, and what follows where one says no."""

from common.wire.errors import Failure
from common.worker.slots import Ticket
from tests.unit.orchestrator.fakes import IMAGE, OUTPUTS, Gate, build_outputs, raising
from tests.unit.orchestrator.fakes.workers import SLOTS

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


def test_each_stage_gets_the_limits_that_hold_when_it_begins(world, player):
    """Work goes on with today's limits, also where a configuration was read before an owner lowered one."""
    world.db.limits[1] = {"memory": 2**30, "pids": 100}

    def build(*_):
        world.db.limits[1] = {"memory": 2**26, "pids": 50}
        return OUTPUTS["build"]
    world.work["build"] = build
    run = player.play(world.db.new_run())["id"]
    asked = {stage: world.db.jobs[run, stage, 1]["inputs"]["limits"] for stage in ("build", "scan", "deploy", "test", "promote")}
    assert asked["build"]["memory"] == 2**30
    assert {(asked[stage]["memory"], asked[stage]["pids"]) for stage in ("scan", "deploy", "test", "promote")} == {(2**26, 50)}


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


def reported(world):
    return [(row["stage"], row["about"]["state"]) for row in world.db.reports.values() if row["stage"]]


def test_each_state_of_a_stage_is_reported(world, player):
    world.db.repos[1]["external_id"] = "5"
    player.play(world.db.new_run("build"))
    assert reported(world)[-1] == ("build", "success")


def test_a_run_that_waits_for_a_slot_is_pending_everywhere(world, player):
    slots = world.workers["builder"][0].jobs._slots
    for _ in range(SLOTS):
        slots.ask(Ticket(lambda: None, lambda ahead: None))
    run = world.db.new_run("build")
    _, thread = player.begin()
    waiting = "waiting for a free slot, 0 ahead"
    with world.db.changed:
        assert world.db.changed.wait_for(lambda: world.db.runs[run]["reason"] == f"build: {waiting}", 5)
        assert (world.db.runs[run]["state"], world.db.jobs[run, "build", 1]["state"]) == ("pending", "pending")
    slots.release()
    thread.join(5)
    assert world.db.runs[run]["state"] == "success"


# ---- the work says no ----

def test_a_failure_skips_what_follows_and_removes_the_candidate(world, player):
    number = world.db.new_run()

    def test(*_):
        world.db.wait_for_job(number, "scan.1", "success")      # it runs beside, and would be canceled
        raise Failure("2 of 5 tests failed")
    world.work["test"] = test
    run = player.play(number)
    assert (run["state"], run["reason"]) == ("failure", "test: 2 of 5 tests failed")
    assert run["params"]["stage"] == "test"
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
