"""Somebody who may see thousands of repositories of GitHub."""

import pytest

from common.wire.errors import Forbidden


@pytest.fixture
def many(world):
    """5,000 private repositories, while the test lasts; their ids."""
    yield [row[0] for row in world.sql(
        "INSERT INTO repos (forge, owner, name, app, default_branch, private, external_id) "
        "SELECT 'github', 'many', 'repo-' || n, 'many-' || n, 'main', true, (900000 + n)::text FROM generate_series(1, 5000) n "
        "RETURNING id")]
    world.sql("DELETE FROM repos WHERE owner = 'many'")


def seen(world, ids, **params):
    return world.dashboard.post("/v1/repos/visible", {"account": 1, "forge": "github", "theirs": ids}, params={"q": "many/", **params})


def test_those_that_github_shows_are_listed_and_no_others(world, many):
    assert seen(world, many)["total"] == 5000
    assert {row["id"] for row in seen(world, many[:3])["items"]} == set(many[:3]) and seen(world, [])["total"] == 0
    assert [row["name"] for row in seen(world, many, q="many/repo-4242")["items"]] == ["repo-4242"]


def test_who_is_known_comes_whole_and_small(world, many):
    found = world.dashboard.get("/v1/repos/known", params={"forge": "github"})["items"]
    assert {row["id"] for row in found} >= set(many)
    assert set(found[0]) == {"id", "owner", "name", "private", "external_id"}


def test_only_the_dashboard_asks_for_somebody(world, many):
    with pytest.raises(Forbidden):
        world.orchestrator.post("/v1/repos/visible", {"account": 1, "forge": "github", "theirs": []})
