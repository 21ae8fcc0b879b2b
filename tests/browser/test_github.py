"""The story of GitHub, as somebody lives it who has a repository there: sign in, pick, push, green; push, red; a fork."""

import base64
import re
import uuid

import pytest
from playwright.sync_api import Page, expect

from tests.browser.visitor import Visitor
from tests.github.state import RIGHTS
from tests.harness.apps import steady
from tests.harness.github import GitHubWorld, standing_in
from tests.harness.stack import git


def files() -> dict[str, str]:
    made = steady()
    return {**made, "tick.py": f"{made['tick.py']}# {uuid.uuid4()}\n",
            ".continuum.yml": made[".continuum.yml"] + "on: {push: [main], pull_request: true}\n"}


class Story:
    """ann's private repository at GitHub, her clone of it, and her browser; eve has a fork."""

    def __init__(self, github: GitHubWorld, stack, visitor: Visitor, folder):
        self.github, self.stack, self.visitor, self.page, self.folder = github, stack, visitor, visitor.page, folder
        self.name = f"site-{uuid.uuid4().hex[:6]}"
        self.repo = github.world.repo(f"ann/{self.name}", files=files(), private=True, rights={"eve": RIGHTS[0]})
        self.address = f"/repos/github/ann/{self.name}"
        self.work = folder / "work"
        git(folder, "-c", self._login(), "clone", "--quiet", f"{github.world.url}/ann/{self.name}.git", str(self.work))

    def _login(self) -> str:
        """git's configuration with ann's token, as a credential helper would give it."""
        token = self.github.world.token("ann", "repo").value
        return f"http.extraHeader=Authorization: Basic {base64.b64encode(f'x-access-token:{token}'.encode()).decode()}"

    def push(self, path: str, old: str, new: str, message: str) -> str:
        """Change a file, commit, push by git over HTTP; the commit."""
        text = (self.work / path).read_text()
        assert old in text
        (self.work / path).write_text(text.replace(old, new))
        git(self.work, "commit", "--quiet", "--all", "--message", message)
        git(self.work, "-c", self._login(), "push", "--quiet", "origin", "main")
        return git(self.work, "rev-parse", "HEAD")

    @property
    def record(self) -> dict:
        return self.stack.api.get(f"/repos/github/ann/{self.name}")

    def runs(self) -> list[dict]:
        return self.stack.api.get(f"/repos/{self.record['id']}/runs")["items"]

    def run_of(self, commit: str) -> dict:
        found = self.github.until(lambda: next((run for run in self.runs() if run["commit"] == commit), None),
                                  f"a run of {commit[:7]}")
        return self.stack.wait(found["id"])

    def serves(self) -> str:
        return self.stack.fetch(self.record["app"]).text


@pytest.fixture(scope="module")
def github(stack, tmp_path_factory):
    with standing_in(stack, tmp_path_factory.mktemp("github")) as world:
        yield world


@pytest.fixture(scope="module")
def story(github, stack, chromium, tmp_path_factory):
    with Visitor(chromium, stack.api.url) as visitor:
        yield Story(github, stack, visitor, tmp_path_factory.mktemp("clones"))


def authorize(page: Page, login: str, asks: str) -> None:
    """On GitHub's page."""
    expect(page.get_by_role("heading", name="Authorize Continuum")).to_be_visible()
    expect(page.get_by_text(f"Continuum wants: {asks}")).to_be_visible()
    page.get_by_label("Sign in as").fill(login)
    page.get_by_role("button", name="Authorize").click()


def test_ann_signs_in_and_picks_her_repository(story):
    page = story.page
    page.goto("/repos")
    expect(page.get_by_text("will ask you to let Continuum see your public profile")).to_be_visible()
    page.get_by_role("link", name="Sign in with GitHub").click()
    authorize(page, "ann", "public data only")
    page.wait_for_url("**/repos")
    page.get_by_role("link", name="Connect from GitHub").click()
    expect(page.get_by_text("private ones too")).to_be_visible()
    page.get_by_role("link", name="Allow it at GitHub").click()
    authorize(page, "ann", "repo")
    page.wait_for_url("**/repos/github")
    expect(page.get_by_role("button", name=f"Connect ann/{story.name}")).to_be_visible()
    page.get_by_role("button", name=f"Connect ann/{story.name}").click()
    page.wait_for_url(f"**{story.address}")
    expect(page.get_by_text("Every push runs from now on")).to_be_visible()
    assert [hook.url for hook in story.repo.hooks.values()] == [
        f"http://localhost:{story.stack.api.settings['DASHBOARD_PORT']}/webhooks/github/{story.record['id']}"]
    assert story.runs() == [], "what was there before starts nothing"


@pytest.fixture(scope="module")
def wes(story, chromium):
    """Somebody else's tab."""
    with Visitor(chromium, story.stack.api.url) as visitor:
        yield visitor.page


