"""Which kinds a page offers: what one question to dbproxy says is what asking one by one would say."""

import pytest

from common.wire.errors import NotFound, Problem
from orchestrator.runs.launch import Launcher
from orchestrator.runs.results import Results
from orchestrator.runs.starting_points import StartingPoints
from tests.unit.orchestrator.fakes import build_outputs


@pytest.fixture
def launcher(world):
    return Launcher(world.db.api, {"local": world.forge})


@pytest.fixture
def asked(world, monkeypatch):
    """The paths that dbproxy was asked for."""
    seen, call = [], world.db.call
    monkeypatch.setattr(world.db, "call", lambda method, path, **rest: seen.append(path) or call(method, path, **rest))
    return seen


def lived(world, player):
    """Three versions, the last of them left again."""
    for number in range(3):
        player.play(world.db.new_run(commit=f"{number:040x}"))
    launcher = Launcher(world.db.api, {"local": world.forge})
    player.play(launcher.roll_back(1, None, "ada")[0].id)


def built(world, player):
    world.work["build"] = lambda *_: build_outputs(deploy="none")
    player.play(world.db.new_run("build"))


def stopped(world, player):
    lived(world, player)
    live = next(row for row in world.db.deployments.values() if row["state"] == "live")
    world.db.change_deployment(live["id"], {"state": "stopped"})


PASTS = {"nothing": lambda *_: None, "lived": lived, "built": built, "stopped": stopped}


@pytest.mark.parametrize("past", PASTS)
def test_one_by_one_they_would_be_the_same(launcher, world, player, past):
    PASTS[past](world, player)
    repo, single = world.db.api.repos.get(1), StartingPoints(world.db.api, Results(world.db.api))

    def why_not(look, *arguments):
        try:
            look(*arguments)
        except Problem as reason:
            return str(reason)
        return None
    assert launcher.kinds(1, None) == {
        "full": None, "build": None, "rollback": why_not(single.of_rollback, repo, None),
        **{kind: why_not(single.of, kind, repo, "main") for kind in ("scan", "deploy", "test")}}


def test_a_page_asks_once(launcher, world, player, asked):
    for number in range(2):
        player.play(world.db.new_run(commit=f"{number:040x}"))
    asked.clear()
    assert set(launcher.kinds(1, None).values()) == {None}
    assert asked == ["/v1/repos/1/starts"]


def test_another_branch_has_its_own(launcher, world, player):
    player.play(world.db.new_run("build"))
    assert launcher.kinds(1, None)["scan"] is None and "side has no image" in launcher.kinds(1, "side")["scan"]


def test_an_unknown_repo_is_not_found(launcher):
    with pytest.raises(NotFound):
        launcher.kinds(9, None)
