"""What became of each push: once for each change, the newest first, bounded, gone with its repository."""

import pytest

from common.wire.errors import Forbidden, NotFound
from dbproxy.repos import ref_updates

COMMIT = "a" * 40


def record(world, key="k", repo=None, **values):
    return world.orchestrator.post(f"/v1/repos/{repo or world.repo}/ref-updates", {
        "key": key, "ref": "refs/heads/it's", "after": COMMIT, "outcome": "no run: it is skipped", **values})


def listed(world, repo=None, **params):
    return world.dashboard.get(f"/v1/repos/{repo or world.repo}/ref-updates", params=params)


def test_a_change_told_twice_is_one_row_and_keeps_its_run(world):
    run = world.new_run()["id"]
    first = record(world, outcome="a run", run=run, actor="Ada")
    again = record(world, outcome="known as a run")
    assert (again["id"], again["run"], again["outcome"]) == (first["id"], run, "known as a run")
    assert listed(world)["total"] == 1 and listed(world)["items"][0]["ref"] == "refs/heads/it's"


def test_the_newest_come_first_and_old_ones_go(world):
    world.sql("INSERT INTO ref_updates (repo, key, ref, outcome) SELECT %s, n, 'refs/heads/x', n FROM "
              "generate_series(1, %s) n", (world.repo, ref_updates.KEPT + 3))
    record(world, "one more", outcome="the newest")
    page = listed(world, per_page=2)
    assert page["total"] == ref_updates.KEPT
    assert [item["outcome"] for item in page["items"]] == ["the newest", str(ref_updates.KEPT + 3)]


def test_it_goes_with_its_repository(world):
    repo = world.new_repo()["id"]
    record(world, repo=repo)
    world.orchestrator.call("DELETE", f"/v1/repos/{repo}", json={"actor": "ann"})
    assert world.sql("SELECT count(*) FROM ref_updates WHERE repo = %s", (repo,)) == [(0,)]
    with pytest.raises(NotFound):
        listed(world, repo)


def test_only_orchestrator_writes_it(world):
    with pytest.raises(Forbidden):
        world.dashboard.post(f"/v1/repos/{world.repo}/ref-updates", {"key": "k", "ref": "x", "outcome": "y"})


@pytest.mark.parametrize("taker, found", [("bob", True), ("bob/app", True), ("bob/other", False), ("carol", False)])
def test_who_shares_a_repository_is_found(world, taker, found):
    repo = world.new_repo()["id"]
    world.dashboard.patch(f"/v1/repos/{repo}", {"settings": {"shared_with": [taker]}})
    items = world.orchestrator.get("/v1/repos", params={"forge": "local", "shared_with": "bob/app", "per_page": 100})["items"]
    assert (repo in {item["id"] for item in items}) is found
