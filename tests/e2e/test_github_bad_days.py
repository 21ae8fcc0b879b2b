"""GitHub's bad days through the whole installation: runs and pages say what happened, nothing hangs, and nothing of it
touches other repositories. Renames, transfers, force pushes, pushes of 2,000 commits, limits and odd answers are in
tests/unit/orchestrator/test_on_github.py and tests/contract/github/test_bad_days.py, over real connections too.
"""

from __future__ import annotations

import hashlib
import hmac
import html
import json
import re
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from tests.github import pushes, store
from tests.harness.github import standing_in
from tests.security.people import Browser

CALLBACK = "/signin/github/callback"
LASTS = "FROM debian:trixie-slim\nRUN for n in 1 2 3 4 5 6 7 8; do echo $n; sleep 0.5; done # %s\n"


def files(dockerfile: str = "FROM debian:trixie-slim\n") -> dict[str, str]:
    return {"Dockerfile": dockerfile, ".continuum.yml": "deploy: none\non: {push: ['*']}\n", "note": uuid.uuid4().hex}


class Connected:
    """A repository of ann's with its webhook."""

    def __init__(self, world, stack, browser: Browser):
        self.world, self.stack, self.browser = world, stack, browser
        self.repo = world.world.repo(f"ann/bad-{uuid.uuid4().hex[:6]}", files=files(), private=True)
        self.address = f"/repos/github/{self.repo.path}"
        assert browser.post("/repos/github", {"owner": "ann", "name": self.repo.name}, csrf=browser.csrf()).status_code == 303
        self.number = stack.api.get(self.address)["id"]
        (self.hook,) = self.repo.hooks.values()

    def push(self, branch: str = "main", **more: str) -> str:
        return self.world.world.commit(self.repo, {"note": uuid.uuid4().hex, **more}, branch=branch)

    def runs(self) -> list[dict]:
        return self.stack.api.get(f"/repos/{self.number}/runs")["items"]

    def run_of(self, commit: str, limit: float = 60) -> dict:
        return self.world.until(lambda: next((run for run in self.runs() if run["commit"] == commit), None),
                                f"a run of {commit[:7]}", limit)

    def deliveries(self) -> list[dict]:
        return self.stack.api.get(f"/repos/{self.number}/deliveries", per_page=100)["items"]

    def says(self, words: str) -> None:
        def look():
            return words in html.unescape(re.sub(r"<[^>]+>", "", self.browser.get(self.address).text))
        self.world.until(look, f"the page to say {words}")

    def deliver(self, payload: bytes, secret: str = "") -> requests.Response:
        signed = hmac.new((secret or self.hook.secret).encode(), payload, hashlib.sha256).hexdigest()
        with requests.Session() as session:
            session.trust_env = False
            return session.post(self.hook.url, data=payload, timeout=60, headers={
                "Content-Type": "application/json", "X-GitHub-Event": "push", "X-GitHub-Delivery": str(uuid.uuid4()),
                "X-Hub-Signature-256": f"sha256={signed}"})

    def payload(self, **more) -> bytes:
        return json.dumps({"ref": "refs/heads/main", "repository": {"id": self.repo.id, "full_name": self.repo.path}, **more}).encode()


@pytest.fixture(scope="module")
def world(stack, tmp_path_factory):
    with standing_in(stack, tmp_path_factory.mktemp("github")) as world:
        yield world


@pytest.fixture(scope="module")
def browser(world):
    made = Browser(world.dashboard)
    location = made.get("/signin/github?wants=repositories").headers["Location"]
    assert made.get(CALLBACK, params=world.authorized(location, "ann")).status_code == 303
    return made


@pytest.fixture
def repo(world, stack, browser):
    yield Connected(world, stack, browser)
    world.world.faults.clear()


@pytest.mark.parametrize("kind", ["slow", "500", "html", "secondary"])
def test_while_github_has_a_bad_day_a_push_waits_pages_answer_and_the_local_forge_works(repo, stack, kind):
    other = stack.repo_of(files())
    repo.world.world.faults.add(kind, "^/api/v3/repos/", seconds=30 if kind == "slow" else 3)
    commit = repo.push()
    told = {"slow": "in time", "500": "answered 500", "html": "something else", "secondary": "asks for quiet"}[kind]
    repo.world.until(lambda: any(told in (item["outcome"] or "") for item in repo.deliveries()), f"the delivery to say {told}")
    assert repo.browser.get("/repos/add").status_code in (200, 403)
    other.write("note", uuid.uuid4().hex)
    mine = other.commit("Meanwhile")
    other.push()
    assert stack.wait(other.wait_for_push_run(mine)["id"])["state"] == "success"
    repo.world.world.faults.clear()
    assert stack.wait(repo.run_of(commit, 120)["id"])["state"] == "success"


