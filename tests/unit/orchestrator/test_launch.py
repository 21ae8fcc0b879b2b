"""How runs are made, and what each kind starts from."""

import pytest

from common.wire.errors import BadRequest, Conflict, NotFound, Unavailable
from orchestrator.runs.launch import Launcher, RunRequest
from tests.unit.orchestrator.fakes import COMMIT, DIGEST, OUTPUTS, build_outputs

OTHER = "sha256:" + "e" * 64


@pytest.fixture
def launcher(world):
    return Launcher(world.db.api, {"local": world.forge})


def ask(launcher, kind, **fields):
    return launcher.launch(RunRequest(repo=1, kind=kind, actor="ada", **fields))[0]


def other_image(**config):
    outputs = build_outputs(**config)
    return {**outputs, "image": {**outputs["image"], "digest": OTHER}}


def test_full_takes_the_head_of_the_default_branch(launcher, world):
    run = ask(launcher, "full")
    assert (run.ref, run.commit, run.message, run.author) == ("main", COMMIT, "Subject", "Ada")
    assert run.inputs["stages"] == ["build", "scan", "deploy", "test", "promote"]


def test_an_unknown_ref_is_not_found_and_a_dangerous_one_refused(launcher):
    with pytest.raises(NotFound):
        ask(launcher, "full", ref="nope")
    with pytest.raises(BadRequest):
        ask(launcher, "full", ref="--upload-pack=x")


def test_a_forge_that_is_not_set_up_any_more_says_so(launcher, world):
    world.db.repos[1]["forge"] = "github"
    with pytest.raises(Unavailable, match="FORGES"):
        ask(launcher, "full")


def test_the_same_key_is_the_same_run(launcher):
    first, new = launcher.launch(RunRequest(repo=1, actor="ada", key="k"))
    again, newer = launcher.launch(RunRequest(repo=1, actor="ada", key="k"))
    assert (first.id, new, newer) == (again.id, True, False)


@pytest.mark.parametrize("kind", ["scan", "deploy", "test"])
def test_without_an_image_a_kind_says_why_not(launcher, kind):
    with pytest.raises(Conflict):
        ask(launcher, kind)
    assert launcher.kinds(1, None)[kind]


def test_kinds_tell_why_not_until_there_is_something_to_start_from(launcher, world, player):
    before = launcher.kinds(1, None)
    assert before["full"] is before["build"] is None and "no image yet" in before["scan"] and before["rollback"]
    player.play(world.db.new_run())
    assert {kind for kind, why in launcher.kinds(1, None).items() if why} == {"rollback"}


def test_scan_takes_the_newest_image_and_its_commit(launcher, world, player):
    player.play(world.db.new_run("build", commit="a" * 40))
    built = player.play(world.db.new_run("build", commit="b" * 40))
    run = ask(launcher, "scan")
    assert run.commit == "b" * 40 and run.inputs["sources"]["build"] == built["id"]
    assert player.play(run.id)["state"] == "success"
    assert set(world.db.states(run.id)) == {"scan.1"}


def test_deploy_of_an_image_that_was_never_scanned_scans_it_too(launcher, world, player):
    player.play(world.db.new_run("build"))
    run = ask(launcher, "deploy")
    assert run.inputs["stages"] == ["scan", "deploy", "test", "promote"]
    assert player.play(run.id)["state"] == "success"
    assert world.db.deployment_of(run.id)["state"] == "live"


def test_deploy_of_a_scanned_image_uses_that_verdict(launcher, world, player):
    player.play(world.db.new_run())
    run = ask(launcher, "deploy")
    assert run.inputs["stages"] == ["deploy", "test", "promote"] and player.play(run.id)["state"] == "success"
    world.work["build"] = lambda *_: other_image()
    player.play(world.db.new_run("build"))
    assert "scan" in ask(launcher, "deploy").inputs["stages"]


def test_deploy_none_cannot_be_deployed(launcher, world, player):
    world.work["build"] = lambda *_: build_outputs(deploy="none")
    player.play(world.db.new_run())
    with pytest.raises(Conflict, match="deploy: none"):
        ask(launcher, "deploy")
    run = ask(launcher, "test")
    assert player.play(run.id)["state"] == "success" and run.inputs["stages"] == ["test"]


def test_test_goes_against_what_is_live(launcher, world, player):
    full = player.play(world.db.new_run())
    world.work["build"] = lambda *_: other_image()
    player.play(world.db.new_run("build"))
    run = ask(launcher, "test")
    player.play(run.id)
    inputs = world.db.jobs[run.id, "test", 1]["inputs"]
    assert inputs["deployment"] == world.db.deployment_of(full["id"])["id"] and inputs["host"] == "app"
    assert inputs["image"]["digest"] == DIGEST


def test_the_scan_is_compared_with_what_is_live(launcher, world, player):
    full = player.play(world.db.new_run())
    again = player.play(world.db.new_run())
    assert world.db.jobs[full["id"], "scan", 1]["inputs"]["baseline_run"] is None
    assert world.db.jobs[again["id"], "scan", 1]["inputs"]["baseline_run"] == full["id"]


def versions(world, player, count):
    """Full runs, each of its own image; their deployments."""
    found = []
    for number in range(count):
        image = {**OUTPUTS["build"]["image"], "digest": "sha256:" + f"{number:064x}"}
        world.work["build"] = lambda *_, image=image: {**OUTPUTS["build"], "image": image}
        found.append(world.db.deployment_of(player.play(world.db.new_run(commit=f"{number:040x}"))["id"]))
    return found


def roll_back(world, launcher, player, digest=None):
    run, _ = launcher.roll_back(1, digest, "ada")
    assert player.play(run.id)["state"] == "success"
    return run, world.db.deployment_of(run.id)


def test_rollback_deploys_and_promotes_the_version_before(launcher, world, player):
    one, two = versions(world, player, 2)
    run, deployment = roll_back(world, launcher, player)
    assert run.inputs["stages"] == ["deploy", "promote"] and run.commit == one["commit"]
    assert deployment["digest"] == one["digest"] and deployment["state"] == "live"
    assert world.db.jobs[run.id, "promote", 1]["inputs"]["rollback"] is True
    assert world.db.deployments[two["id"]]["state"] == "kept"


def test_a_second_rollback_goes_further_back(launcher, world, player):
    one, two, three = versions(world, player, 3)
    assert roll_back(world, launcher, player)[1]["digest"] == two["digest"]
    assert roll_back(world, launcher, player)[1]["digest"] == one["digest"]
    with pytest.raises(Conflict, match="no earlier version"):
        launcher.roll_back(1, None, "ada")


def test_rollback_to_a_digest(launcher, world, player):
    one, two, three = versions(world, player, 3)
    assert roll_back(world, launcher, player, one["digest"])[1]["digest"] == one["digest"]
    with pytest.raises(Conflict, match="live already"):
        launcher.roll_back(1, one["digest"], "ada")
    with pytest.raises(Conflict, match="never live"):
        launcher.roll_back(1, OTHER, "ada")


def test_a_candidate_that_never_was_live_is_no_way_back(launcher, world, player):
    versions(world, player, 1)
    world.db.deployments[999] = {**next(iter(world.db.deployments.values())), "id": 1, "state": "failed",
                                 "live_since": None, "digest": OTHER}
    with pytest.raises(Conflict):
        launcher.roll_back(1, OTHER, "ada")


def test_how_many_may_wait_is_passed_on(launcher, world):
    ask(launcher, "full", most_waiting=7)
    assert world.db.writes[-1][2]["most_waiting"] == 7
