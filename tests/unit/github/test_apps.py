"""An App: from its manifest to a check run with annotations."""

import json
import re
import time

import jwt
import pytest
import requests

from tests.github.outbox import sign

MANIFEST = {"name": "Continuum here", "url": "http://localhost:1", "redirect_url": "http://localhost:1/created",
            "callback_urls": ["http://localhost:1/callback"], "default_events": ["push"],
            "default_permissions": {"metadata": "read", "contents": "read", "checks": "write", "statuses": "write"}}


@pytest.fixture()
def made(github):
    return github.app(MANIFEST, "writer")


@pytest.fixture()
def signed(github, made, as_):
    """A client by the App's own token."""
    def client(**change):
        now = int(time.time())
        claims = {"iat": now - 60, "exp": now + 540, "iss": str(made.id), **change}
        anonymous = as_("writer")
        anonymous._session.headers["Authorization"] = f"Bearer {jwt.encode(claims, made.private_key, 'RS256')}"
        return anonymous
    return client


@pytest.fixture()
def installed(github, made, app, signed, as_):
    """A client by a token of the installation on writer's account."""
    number = github.install(made, "writer").id
    answer = signed().post(f"/app/installations/{number}/access_tokens")
    assert answer.status_code == 201, answer.text
    client = as_("writer")
    client._session.headers["Authorization"] = f"Bearer {answer.json()['token']}"
    return client


def test_two_clicks_from_the_manifest_to_the_key(github):
    url = f"{github.url}/settings/apps/new?state=st4te"
    page = requests.post(url, data={"manifest": json.dumps(MANIFEST)}, timeout=30)
    action = re.search(r'action="([^"]+)"', page.text)[1]
    back = requests.post(github.url + action, data={"manifest": json.dumps(MANIFEST), "login": "writer"}, timeout=30,
                         allow_redirects=False).headers["Location"]
    code, state = re.fullmatch(r"http://localhost:1/created\?code=(\w+)&state=(\w+)", back).groups()
    told = requests.post(f"{github.api}/app-manifests/{code}/conversions", timeout=30)
    assert state == "st4te" and told.status_code == 201 and told.json()["slug"] == "continuum-here"
    assert {"client_id", "client_secret", "webhook_secret", "pem"} <= set(told.json())
    assert requests.post(f"{github.api}/app-manifests/{code}/conversions", timeout=30).status_code == 404


def test_the_app_knows_itself(made, signed):
    assert signed().get("/app").json()["id"] == made.id
    assert signed(iss=made.oauth.client_id).get("/app").status_code == 200


@pytest.mark.parametrize("change", [{"exp": int(time.time()) - 5}, {"exp": int(time.time()) + 7200}, {"iss": "1"},
                                    {"iat": int(time.time()) + 600}])
def test_a_token_with_odd_times_or_issuer_is_refused(signed, change):
    assert signed(**change).get("/app").status_code == 401


def test_a_token_of_another_key_is_refused(github, made, signed):
    made.private_key, other = github.app(MANIFEST, "writer").private_key, made.private_key
    client = signed()
    made.private_key = other
    assert client.get("/app").status_code == 401


def test_an_installation_sees_its_accounts_repositories(github, installed):
    github.user("other")
    github.repo("other/private", private=True)
    seen = installed.get("/installation/repositories").json()["repositories"]
    assert [each["full_name"] for each in seen] == ["writer/app"]
    assert installed.get("/repos/other/private").status_code == 404
    assert installed.get("/user").status_code == 403


def test_an_installations_token_ends_after_an_hour(github, installed):
    now = github.clock()
    github.clock = lambda: now + 3601
    assert installed.get("/repos/writer/app").status_code == 401


def test_permissions_that_were_not_asked_for_are_not_there(installed):
    refused = installed.post("/repos/writer/app/deployments", {"ref": "main"})
    assert (refused.status_code, refused.json()["message"]) == (403, "Resource not accessible by integration")


def test_a_check_run_collects_its_annotations(app, installed):
    sha = installed.get("/repos/writer/app/commits/main").json()["sha"]
    made = installed.post("/repos/writer/app/check-runs", {"name": "tests", "head_sha": sha, "status": "in_progress"}).json()
    note = {"path": "a.py", "start_line": 3, "end_line": 3, "annotation_level": "failure", "message": "no"}
    url = f"/repos/writer/app/check-runs/{made['id']}"
    for portion in ([note] * 50, [note]):
        installed("PATCH", url, json={"output": {"title": "t", "summary": "s", "annotations": portion}})
    ended = installed("PATCH", url, json={"conclusion": "failure"}).json()
    assert (ended["status"], ended["conclusion"], ended["output"]["annotations_count"]) == ("completed", "failure", 51)
    too_many = {"output": {"title": "t", "summary": "s", "annotations": [note] * 51}}
    assert installed("PATCH", url, json=too_many).status_code == 422


def test_a_person_makes_no_check_run(app, as_):
    assert as_("writer").post("/repos/writer/app/check-runs", {"name": "x", "head_sha": "y"}).status_code == 403


def test_the_app_is_told_of_its_installation_and_of_pushes_with_its_own_secret(github, app, listener):
    made = github.app({**MANIFEST, "hook_attributes": {"url": listener.url}}, "writer")
    installation = github.install(made, "writer")
    github.commit(app, {"a": "b"})
    for event in ("installation", "push"):
        headers, body = listener.next()
        assert headers["X-GitHub-Event"] == event and headers["X-Hub-Signature-256"] == sign(made.webhook_secret, body)
        assert json.loads(body)["installation"]["id"] == installation.id
