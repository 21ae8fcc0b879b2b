"""The repository's page says what became of each push, and its settings who may have it as a submodule."""

import pytest

from tests.unit.dashboard.fakes.known import NOW
from tests.unit.dashboard.world import csrf_of

R = "/repos/local/acme/shop"
SKIPPED = "v1.2.0 moved to 3f2a1c000000; no run: the message of commit 3f2a1c000000 says [skip ci]"


@pytest.fixture
def shop(world):
    repo = next(repo for repo in world.repos.values() if repo["name"] == "shop")
    run = world.add_run(repo["id"])
    world.ref_updates[repo["id"]] = [
        {"id": 2, "repo": repo["id"], "ref": "refs/tags/v1.2.0", "before": None, "after": "3f2a1c" + "0" * 34,
         "actor": "Ada", "outcome": SKIPPED, "run": None, "at": NOW},
        {"id": 1, "repo": repo["id"], "ref": "refs/heads/it's<b>", "before": None, "after": "3f2a1c" + "0" * 34,
         "actor": "Ada", "outcome": f"run {run['id']}", "run": run["id"], "at": NOW}]
    return repo


def test_the_page_says_what_became_of_each_push(people, shop):
    page = people.browser("ann").get(R).text
    assert SKIPPED in page and "tag <span" in page and "v1.2.0" in page
    assert "it&#39;s&lt;b&gt;" in page and f'href="/runs/{shop["last_run"]["id"]}"' in page


def test_a_page_without_pushes_has_no_empty_table(people):
    assert 'id="pushes"' not in people.browser("ann").get(R).text


def test_the_api_tells_the_same(people, shop):
    answer = people.browser("ann").get(f"/api/v1/repos/{shop['id']}/ref-updates?per_page=1").json
    assert answer["total"] == 2 and answer["items"][0]["outcome"] == SKIPPED and answer["items"][0]["run"] is None


def test_an_admin_lists_who_may_have_it_as_a_submodule(people, world, shop):
    client = people.browser("ann")
    answer = client.post(R + "/settings/sharing", data={"shared_with": "bob/app\r\ncarol", "csrf": csrf_of(client)})
    assert answer.status_code == 303 and world.repos[shop["id"]]["settings"]["shared_with"] == ["bob/app", "carol"]
    assert "bob/app\ncarol</textarea>" in client.get(R + "/settings").text
    client.post(R + "/settings/sharing", data={"shared_with": "", "csrf": csrf_of(client)})
    assert world.repos[shop["id"]]["settings"]["shared_with"] == []


@pytest.mark.parametrize("written", ["../x", "a/b/c", "*", "-a"])
def test_what_is_no_owner_and_no_repository_is_refused(people, world, shop, written):
    client = people.browser("ann")
    answer = client.post(R + "/settings/sharing", data={"shared_with": written, "csrf": csrf_of(client)})
    assert answer.status_code in (400, 422) and "shared_with" not in world.repos[shop["id"]]["settings"]