def test_wes_may_look_at_it_while_github_lets_him(story, wes):
    """He loses his right at GitHub at the end of this. For up to a minute nobody here need have heard, so the story goes
    on meanwhile."""
    story.repo.rights["wes"] = RIGHTS[0]
    wes.goto(f"/signin/github?wants=repositories&next={story.address}")
    authorize(wes, "wes", "repo")
    wes.wait_for_url(f"**{story.address}")
    expect(wes.get_by_role("heading", name=story.name)).to_be_visible()
    expect(wes.get_by_role("button", name="full")).to_have_count(0)
    wes.goto("about:blank")      # a page that is open asks on
    del story.repo.rights["wes"]


def test_the_ping_of_the_new_webhook_shows_with_what_became_of_it(story):
    story.page.goto(f"{story.address}/deliveries")
    expect(story.page.locator("#deliveries")).to_contain_text("ping")
    expect(story.page.locator("#deliveries")).to_contain_text("all is set")


def test_a_first_full_run_goes_live(story):
    page = story.page
    page.goto(story.address)
    page.get_by_role("button", name="full").click()
    page.wait_for_url(re.compile(r"/runs/\d+$"))
    ended = story.stack.wait(int(page.url.rsplit("/", 1)[1]))
    assert ended["state"] == "success", ended["reason"]
    assert "version one" in story.serves()


def test_a_push_goes_live_and_the_commit_is_green(story):
    commit = story.push("app.py", 'VERSION = "one"', 'VERSION = "two"', "Make it two")
    ended = story.run_of(commit)
    assert (ended["state"], ended["event"]) == ("success", "push"), ended["reason"]
    status = story.github.wait_for_status(story.repo, commit, "success")
    assert status["target_url"].endswith(f"/runs/{ended['id']}")
    stages = {context: item["state"] for context, item in story.github.statuses(story.repo, commit).items()}
    assert stages.items() >= {f"continuum/{stage}": "success" for stage in ("build", "scan", "deploy", "test")}.items()
    assert "version two" in story.serves()
    story.page.goto(f"{story.address}/deliveries")
    expect(story.page.get_by_role("link", name=f"run {ended['id']}").first).to_be_visible()


def test_a_broken_push_is_red_with_the_reason_and_the_old_version_serves(story):
    commit = story.push("app.py", 'f"version {VERSION}\\n"', '"broken\\n"', "Break it")
    ended = story.run_of(commit)
    assert ended["state"] == "failure" and ended["reason"].startswith("test:"), ended["reason"]
    status = story.github.wait_for_status(story.repo, commit, "failure")
    assert status["description"].startswith("test:"), status
    assert "version two" in story.serves()


def test_a_delivery_that_is_processed_again_starts_nothing(story):
    before = len(story.runs())
    story.page.goto(f"{story.address}/deliveries")
    story.page.get_by_role("button", name="Process delivery").first.click()
    expect(story.page.get_by_text("is being processed again")).to_be_visible()
    expect(story.page.locator("#deliveries tbody tr").first).to_contain_text("as is known")
    assert len(story.runs()) == before


@pytest.fixture(scope="module")
def pull(story):
    """eve's pull request from her fork: it would print a secret if it got one."""
    world = story.github.world
    fork = world.fork(story.repo, "eve")
    world.commit(fork, {"app.py": (files()["app.py"]).replace('"one"', '"eve\'s"')}, message="Greet from a fork", by="eve")
    return world.pull(story.repo, fork, "main", title="Greet from a fork", author="eve")


def test_a_pull_request_of_a_fork_waits(story, pull):
    page = story.page
    page.goto(story.address)
    expect(page.locator("#waiting-pulls")).to_contain_text("1 pull request from forks waits for approval")
    assert [run for run in story.runs() if run["commit"] == pull.head_sha] == []
    page.locator("#waiting-pulls").get_by_role("link", name="Greet from a fork").click()
    expect(page.get_by_text(pull.head_sha).first).to_be_visible()
    expect(page.get_by_text("eve").first).to_be_visible()


def test_approved_it_runs_without_going_live(story, pull):
    page = story.page
    page.goto(f"{story.address}/pulls/{pull.number}")
    page.get_by_role("button", name=f"Approve and run {pull.head_sha[:7]} by eve").click()
    page.wait_for_url(re.compile(r"/runs/\d+$"))
    ended = story.run_of(pull.head_sha)
    assert (ended["state"], ended["event"]) == ("success", "pull_request"), ended["reason"]
    assert "promote" not in {job["stage"] for job in ended["jobs"] if job["state"] == "success"}
    assert "version two" in story.serves()
    page.goto(f"{story.address}/pulls/{pull.number}")
    expect(page.get_by_text("Approved", exact=True)).to_be_visible()


def test_who_lost_the_right_there_has_lost_it_here(story, wes):
    """wes could read until GitHub said no; what he then sees is what a stranger sees."""
    story.github.until(lambda: wes.request.get(story.address).status == 404, "the right to be gone", 90)


def test_a_token_revoked_at_github_signs_ann_out_with_a_sentence(story):
    page = story.page
    for token in story.github.world.tokens.values():
        if token.account and token.account.login == "ann":
            token.revoked = True
    story.github.until(lambda: "/signin" in page.goto(story.address).url, "GitHub's no to be heard", 90)
    expect(page.get_by_text("GitHub does not accept your sign-in any more")).to_be_visible()
