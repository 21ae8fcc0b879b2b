"""The stand-in is worth nothing where it is kinder than GitHub: PKCE, privacy, signatures, limits, real pushes."""

import base64
import hashlib
import subprocess
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from tests.github import signing
from tests.github.gitrepo import ZERO, git
from tests.github.receiver import Receiver

VERIFIER = "v" * 50
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
BACK = "http://localhost:5000/auth/github/callback"


@pytest.fixture
def app(github):
    return github.world.app("continuum", callbacks=["http://localhost:5000/"])


def authorize(github, app, login="ada", **more):
    """What the browser gets after the button was pressed."""
    asked = {"client_id": app.client_id, "redirect_uri": BACK, "state": "s1", "scope": "repo", **more,
             "code_challenge": CHALLENGE, "code_challenge_method": "S256"}
    answer = requests.post(f"{github.url}/login/oauth/authorize", params=asked, data={"login": login},
                           allow_redirects=False)
    return parse_qs(urlsplit(answer.headers["Location"]).query) if answer.is_redirect else answer


def exchange(github, app, code, **more):
    form = {"client_id": app.client_id, "client_secret": app.client_secret, "code": code, "redirect_uri": BACK,
            "code_verifier": VERIFIER, **more}
    return requests.post(f"{github.url}/login/oauth/access_token", data=form, headers={"Accept": "application/json"}
                         ).json()


def test_a_sign_in_with_pkce_and_state(github, app):
    back = authorize(github, app)
    assert back["state"] == ["s1"]
    token = exchange(github, app, back["code"][0])
    assert token["scope"] == "repo"
    who = requests.get(f"{github.api}/user", headers={"Authorization": f"Bearer {token['access_token']}"}).json()
    assert who["login"] == "ada"


@pytest.mark.parametrize("wrong, problem", [({"code_verifier": "x" * 50}, "bad_verification_code"),
                                            ({"client_secret": "x"}, "incorrect_client_credentials"),
                                            ({"redirect_uri": "http://evil/"}, "redirect_uri_mismatch")])
def test_a_code_is_worth_nothing_to_another_and_good_once(github, app, wrong, problem):
    code = authorize(github, app)["code"][0]
    assert exchange(github, app, code, **wrong)["error"] == problem
    assert exchange(github, app, code)["error"] == "bad_verification_code"


def test_a_sign_in_without_pkce_or_to_elsewhere_is_refused(github, app):
    asked = {"client_id": app.client_id, "redirect_uri": BACK, "state": "s1"}
    assert requests.get(f"{github.url}/login/oauth/authorize", params=asked).status_code == 400
    assert authorize(github, app, redirect_uri="http://evil.example/").status_code == 400
    assert authorize(github, app, login="")["error"] == ["access_denied"]


def test_a_304_costs_nothing_and_the_limit_ends(github):
    github.world.limit = 2
    token = github.world.token("ada")
    headers = {"Authorization": f"Bearer {token.value}"}
    etag = requests.get(f"{github.api}/user", headers=headers).headers["ETag"]
    for _ in range(3):
        same = requests.get(f"{github.api}/user", headers={**headers, "If-None-Match": etag})
        assert (same.status_code, same.headers["X-RateLimit-Remaining"]) == (304, "1")
    assert requests.get(f"{github.api}/user/orgs", headers=headers).headers["X-RateLimit-Remaining"] == "0"
    assert requests.get(f"{github.api}/user", headers=headers).status_code == 403


def test_unknown_tokens_are_401_and_others_private_repositories_404(github, hello):
    url = f"{github.api}/repos/ada/hello"
    assert requests.get(url, headers={"Authorization": "Bearer gho_nobody"}).status_code == 401
    bob = github.world.token("bob").value
    assert requests.get(url, headers={"Authorization": f"Bearer {bob}"}).status_code == 404
    assert requests.get(f"{url}/nope", headers={"Authorization": f"Bearer {bob}"}).json()["message"] == "Not Found"


def remote(github, token):
    return f"{github.url}/ada/hello.git".replace("://", f"://x-access-token:{token}@")


def push(work, *refs, fails=False):
    try:
        git(work, "push", "-q", "origin", *refs, env={"GIT_TERMINAL_PROMPT": "0"})
    except subprocess.CalledProcessError:
        assert fails
    else:
        assert not fails


