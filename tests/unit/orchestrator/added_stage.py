"""What the orchestrator does with a stage `sign` that waits for test and that promote waits for (test_added_stage.py)."""

from common.wire.errors import Failure
from orchestrator.runs.launch import Launcher, RunRequest
from tests.unit.orchestrator.fakes import IMAGE, raising


def test_it_is_executed_when_the_row_says_and_given_what_came_before(world, player):
    run = player.play(world.db.new_run())
    assert run["state"] == "success" and world.began.index("test.1") < world.began.index("sign.1")
    assert world.began[-2:] == ["sign.1", "promote.1"]
    given = world.db.jobs[run["id"], "sign", 1]["inputs"]
    assert list(given["results"]) == ["build", "deploy", "test"] and given["results"]["build"]["image"] == IMAGE


def test_its_failure_keeps_the_candidate_from_traffic(world, player):
    world.work["sign"] = raising(Failure("the key is gone"))
    run = player.play(world.db.new_run())
    assert (run["state"], run["reason"]) == ("failure", "sign: the key is gone")
    assert world.db.jobs[run["id"], "promote", 1]["state"] == "skipped"


def test_its_kind_is_offered_and_executed_on_the_newest_image(world, player):
    launcher = Launcher(world.db.api, {"local": world.forge})
    assert launcher.kinds(1, None)["sign"] == "main has no image yet: run build or full first"
    player.play(world.db.new_run())
    assert launcher.kinds(1, None)["sign"] is None
    run, _ = launcher.launch(RunRequest(repo=1, kind="sign", actor="ada"))
    world.began.clear()
    assert player.play(run.id)["state"] == "success" and world.began == ["sign.1"]
