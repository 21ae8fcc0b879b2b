"""The table of deployments follows what deployer runs."""

import pytest

from common.wire.errors import Conflict
from orchestrator.runs.deployment_watcher import Container, DeploymentWatcher, corrections
from tests.harness.rows import deployment_row, run_row


def row(number, state, **fields):
    return {"id": number, "repo": 1, "run": number, "state": state, "health": "healthy" if state == "live" else None, **fields}


def view(number, role="kept", state="running", **fields):
    return {"deployment": number, "repo": 1, "role": role, "live": role == "live", "state": state, "exit_code": 0,
            "oom": False, "note": None, "crashed": False, "made_as": number,
            "health": "healthy" if role == "live" else None, "health_reason": "", **fields}


HEALTHY = {"health": "healthy", "health_reason": ""}


def fix(rows, views):
    return corrections({item["id"]: deployment_row(**item) for item in rows},
                       {item["deployment"]: Container.model_validate(item) for item in views})


def test_what_agrees_is_left_alone():
    assert fix([row(1, "kept"), row(2, "live")], [view(1), view(2, "live")]) == []


def test_a_version_that_died_and_was_rolled_back_is_told_with_the_notes():
    assert fix([row(1, "kept"), row(2, "live")],
               [view(1, "live", note="called back"), view(2, "failed", note="exited 1, rolled back")]) == [
        (2, {"state": "failed", "reason": "exited 1, rolled back", "crashed": True}),
        (1, {"state": "live", "reason": "called back", **HEALTHY})]


def test_a_live_app_that_is_down_is_down_with_the_reason_and_that_is_written_once():
    down = {"health": "down", "health_reason": "the app exited 137"}
    assert fix([row(1, "live")], [view(1, "live", "exited", **down)]) == [(1, down)]
    assert fix([row(1, "live", **down)], [view(1, "live", "exited", **down)]) == []


def test_and_is_healthy_when_it_is_back():
    assert fix([row(1, "live", health="down", health_reason="the app exited 1")], [view(1, "live")]) == [(1, HEALTHY)]


def test_the_run_of_a_version_that_crashed_with_nothing_to_go_back_to_is_a_failure_once():
    down = view(1, "live", "restarting", health="down", health_reason="restarting", crashed=True, note="exited 1")
    ((number, change),) = fix([row(1, "live")], [down])
    assert change == {"health": "down", "health_reason": "exited 1", "reason": "exited 1", "crashed": True}
    assert "crashed" not in dict(fix([row(1, "live", run_state="failure")], [down]))[1]


def test_a_kept_container_that_a_rollback_tries_stays_kept():
    assert fix([row(1, "kept"), row(3, "candidate", run_state="running")], [view(3, "candidate", made_as=1)]) == []


def test_a_kept_container_that_is_gone_is_removed():
    ((number, change),) = fix([row(1, "kept"), row(2, "live")], [view(2, "live")])
    assert number == 1 and change["state"] == "removed"


@pytest.mark.parametrize("views, reason", [([], "its container is gone"), ([view(1, "leaving")], "it was taken off")])
def test_a_live_one_that_serves_no_more_is_stopped(views, reason):
    assert fix([row(1, "live")], views) == [(1, {"state": "stopped", "reason": reason})]


def test_a_live_one_that_was_replaced_is_left_to_the_row_of_its_successor():
    assert fix([row(1, "live"), row(2, "kept")], [view(1, "leaving"), view(2, "live")]) == [
        (2, {"state": "live", "reason": "deployer gave it the traffic", **HEALTHY})]


def test_what_a_conductor_works_on_is_its_own():
    assert fix([row(1, "live"), row(2, "candidate", run_state="running")],
               [view(1, "leaving"), view(2, "live")]) == []


def test_a_candidate_that_its_run_left_behind_is_closed_and_one_that_was_promoted_is_live():
    ((number, change),) = fix([row(1, "candidate")], [view(1, "candidate")])
    assert number == 1 and change["state"] == "removed"
    ((number, change),) = fix([row(1, "candidate")], [view(1, "live")])
    assert number == 1 and change["state"] == "live"


