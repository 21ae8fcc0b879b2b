"""Deny by default: every route declares its right, and each right means what it says."""

import pytest

from dashboard.auth.rights import ON_REPO, RIGHTS
from dashboard.service import create_app
from tests.unit.dashboard.fakes import Fakes, World
from tests.unit.dashboard.world import People, csrf_of

# What a person needs on acme/shop, and a route for it (the fakes know the ids).
READ = ["/repos/local/acme/shop", "/repos/local/acme/shop/deployments", "/runs/{run}", "/runs/{run}/build.1",
        "/runs/{run}/findings", "/api/v1/repos/{repo}", "/api/v1/repos/local/acme/shop", "/api/v1/repos/{repo}/runs",
        "/api/v1/repos/{repo}/stats", "/api/v1/runs/{run}", "/api/v1/runs/{run}/jobs/build.1",
        "/api/v1/runs/{run}/jobs/build.1/lines", "/api/v1/runs/{run}/jobs/build.1/log.txt",
        "/api/v1/runs/{run}/jobs/build.1/stream", "/api/v1/runs/{run}/findings", "/api/v1/runs/{run}/sbom",
        "/api/v1/images/{digest}/sbom",
        "/api/v1/repos/{repo}/deployments", "/api/v1/deployments/{deployment}/usage",
        "/api/v1/deployments/{deployment}/stream", "/api/v1/events?topics=repo:{repo}",
        "/api/v1/events?topics=run:{run}", "/api/v1/runs?repo={repo}"]


@pytest.fixture
def ids(people, world):
    run = world.add_run(people.repo["id"], outputs={})
    world.add_job(run["id"], "build", lines=["one"], outputs={"image": {"digest": "sha256:" + "a" * 64}})
    world.findings[run["id"]] = {"findings": []}
    world.deployments[7] = {"id": 7, "repo": people.repo["id"], "run": run["id"], "state": "live", "digest": "sha256:1",
                            "commit": "3f2a1c", "created": None}
    return {"run": run["id"], "repo": people.repo["id"], "deployment": 7, "digest": "sha256:" + "a" * 64}


def test_every_route_declares_a_right(app):
    without = [rule.rule for rule in app.url_map.iter_rules()
               if getattr(app.view_functions[rule.endpoint], "right", None) not in RIGHTS]
    assert without == []


def test_a_right_on_a_repo_can_be_told_from_the_address(app):
    """A route that needs one must name something that belongs to a repo."""
    telling = {"repo", "owner", "run", "deployment", "waiver", "digest"}
    without = [rule.rule for rule in app.url_map.iter_rules()
               if app.view_functions[rule.endpoint].right in ON_REPO and not telling & rule.arguments]
    assert without == []


def test_what_is_open_to_anyone_is_known(app):
    open_to_all = {rule.rule for rule in app.url_map.iter_rules() if app.view_functions[rule.endpoint].right == "public"}
    assert open_to_all == {"/", "/signin", "/healthz", "/readyz", "/static/<wanted>/<path:path>", "/api",
                           "/account/looks", "/plain", "/api/v1/openapi.json", "/api/v1/signin",
                           "/invitation/<string:secret>",
                           "/signin/<hub:forge>", "/signin/<hub:forge>/callback", "/webhooks/<hub:forge>",
                           "/webhooks/<hub:forge>/<id:repo>"}


def test_a_route_without_a_right_is_nobodys(settings):
    people = People(create_app(settings, services=Fakes(World())))
    people.app.add_url_rule("/forgotten", view_func=lambda: "secret", endpoint="forgotten")
    answer = people.browser("ann").get("/forgotten")
    assert answer.status_code == 403 and "secret" not in answer.text


@pytest.mark.parametrize("path", READ)
def test_readers_see_and_strangers_get_404(people, ids, path):
    address = path.format(**ids)
    headers = people.token("ros", "read")
    with people.browser().get(address, headers=headers, buffered=False) as seen:
        assert seen.status_code == 200
    stranger = people.browser().get(address, headers=people.token("sam", "read"))
    assert stranger.status_code == 404


