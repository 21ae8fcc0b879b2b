"""What nobody owns is ended."""

from common.worker.jobs import JobKey
from orchestrator.runs.sweep import Sweep
from orchestrator.runs.workers import WorkerClient
from tests.unit.orchestrator.fakes import COMMIT, IMAGE, OUTPUTS, Gate, World

INPUTS = {"attempt": 1, "repo": {"id": 1, "forge": "local", "owner": "a", "name": "b"}, "ref": "main",
          "commit": COMMIT, "clone": {"url": "/repositories/a/b.git"}}


class Scene:
    def __init__(self):
        self.world = World(instances=2)
        self.gate = self.world.work["build"] = Gate(OUTPUTS["build"])
        self.sweep = Sweep(self.world.db.api, WorkerClient(self.world.client_of, self.world.addresses, patience=0.1),
                           self.world.deployer)

    def job(self, run, attempt, state="running", instance=0):
        """A job that runs on a worker, with its row in `state` (None: without)."""
        if state:
            fence = self.world.db.runs[run]["fence"]
            self.world.db.put(f"/v1/runs/{run}/jobs/build.{attempt}", {"fence": fence, "state": state, "reason": ""})
        worker = self.world.workers["builder"][instance]
        worker.jobs.put(JobKey(run, "build", attempt), 1, {**INPUTS, "run": run})

    def swept(self):
        self.sweep.turn()
        self.gate.open()
        return self.sweep.last["jobs"]


def test_jobs_with_an_owner_go_on():
    scene = Scene()
    scene.job(scene.world.db.new_run(state="running"), 1)
    assert scene.swept() == []


def test_jobs_of_runs_that_are_over_or_unknown_are_ended_on_every_instance():
    scene = Scene()
    over = scene.world.db.new_run(state="canceled")
    scene.job(over, 1, None, instance=1)
    scene.job(99, 1, None)
    assert sorted(scene.swept()) == sorted([f"{over}.build.1", "99.build.1"])
    assert scene.gate.canceled.is_set() or not scene.gate.reached.is_set()


def test_an_attempt_that_its_run_gave_up_is_ended():
    scene = Scene()
    run = scene.world.db.new_run(state="running")
    scene.job(run, 1, "error")
    scene.job(run, 2)
    assert scene.swept() == [f"{run}.build.1"]


def test_deployer_is_told_which_runs_are_active():
    scene = Scene()
    active = [scene.world.db.new_run(state="running"), scene.world.db.new_run(state="pending")]
    scene.world.db.new_run(state="failure")
    scene.swept()
    assert scene.world.deployer.swept == [active] and scene.sweep.last["containers"] == ["old"]


def test_a_worker_out_of_reach_is_told_and_hides_no_other():
    scene = Scene()
    scene.world.workers["builder"][0].unreachable = True
    scene.world.work["test"] = test = Gate(OUTPUTS["test"])
    inputs = {**INPUTS, "run": 99, "deployment": None, "image": IMAGE, "config": {}}
    scene.world.workers["tester"][0].jobs.put(JobKey(99, "test", 1), 1, inputs)
    assert test.reached.wait(5)      # inputs that do not fit would end the job before or after the sweep asks for it
    assert scene.swept() == ["99.test.1"] and len(scene.sweep.last["problems"]) == 1
    test.open()


def test_deployer_is_told_the_disk_limits():
    scene = Scene()
    scene.world.db.limits[1] = {"disk": 2**30}
    scene.swept()
    assert scene.world.deployer.disk_limits["repos"] == {1: 2**30} and scene.world.deployer.disk_limits["otherwise"] > 0


def test_deployer_is_told_every_active_run_however_many_there_are():
    """What it does not hear of it would end."""
    scene = Scene()
    active = [scene.world.db.new_run(state="running") for _ in range(201)]
    scene.swept()
    assert scene.world.deployer.swept == [active]
