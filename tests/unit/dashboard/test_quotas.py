"""How much of what is allowed is used."""

import pytest


@pytest.fixture
def used(people, world):
    def ask(login="ada"):
        answer = people.browser().get(f"/api/v1/repos/{people.repo['id']}/quotas", headers=people.token(login))
        return {item["name"]: (item["used"], item["allowed"]) for item in answer.json["items"]}
    return ask


def test_of_a_fresh_repository_nothing_is(used):
    assert [number for number, _ in used().values()] == [0, 0, 0]


def test_runs_secrets_and_versions_count(used, people, world):
    repo = people.repo["id"]
    world.add_run(repo, config={"deploy": {"keep": 3}})
    world.add_run(repo, "pending", actor="ada", config={"deploy": {"keep": 2}})
    world.secrets[repo] = {"KEY": {"name": "KEY"}}
    world.deployments[9] = {"id": 9, "repo": repo, "state": "kept"}
    assert used() == {"your waiting runs": (1, people.app.config["SETTINGS"].queued_runs_per_member),
                      "secrets": (1, 100), "versions kept for rollback": (1, 2)}
    assert used("ann")["your waiting runs"] == (0, None)      # an owner has no limit


def test_what_is_not_deployed_keeps_no_version(used, people, world):
    world.add_run(people.repo["id"], config={"deploy": "none"})
    assert used()["versions kept for rollback"] == (0, None)


def test_settings_ask_for_them_once(people, world):
    world.calls.clear()
    people.browser("ada").get("/repos/local/acme/shop/settings")
    assert [path for _, _, path in world.calls if "/usage" in path or path.startswith("/v1/runs")] == \
        [f"/v1/repos/{people.repo['id']}/usage?actor=ada"]