@pytest.fixture
def work(github, hello, tmp_path):
    """A clone of ada/hello, with ada's token."""
    git(tmp_path, "clone", "-q", remote(github, github.world.token("ada").value), str(tmp_path / "work"))
    return tmp_path / "work"


def commit(work, message):
    git(work, "commit", "-q", "--allow-empty", "-m", message)
    return git(work, "rev-parse", "HEAD")


def test_pushes_by_git_are_delivered_signed_and_in_their_order(github, hello, work):
    with Receiver() as receiver:
        hook = receiver.hook(github.world, hello, ["push", "create", "delete"])
        first = commit(work, "Greet")
        push(work, "main")
        git(work, "tag", "v1")
        push(work, "v1", "main:topic")
        git(work, "commit", "-q", "--amend", "--allow-empty", "-m", "Greet again")
        push(work, "+main")
        push(work, "--delete", "topic")
        github.world.wait_for(lambda: len(hook.deliveries) == 8, "delivery of all eight")
    told = [(item.event, item.payload["ref"], item.payload.get("forced")) for item in receiver.got]
    assert told == [("push", "refs/heads/main", False), ("create", "topic", None), ("push", "refs/heads/topic", False),
                    ("create", "v1", None), ("push", "refs/tags/v1", False), ("push", "refs/heads/main", True),
                    ("push", "refs/heads/topic", False), ("delete", "topic", None)]
    assert all(item.signature == signing.sign(hook.secret, item.body) for item in receiver.got)
    assert receiver.got[0].payload["head_commit"]["id"] == first and receiver.got[6].payload["after"] == ZERO
    assert len({item.guid for item in receiver.got}) == 8


def test_git_asks_for_a_token_that_may(github, hello, work, tmp_path):
    commit(work, "x")
    for value, fails in (("gho_nobody", True), (github.world.token("bob").value, True)):
        git(work, "remote", "set-url", "origin", remote(github, value))
        push(work, "main", fails=fails)
    hello.rights["bob"] = "read"
    push(work, "main", fails=True)
    hello.rights["bob"] = "write"
    push(work, "main")


def test_a_redelivery_keeps_its_id_and_a_lost_one_is_lost(github, hello, work):
    with Receiver() as receiver:
        hook = receiver.hook(github.world, hello, ["push"])
        commit(work, "x")
        push(work, "main")
        github.world.wait_for(lambda: hook.deliveries, "delivery")
        github.world.post.again(hook, hook.deliveries[0])
        github.world.wait_for(lambda: len(hook.deliveries) == 2, "redelivery")
        github.world.post.held = True
        commit(work, "y")
        push(work, "main")
    assert receiver.got[0].guid == receiver.got[1].guid and len(hook.deliveries) == 2


def test_a_push_moves_its_pull_requests_of_forks_too(github, hello, tmp_path):
    fork = github.world.fork(hello, "bob")
    fork.git.commit({"x": "y"}, branch="topic")
    pull = github.world.pull_request(hello, fork, "topic", "bob", "From bob")
    with Receiver() as receiver:
        hook = receiver.hook(github.world, hello, ["pull_request"])
        before = fork.git.all_refs()
        head = fork.git.commit({"x": "z"}, branch="topic")
        github.world.post.pushed(fork, before, "bob")
        github.world.wait_for(lambda: hook.deliveries, "delivery")
    assert [(item.payload["action"], item.payload["pull_request"]["head"]["sha"]) for item in receiver.got] == [
        ("synchronize", head)]
    assert hello.git.head(f"refs/pull/{pull.number}/head") == head


def test_failures_come_as_often_as_asked_for(github):
    github.failures.add("500", "GET .*/user$", times=1)
    github.failures.add("secondary", "/user/orgs", times=1, retry_after=5)
    headers = {"Authorization": f"Bearer {github.world.token('ada').value}"}
    statuses = [requests.get(f"{github.api}/user", headers=headers).status_code for _ in range(2)]
    limited = requests.get(f"{github.api}/user/orgs", headers=headers)
    assert statuses == [500, 200] and (limited.status_code, limited.headers["Retry-After"]) == (403, "5")


def test_a_slow_answer_comes_when_it_is_let(github):
    slow = github.failures.add("slow", "/user$")
    headers = {"Authorization": f"Bearer {github.world.token('ada').value}"}
    with ThreadPoolExecutor() as pool:
        answer = pool.submit(requests.get, f"{github.api}/user", headers=headers)
        assert not answer.done()
        slow.release.set()
        assert answer.result().status_code == 200
