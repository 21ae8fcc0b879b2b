"""The entrances of webhooks: who is let in, what is kept, how soon, and that nothing else happens."""

import hashlib
import hmac
import io
import json
import uuid

import pytest
from pydantic import SecretStr

from common.secrets.sealing import seal
from dashboard.forge import hook
from dashboard.webhooks import generations, routes
from forges.github import essentials
from tests.unit.dashboard.conftest import change_settings, forget_registration

PUSH = {"ref": "refs/heads/main", "before": "0" * 40, "after": "a" * 40, "created": False, "deleted": False, "forced": False,
        "repository": {"id": 5, "full_name": "acme/site", "private": True, "owner": {"login": "acme", "id": 1, "url": "x"},
                       "hooks_url": "https://github.example/x"},
        "pusher": {"name": "ann", "email": "ann@example.org"}, "sender": {"login": "ann", "id": 101},
        "commits": [{"id": "a" * 40, "added": ["x"] * 3000}] * 20, "head_commit": {"id": "a" * 40, "message": "Greet"}}


@pytest.fixture
def site(on_github):
    """A connected repository with a webhook of the second generation."""
    repo = on_github.world.add_repo("acme", "site")
    repo.update(forge="github", settings={"webhook": {"id": 7, "generation": 2}})
    return repo


@pytest.fixture
def secret(on_github, site) -> str:
    with on_github.app.app_context():
        return hook.secret(site["id"], 2).get_secret_value()


def signed(body: bytes, key: str, algorithm: str = "sha256") -> dict[str, str]:
    name = {"sha256": "X-Hub-Signature-256", "sha1": "X-Hub-Signature"}[algorithm]
    return {name: f"{algorithm}={hmac.new(key.encode(), body, getattr(hashlib, algorithm)).hexdigest()}"}


def deliver(people, path: str, body: bytes, headers: dict, *, event: str = "push", guid: str | None = None, **options):
    return people.app.test_client().post(path, data=body, headers={
        "Content-Type": "application/json", "X-GitHub-Event": event, "X-GitHub-Delivery": guid or str(uuid.uuid4()),
        **headers}, **options)


def post(people, site, key: str, payload=PUSH, **options):
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return deliver(people, f"/webhooks/github/{site['id']}", body, signed(body, key), **options)


def test_a_signed_delivery_is_queued_with_its_essentials(on_github, site, secret):
    answer = post(on_github, site, secret)
    assert answer.status_code == 202 and answer.json["state"] == "queued"
    kept = on_github.world.deliveries[answer.json["delivery"]]
    assert (kept["event"], kept["repo"], kept["repo_path"], kept["state"]) == ("push", site["id"], "acme/site", "queued")
    assert kept["payload"]["ref"] == "refs/heads/main" and kept["payload"]["repository"]["id"] == 5
    assert kept["payload"]["sender"]["login"] == "ann" and "commits" not in kept["payload"]
    assert "email" not in json.dumps(kept["payload"]) and "hooks_url" not in json.dumps(kept["payload"])


def test_nothing_but_the_store_is_asked(on_github, site, secret):
    """The answer waits for nobody else, whatever is going on there."""
    on_github.world.down |= {"orchestrator", "deployer", "scanner"}
    on_github.world.calls.clear()
    assert post(on_github, site, secret).status_code == 202
    assert [(name, method) for name, method, _ in on_github.world.calls] == [("dbproxy", "GET"), ("dbproxy", "PUT")]
    assert post(on_github, site, secret).status_code == 202      # the next one: which webhook it is was seen
    assert [(name, method) for name, method, _ in on_github.world.calls][2:] == [("dbproxy", "PUT")]


def test_a_webhook_made_anew_counts_from_the_next_delivery_on(on_github, site, secret):
    """What was seen of the one before is a guess that the store corrects."""
    assert post(on_github, site, secret).status_code == 202
    site["settings"]["webhook"]["generation"] = 3
    with on_github.app.app_context():
        newer = hook.secret(site["id"], 3).get_secret_value()
    assert post(on_github, site, secret).status_code == 401
    assert post(on_github, site, newer).status_code == 202
    assert post(on_github, site, secret).status_code == 401
    site["settings"] = {}
    assert post(on_github, site, newer).status_code == 401
    del on_github.world.repos[site["id"]]
    assert post(on_github, site, newer).status_code == 404 and len(on_github.world.deliveries) == 2


def test_a_webhook_made_anew_is_known_by_its_own_secret_at_once(on_github, site, secret):
    assert post(on_github, site, secret).status_code == 202
    site["settings"]["webhook"]["generation"] = 3
    with on_github.app.app_context():
        assert post(on_github, site, hook.secret(site["id"], 3).get_secret_value()).status_code == 202