def test_other_repos_do_not_count():
    assert fix([row(1, "live")], [view(1, "live"), view(2, "live", repo=2)]) == []


def test_the_whole_look(world):
    run = world.db.new_run(state="success")
    for number, state in ((11, "live"), (12, "kept"), (13, "stopped")):
        world.db.deployments[number] = {**row(number, state), "run": run}
    world.deployer.deployments = [view(11, "failed", note="died"), view(13, "live", note="called back")]
    DeploymentWatcher(world.db.api, world.deployer, None).look()
    assert {number: item["state"] for number, item in world.db.deployments.items()} == {
        11: "failed", 12: "removed", 13: "live"}


def test_a_row_that_changed_while_deployer_was_asked_is_left_alone(world):
    run = world.db.new_run(state="success")
    world.db.deployments[11] = {**row(11, "live"), "run": run}

    class Stopping(list):
        def __iter__(self):
            world.db.deployments[11].update(state="stopped", reason="stopped by ada")
            return super().__iter__()
    world.deployer.deployments = Stopping([view(11, "leaving")])
    DeploymentWatcher(world.db.api, world.deployer, None).look()
    assert world.db.deployments[11]["reason"] == "stopped by ada"


def test_a_row_that_was_removed_while_deployer_was_asked_keeps_nothing_from_the_others(world):
    run = world.db.new_run(state="success")
    for number in (11, 12):
        world.db.deployments[number] = {**row(number, "live"), "run": run}

    class Removing(list):
        def __iter__(self):
            del world.db.deployments[11]
            return super().__iter__()
    world.deployer.deployments = Removing([view(11, "leaving"), view(12, "leaving")])
    DeploymentWatcher(world.db.api, world.deployer, None).look()
    assert world.db.deployments.keys() == {12} and world.db.deployments[12]["state"] == "stopped"


class Launches:
    """A launcher that makes one run for each key, or finds no earlier version."""

    def __init__(self, nothing: str = ""):
        self.keys, self._nothing = [], nothing

    def roll_back(self, repo, digest, actor, key):
        if self._nothing:
            raise Conflict(self._nothing, error="no_result")
        self.keys.append(key)
        return run_row(id=77), len(self.keys) == 1


@pytest.fixture
def crashed(world):
    """The run whose deployment 11 crashed with no container to go back to."""
    run = world.db.new_run(state="success")
    world.db.deployments[11] = {**row(11, "live"), "run": run}
    world.deployer.deployments = [view(11, "live", "restarting", health="down", health_reason="restarting", crashed=True,
                                       note="exited 137")]
    return run


def test_a_version_that_crashed_is_rolled_back_to_the_image_of_the_version_before(world, crashed):
    launches = Launches()
    DeploymentWatcher(world.db.api, world.deployer, launches).look()
    assert launches.keys == ["crashed:11"]
    assert world.db.deployments[11]["reason"] == "exited 137\nThe version before it is restored from its image by run 77."
    assert world.db.runs[crashed]["state"] == "failure"


def test_where_no_version_was_live_before_the_reason_says_so(world, crashed):
    DeploymentWatcher(world.db.api, world.deployer, Launches("no earlier version was live")).look()
    assert world.db.deployments[11]["reason"] == "exited 137\nIt was not rolled back: no earlier version was live."


def test_every_live_deployment_is_compared_however_many_there_are(world):
    """Three pages of them; the oldest is on the last one, and its container is gone."""
    for _ in range(201):
        run = world.db.new_run(state="success")
        world.db.deployments[run] = {"id": run, "run": run, "repo": run, "state": "live", "reason": "", "health": None,
                                     "health_reason": ""}
    DeploymentWatcher(world.db.api, world.deployer, None).look()
    assert {deployment["state"] for deployment in world.db.deployments.values()} == {"stopped"}