def test_a_hook_secret_that_was_changed_by_hand_is_401_there_and_mended_by_one_press(repo):
    repo.hook.secret = "by hand"
    repo.push()
    repo.world.world.outbox.wait()
    assert repo.world.world.outbox.deliveries[-1].status == 401
    assert repo.browser.post(f"{repo.address}/settings/webhook", {"do": "make"}, csrf=repo.browser.csrf()).status_code == 303
    commit = repo.push()
    assert repo.stack.wait(repo.run_of(commit)["id"])["state"] == "success"


def test_a_branch_that_is_deleted_in_the_middle_of_its_run_ends_nothing(repo):
    commit = repo.push("topic", Dockerfile=LASTS % uuid.uuid4().hex)
    run = repo.run_of(commit)
    repo.stack.wait_stage(run["id"], "build")
    before = store.refs(repo.repo.folder)
    store.git(repo.repo.folder, "update-ref", "-d", "refs/heads/topic")
    pushes.arrived(repo.world.world, repo.repo, before, repo.repo.owner)
    assert repo.stack.wait(run["id"])["state"] == "success"
    repo.world.until(lambda: any("topic was deleted" in (item["outcome"] or "") for item in repo.deliveries()), "the end to be noted")


def test_a_commit_that_was_force_pushed_away_before_anybody_looked_runs_nothing(repo):
    """What took its place runs, as soon as GitHub answers again."""
    repo.world.world.faults.add("500", "^/api/v3/repos/")
    lost = repo.push()
    before = store.refs(repo.repo.folder)
    store.git(repo.repo.folder, "update-ref", "refs/heads/main", f"{lost}~1")
    kept = store.write(repo.repo.folder, "main", {"note": uuid.uuid4().hex}, "Instead")
    pushes.arrived(repo.world.world, repo.repo, before, repo.repo.owner)
    repo.world.world.faults.clear()
    found = repo.stack.wait(repo.run_of(kept, 120)["id"])
    assert found["state"] == "success", found["reason"]
    repo.world.until(lambda: all(item["state"] == "done" for item in repo.deliveries()), "all to be judged", 120)
    assert lost not in {run["commit"] for run in repo.runs()}


@pytest.mark.parametrize("what, words", [("deleted", "GitHub shows this repository no more"), ("archived", "It is archived at GitHub")])
def test_what_became_of_the_repository_is_said_on_its_page(repo, what, words):
    """The owner of the installation sees it, whatever GitHub lets others see."""
    owner = Browser(repo.world.dashboard)
    owner.sign_in(repo.stack.api.settings["OWNER_LOGIN"], repo.stack.api.settings["OWNER_PASSWORD"])
    repo.browser = owner
    if what == "deleted":
        repo.world.world.delete(repo.repo)
    else:
        repo.world.world.change(repo.repo, "archived", archived=True)
    repo.says(words)


def test_a_repository_that_is_made_private_is_private_here(repo, world, stack):
    public = world.world.repo(f"ann/open-{uuid.uuid4().hex[:6]}", files=files())
    repo.browser.post("/repos/github", {"owner": "ann", "name": public.name}, csrf=repo.browser.csrf())
    assert stack.api.get(f"/repos/github/{public.path}")["private"] is False
    world.world.change(public, "privatized", private=True)
    world.until(lambda: stack.api.get(f"/repos/github/{public.path}")["private"], "it to be private")


def test_a_thousand_pushes_are_few_looks_and_one_run_and_others_are_served(repo, world, stack, browser):
    other = Connected(world, stack, browser)
    commit = store.write(repo.repo.folder, "main", {"note": uuid.uuid4().hex}, "The last of a thousand")
    world.world.seen.clear()
    with ThreadPoolExecutor(8) as pool:
        answers = [answer.status_code for answer in pool.map(lambda number: repo.deliver(repo.payload(number=number)), range(1000))]
        theirs = other.push()
        assert set(answers) == {202}
        assert stack.wait(other.run_of(theirs)["id"])["state"] == "success"
    assert stack.wait(repo.run_of(commit)["id"])["state"] == "success"
    world.until(lambda: stack.api.get(f"/repos/{repo.number}/deliveries", state="queued")["total"] == 0, "all to be judged", 120)
    assert len([run for run in repo.runs() if run["commit"] == commit]) == 1
    asked = [path for method, path, status in world.world.seen if repo.repo.path in path and method == "GET" and status != 304]
    assert len(asked) < 100, len(asked)


def test_a_payload_of_25_mb_is_taken_and_one_byte_more_is_not(repo):
    commit = store.write(repo.repo.folder, "main", {"note": uuid.uuid4().hex}, "Large")
    small = repo.payload(filler="")
    whole = small[:-2] + b"x" * (25 * 1024**2 - len(small)) + b'"}'
    assert repo.deliver(whole[:-2] + b'x"}').status_code == 413
    assert repo.deliver(whole).status_code == 202
    assert repo.stack.wait(repo.run_of(commit)["id"])["state"] == "success"