def test_no_more_webhooks_are_remembered_than_need_be(on_github, secret, site, monkeypatch):
    monkeypatch.setattr(generations, "MOST", 1)
    other = on_github.world.add_repo("acme", "other")
    other.update(forge="github", settings={"webhook": {"id": 8, "generation": 5}})
    with on_github.app.app_context():
        assert (generations.look("github", site["id"]), generations.look("github", other["id"])) == (2, 5)
        assert (generations.guess("github", site["id"]), generations.guess("github", other["id"])) == (None, 5)


@pytest.mark.parametrize("headers", [
    lambda body, key: {}, lambda body, key: signed(body, key, "sha1"), lambda body, key: signed(body, "wrong"),
    lambda body, key: signed(body, ""), lambda body, key: signed(body + b" ", key),
    lambda body, key: {"X-Hub-Signature-256": signed(body, key)["X-Hub-Signature-256"].removeprefix("sha256=")},
    lambda body, key: {"X-Hub-Signature-256": "sha256="}, lambda body, key: {"X-Hub-Signature-256": "sha256=é" + "0" * 63}],
    ids=["none", "SHA-1 alone", "another secret", "empty secret", "another body", "no prefix", "no digest", "no ASCII"])
def test_what_is_not_signed_by_us_is_refused(on_github, site, secret, headers):
    """S14."""
    body = json.dumps(PUSH).encode()
    answer = deliver(on_github, f"/webhooks/github/{site['id']}", body, headers(body, secret))
    assert answer.status_code == 401 and answer.json["detail"] == "this delivery is not signed with this webhook's secret"
    assert not on_github.world.deliveries


class Unread(io.BytesIO):
    """A body that nobody should ask for."""

    def read(self, *_):
        raise AssertionError("the body was read")

    readinto = readline = read


@pytest.mark.parametrize("given", [{}, {"X-Hub-Signature": "sha1=" + "a" * 40}, {"X-Hub-Signature-256": "sha1=" + "a" * 64},
                                   {"X-Hub-Signature-256": "sha256=" + "A" * 64}, {"X-Hub-Signature-256": "sha256="}])
def test_what_cannot_be_signed_costs_no_read_of_its_body(on_github, site, secret, given):
    answer = on_github.app.test_client().post(f"/webhooks/github/{site['id']}", input_stream=Unread(), headers={
        "Content-Type": "application/json", "Content-Length": "1000000", "X-GitHub-Event": "push", "X-GitHub-Delivery": "1", **given})
    assert answer.status_code == 401 and on_github.world.calls == []


def test_an_older_secret_and_another_repositorys_are_refused(on_github, site, secret):
    with on_github.app.app_context():
        old, other = hook.secret(site["id"], 1).get_secret_value(), hook.secret(site["id"] + 1, 2).get_secret_value()
    assert post(on_github, site, old).status_code == post(on_github, site, other).status_code == 401


def test_without_a_webhook_nothing_fits(on_github, site, secret):
    """S14: an empty secret is what anybody could sign with."""
    site["settings"] = {}
    assert post(on_github, site, "").status_code == post(on_github, site, secret).status_code == 401


def test_an_unknown_repository_is_404_in_the_same_words_as_a_local_one(on_github, site, secret):
    unknown, local = {"id": 99999}, on_github.repo
    answers = [post(on_github, repo, secret) for repo in (unknown, local)]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].json["detail"] == answers[1].json["detail"]


def test_a_redelivery_of_the_same_guid_is_known(on_github, site, secret):
    first, again = (post(on_github, site, secret, guid="11111111-2222") for _ in range(2))
    assert (first.status_code, again.status_code) == (202, 200) and first.json["delivery"] == again.json["delivery"]
    assert len(on_github.world.deliveries) == 1


def test_a_cookie_and_an_origin_count_for_nothing_here(on_github, site, secret):
    """Exempt from CSRF: the signature is what counts."""
    assert post(on_github, site, secret, environ_overrides={"HTTP_ORIGIN": "https://github.example"}).status_code == 202
    client = on_github.browser("ann")
    body = json.dumps(PUSH).encode()
    answer = client.post(f"/webhooks/github/{site['id']}", data=body, headers={
        **signed(body, secret), "X-GitHub-Event": "push", "X-GitHub-Delivery": "1-1"})
    assert answer.status_code == 202
    assert client.post(f"/webhooks/github/{site['id']}", data=body).status_code == 401


@pytest.mark.parametrize("body", [b"", b"[]", b'"x"', b"{", b"payload=%7B%7D", b"[" * 100_000, b'{"a":' * 50_000])
def test_a_body_that_is_no_json_object_is_refused(on_github, site, secret, body):
    assert post(on_github, site, secret, body).status_code == 400


@pytest.mark.parametrize("options", [{"event": "a b"}, {"event": ""}, {"guid": "../x"}, {"guid": "x" * 101}])
def test_odd_headers_are_refused(on_github, site, secret, options):
    body = json.dumps(PUSH).encode()
    headers = {**signed(body, secret), "X-GitHub-Event": options.get("event", "push"),
               "X-GitHub-Delivery": options.get("guid", "1")}
    assert deliver(on_github, f"/webhooks/github/{site['id']}", body, headers).status_code == 400


