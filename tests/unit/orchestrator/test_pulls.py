"""Pull requests: recorded, run, held back, canceled."""

import pytest

from common.wire.errors import BadRequest, Conflict
from orchestrator.runs.launch import RunRequest
from tests.harness.rows import AT
from tests.unit.orchestrator.fakes import COMMIT
from tests.unit.orchestrator.hub import NEXT, THIRD, HubWorld

WANTED = "on: {pull_request: true}"
REF = "refs/pull/7/head"


@pytest.fixture
def world():
    world = HubWorld()
    world.hub.files = {NEXT: WANTED, THIRD: WANTED, "main": WANTED}
    return world


def tell(world, action="synchronize", number=7):
    return world.deliver("pull_request", {"action": action, "number": number})


def test_one_of_a_branch_runs_as_a_preview(world):
    world.open_pull()
    row = tell(world, "opened")
    assert row["outcome"] == f"pull request 7 is at {NEXT[:12]}: run 1" and row["run"] == 1
    run = world.db.runs[1]
    assert (run["event"], run["ref"], run["commit"], run["kind"]) == ("pull_request", REF, NEXT, "full")
    assert run["inputs"]["pull"]["fork"] is False and "promote" not in run["inputs"]["stages"]
    assert world.db.pulls[1, 7]["author_id"] == "9"


def test_it_runs_only_where_the_file_says_so(world):
    world.hub.files = {}
    world.open_pull()
    assert "on.pull_request of .continuum.yml is not true" in tell(world)["outcome"] and world.runs() == []


@pytest.mark.parametrize("message, file, why", [
    ("x [skip ci]", WANTED, "[skip ci]"), ("x", "on: {pull_request: true, paths: [src]}", "nothing that on.paths names")])
def test_why_one_has_no_run(world, message, file, why):
    world.hub.messages[NEXT], world.hub.files[NEXT], world.hub.diffs[NEXT] = message, file, ["docs/a"]
    world.open_pull()
    assert why in tell(world)["outcome"] and world.runs() == []


def test_a_newer_commit_ends_the_runs_of_the_one_before(world):
    world.open_pull()
    tell(world)
    world.db.runs[1]["state"] = "running"
    world.open_pull(commit=THIRD)
    row = tell(world)
    assert row["run"] == 2 and "1 of its runs is canceled" in row["outcome"]
    assert world.db.runs[1]["canceled_by"] == "a newer commit of pull request 7"
    assert world.db.runs[2]["commit"] == THIRD


def test_told_twice_it_runs_once_and_an_old_payload_brings_no_old_head_back(world):
    world.open_pull()
    tell(world)
    assert "as is known: run 1" in tell(world)["outcome"]
    world.open_pull(commit=THIRD)
    tell(world)
    tell(world, "opened")
    assert [commit for _, _, commit, _ in world.runs()] == [NEXT, THIRD]


def test_a_commit_that_the_forge_does_not_show_yet_is_looked_for_again(world):
    world.open_pull()
    tell(world)
    payload = {"action": "synchronize", "number": 7, "pull_request": {"head": {"sha": THIRD}}}
    row = world.deliver("pull_request", payload)
    assert row["state"] == "queued" and "not visible" in row["outcome"]
    assert world.deliver("pull_request", payload, attempts=4)["state"] == "done"
    world.open_pull(commit=THIRD)
    assert world.deliver("pull_request", payload)["run"] == 2


def test_a_closed_one_ends_its_runs_and_a_reopened_one_tries_again(world):
    world.open_pull()
    tell(world)
    world.open_pull(state="closed")
    assert "is closed; 1 of its runs is canceled" in tell(world, "closed")["outcome"]
    assert world.db.runs[1]["state"] == "canceled" and world.db.pulls[1, 7]["state"] == "closed"
    world.open_pull()
    assert "tried again" in tell(world, "reopened")["outcome"] and world.db.runs[1]["state"] == "pending"