@pytest.mark.parametrize("path", [path for path in READ if "{run}" in path and "events" not in path])
def test_what_is_not_yours_looks_like_what_is_not_there(people, ids, path):
    headers = people.token("sam", "read")
    theirs = people.browser().get(path.format(**ids), headers=headers)
    nothing = people.browser().get(path.format(**{**ids, "run": 99999}), headers=headers)
    assert theirs.status_code == nothing.status_code == 404
    if path.startswith("/api"):
        assert theirs.json["detail"] == nothing.json["detail"]


@pytest.mark.parametrize("login, status", [("sam", 404), ("ros", 403), ("wes", 201), ("ada", 201)])
def test_starting_a_run_needs_write(people, ids, login, status):
    answer = people.browser().post(f"/api/v1/repos/{ids['repo']}/runs", json={"kind": "full"},
                                   headers=people.token(login))
    assert answer.status_code == status


@pytest.mark.parametrize("login, status", [("sam", 404), ("ros", 403), ("wes", 403), ("ada", 204)])
def test_secrets_need_admin(people, ids, login, status):
    answer = people.browser().put(f"/api/v1/repos/{ids['repo']}/secrets/TOKEN", json={"value": "v"},
                                  headers=people.token(login))
    assert answer.status_code == status


@pytest.mark.parametrize("scope, status", [("read", 403), ("write", 201), ("admin", 201)])
def test_a_tokens_scope_cuts_its_owners_rights_down(people, ids, scope, status):
    answer = people.browser().post(f"/api/v1/repos/{ids['repo']}/runs", json={}, headers=people.token("ada", scope))
    assert answer.status_code == status


def test_a_write_token_makes_no_tokens(people):
    answer = people.browser().post("/api/v1/tokens", json={"name": "more", "scope": "admin"},
                                   headers=people.token("ada", "write"))
    assert answer.status_code == 403


def test_a_public_repo_is_read_by_anyone_signed_in(people, world):
    other = world.add_repo("acme", "open", private=False)
    assert people.browser().get(f"/api/v1/repos/{other['id']}", headers=people.token("sam")).status_code == 200
    assert people.browser().get(f"/api/v1/repos/{other['id']}").status_code == 401


def test_an_image_that_two_repositories_have_is_shown_to_whoever_may_read_one(people, world, ids):
    """The first of them is not theirs; that it has the same image is told to nobody."""
    other = world.add_repo("other", "open", private=False)
    world.add_job(world.add_run(other["id"])["id"], "build", outputs={"image": {"digest": ids["digest"]}})
    answer = people.browser().get(f"/api/v1/images/{ids['digest']}/sbom", headers=people.token("sam", "read"))
    assert answer.status_code == 200 and "open-" in answer.headers["Content-Disposition"]


def test_owners_alone_see_audit_and_users(people):
    for path in ("/audit", "/admin/users", "/api/v1/audit", "/api/v1/users", "/metrics"):
        assert people.browser("ada").get(path).status_code == 403
        assert people.browser("ann").get(path).status_code == 200


def test_the_list_shows_what_one_may_see(people, world):
    world.add_repo("other", "hidden")
    names = lambda login: [item["name"] for item in people.browser().get(
        "/api/v1/repos", headers=people.token(login)).json["items"]]
    assert names("ros") == ["shop"] and names("sam") == [] and names("ann") == ["shop", "hidden"]


def test_a_reader_has_no_run_button_and_the_form_is_refused(people, ids):
    """Story 20."""
    reader, writer = people.browser("ros"), people.browser("wes")
    assert 'name="kind" value="full"' in writer.get("/repos/local/acme/shop").text
    assert 'name="kind" value="full"' not in reader.get("/repos/local/acme/shop").text
    answer = reader.post("/repos/local/acme/shop/run", data={"kind": "full", "csrf": csrf_of(reader)})
    assert answer.status_code == 403