def test_25_mb_are_taken_and_more_is_413_before_anything_is_read(on_github, site, secret):
    """S46; GitHub sends at most 25 MB."""
    largest = json.dumps({**PUSH, "filler": ""}).encode()
    largest = largest[:-2] + b"x" * (routes.LARGEST - len(largest)) + b'"}'
    assert len(largest) == routes.LARGEST and post(on_github, site, secret, largest).status_code == 202
    on_github.world.calls.clear()
    assert post(on_github, site, secret, largest[:-2] + b'x"}').status_code == 413
    assert on_github.world.calls == []
    api = on_github.browser().post("/api/v1/signin", data=b"x" * (2 * 1024**2), content_type="application/json")
    assert api.status_code == 413, "other calls keep their own bound"


def test_many_large_bodies_at_once_are_not_all_read(on_github, site, secret, monkeypatch):
    for _ in range(routes.LARGE_AT_ONCE):
        assert routes._large.acquire(blocking=False)
    try:
        big = json.dumps({**PUSH, "filler": "x" * routes.LARGE}).encode()
        assert post(on_github, site, secret, big).status_code == 503
        assert post(on_github, site, secret).status_code == 202
    finally:
        for _ in range(routes.LARGE_AT_ONCE):
            routes._large.release()


def test_a_store_that_is_away_is_said_at_once(on_github, site, secret):
    on_github.world.down.add("dbproxy")
    answer = post(on_github, site, secret)
    assert answer.status_code == 503 and answer.headers["Retry-After"]


@pytest.fixture
def app_secret(on_github, monkeypatch, keys) -> str:
    """The installation is registered as an App, by the setup page."""
    change_settings(on_github, monkeypatch, github_client_id="", github_client_secret=None)
    return "w" * 32


def register(people, keys, hook_secret: str | None) -> None:
    value = json.dumps({"client_secret": "s" * 40, "webhook_secret": hook_secret})
    people.world.forge_apps["github"] = {"kind": "app", "client_id": "Iv23", "sealed": {
        "dashboard": seal(value, keys["dashboard"][1]), "orchestrator": "x"}}
    forget_registration(people.app)


def test_the_apps_entrance_takes_what_the_apps_secret_signed(on_github, site, app_secret, keys):
    body = json.dumps(PUSH).encode()
    assert deliver(on_github, "/webhooks/github", body, signed(body, app_secret)).status_code == 404
    register(on_github, keys, app_secret)
    assert deliver(on_github, "/webhooks/github", body, signed(body, "wrong")).status_code == 401
    answer = deliver(on_github, "/webhooks/github", body, signed(body, app_secret))
    assert answer.status_code == 202 and on_github.world.deliveries[answer.json["delivery"]]["repo"] == site["id"]


def test_an_app_without_a_webhook_secret_takes_nothing(on_github, app_secret, keys):
    """S14."""
    register(on_github, keys, None)
    body = json.dumps(PUSH).encode()
    assert deliver(on_github, "/webhooks/github", body, signed(body, "")).status_code == 401


def test_a_delivery_about_a_repository_that_is_not_connected_is_kept_by_its_name(on_github, app_secret, keys):
    register(on_github, keys, app_secret)
    body = json.dumps({**PUSH, "repository": {"id": 6, "full_name": "acme/other"}}).encode()
    answer = deliver(on_github, "/webhooks/github", body, signed(body, app_secret))
    kept = on_github.world.deliveries[answer.json["delivery"]]
    assert (kept["repo"], kept["repo_path"]) == (None, "acme/other")


def test_essentials_stay_small_and_plain():
    text = "x" * 10_000 + "\0\ud800"
    huge = {**{name: text for name in ("ref", "before", "action")}, "zen": "a\0b\ud800",
            "repository": {"id": 2**70, "full_name": [text]}, "repositories_added": [{"id": 1, "full_name": text}] * 5000,
            "pull_request": {"title": text, "body": text, "head": {"sha": {"nested": text}}}, "commits": [text] * 1000}
    kept = essentials.of(huge)
    told = json.dumps(kept)
    assert len(told.encode()) <= essentials.LARGEST and "\\u0000" not in told and "\\ud800" not in told
    assert kept["zen"] == "ab?" and kept["repository"] == {"id": None, "full_name": None}
    assert kept["pull_request"] == {"title": "x" * essentials.LONGEST, "head": {"sha": None}} and "commits" not in kept


def test_the_secret_is_kept_nowhere(on_github, site, secret):
    """S43: it is derived, and told to nobody but GitHub."""
    assert secret not in json.dumps(on_github.world.repos, default=str) and len(secret) == 64
    assert SecretStr(secret).get_secret_value() == secret