def test_one_of_a_fork_waits_for_a_yes(world):
    world.open_pull(fork=True)
    row = tell(world, "opened")
    assert "of a fork: it waits" in row["outcome"] and world.runs() == []
    run, new = world.pulls.approve(world.row(), 7, NEXT, "ann")
    assert new and run.inputs["pull"]["fork"] is True and run.actor == "ann"
    assert world.db.pulls[1, 7]["approvals"] == [{"commit": NEXT, "actor": "ann", "at": AT}]


def test_a_yes_is_for_one_commit(world):
    world.open_pull(fork=True)
    tell(world)
    world.pulls.approve(world.row(), 7, NEXT, "ann")
    world.open_pull(fork=True, commit=THIRD)
    assert "it waits" in tell(world)["outcome"] and len(world.db.runs) == 1


def test_a_yes_for_a_head_that_moved_meanwhile_is_none(world):
    world.open_pull(fork=True)
    tell(world)
    world.open_pull(fork=True, commit=THIRD)
    with pytest.raises(Conflict) as conflict:
        world.pulls.approve(world.row(), 7, NEXT, "ann")
    assert THIRD[:12] in conflict.value.detail and world.runs() == []
    assert world.db.pulls[1, 7]["head_commit"] == THIRD


def test_a_yes_for_a_closed_one_is_none(world):
    """Its row may still say open."""
    world.open_pull(fork=True)
    tell(world)
    world.open_pull(fork=True, state="closed")
    with pytest.raises(Conflict, match="is closed: reopen it first"):
        world.pulls.approve(world.row(), 7, NEXT, "ann")
    assert world.runs() == [] and world.db.pulls[1, 7]["state"] == "closed"


def test_a_fork_cannot_turn_itself_on(world):
    world.hub.files["main"] = "on: {pull_request: false}"
    world.open_pull(fork=True)
    assert "on.pull_request" in tell(world)["outcome"] and "waits" not in tell(world)["outcome"]


@pytest.mark.parametrize("head", ["6", None])
def test_a_fork_is_known_by_number_and_a_deleted_one_is_one(world, head):
    world.open_pull(head_repo_id=head, author="ada")
    assert "of a fork" in tell(world)["outcome"]


def test_one_that_is_not_there_fails_with_a_sentence(world):
    assert tell(world)["state"] == "failed"


@pytest.mark.parametrize("wanted", [{"ref": REF}, {"ref": "refs/heads/x"}, {"event": "pull_request"}])
def test_no_other_way_leads_to_a_run_of_a_pull_request(world, wanted):
    world.hub.heads[REF] = NEXT
    for kind in ("full", "deploy"):
        with pytest.raises(BadRequest):
            world.launcher.launch(RunRequest(repo=1, kind=kind, actor="ada", **wanted))


def test_its_page_offers_no_kind(world):
    assert set(world.launcher.kinds(1, REF).values()) == {"a pull request runs by itself, or by its approval"}


@pytest.mark.parametrize("wanted", [{"commit": NEXT}, {"ref": NEXT}, {"commit": THIRD},
                                    {"ref": "main", "commit": THIRD}])
def test_a_forks_commit_is_not_smuggled_in_by_its_hash(world, wanted):
    """Its head, and one that the pull request had before, which no row knows."""
    world.open_pull(fork=True)
    tell(world)
    with pytest.raises(Conflict, match="fork") as refused:
        world.launcher.launch(RunRequest(repo=1, actor="ada", **wanted))
    assert refused.value.error == "fork" and world.runs() == []


def test_a_commit_of_a_branch_runs_by_its_hash(world):
    assert world.launcher.launch(RunRequest(repo=1, actor="ada", commit=COMMIT))[1]
    world.hub.heads["main"] = NEXT                       # a fork's, merged
    assert world.launcher.launch(RunRequest(repo=1, actor="ada", commit=NEXT))[1]
    world.hub.heads["feature"] = THIRD
    assert world.launcher.launch(RunRequest(repo=1, actor="ada", ref="feature", commit=THIRD))[1]


def test_a_branch_may_be_called_like_a_hash(world):
    world.hub.heads["deadbeef"] = THIRD
    assert world.launcher.launch(RunRequest(repo=1, actor="ada", ref="deadbeef"))[0].commit == THIRD

