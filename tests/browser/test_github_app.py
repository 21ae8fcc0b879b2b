"""The story of a GitHub App: made from a manifest, installed, and from then on it is the App that acts: it fetches the
code, hears of pushes, annotates; and it is told in words when somebody takes it away."""

import base64
import uuid

import pytest
from playwright.sync_api import expect

from tests.browser.visitor import Visitor
from tests.harness import faults
from tests.harness.apps import steady
from tests.harness.github import GitHubWorld, standing_in
from tests.harness.settings import KNOW_GITHUB, changed
from tests.harness.stack import git

REPORT = '''\
import sys
print("one of two failed")
open("report.xml", "w").write("""<testsuite name="s"><testcase classname="c" name="fine"/><testcase classname="c"
 name="total" file="test_cart.py" line="12"><failure message="3 is not 4"/></testcase></testsuite>""")
sys.exit(1)
'''
FINE, VULNERABLE = (f'{{"name": "minimist", "version": "{version}"}}\n' for version in ("1.2.8", "1.2.5"))


def files() -> dict[str, str]:
    made = steady()
    config = made[".continuum.yml"].replace("test:", "scan: {fail_on: never, first: true}\ntest:") + "on: {push: [main]}\n"
    dockerfile = made["Dockerfile"].replace("COPY app.py .", "COPY package.json node_modules/minimist/\nCOPY *.py ./")
    return {**made, "Dockerfile": dockerfile, "package.json": FINE, ".continuum.yml": config,
            "tick.py": f"{made['tick.py']}# {uuid.uuid4()}\n"}


class Story:
    """ann's private repository, its clone, her browser and the owner's of this installation."""

    def __init__(self, github: GitHubWorld, stack, ann: Visitor, owner: Visitor, folder):
        self.github, self.stack, self.ann, self.owner = github, stack, ann.page, owner.page
        self.name = f".shop-{uuid.uuid4().hex[:6]}"      # as `.github` is called
        self.repo = github.world.repo(f"ann/{self.name}", files=files(), private=True)
        self.address = f"/repos/github/ann/{self.name}"
        self.work = folder / "work"
        token = github.world.token("ann", "repo").value
        self._login = f"http.extraHeader=Authorization: Basic {base64.b64encode(f'x:{token}'.encode()).decode()}"
        git(folder, "-c", self._login, "clone", "--quiet", f"{github.world.url}/ann/{self.name}.git", str(self.work))
        github.world.fetched.clear()

    def push(self, message: str, **changes: str) -> str:
        for name, text in changes.items():
            (self.work / name).write_text(text)
        git(self.work, "add", "--all")
        git(self.work, "commit", "--quiet", "--allow-empty", "--message", message)
        git(self.work, "-c", self._login, "push", "--quiet", "origin", "main")
        return git(self.work, "rev-parse", "HEAD")

    @property
    def record(self) -> dict:
        return self.stack.api.get(f"/repos/github/ann/{self.name}")

    def run_of(self, commit: str) -> dict:
        def look():
            runs = self.stack.api.get(f"/repos/{self.record['id']}/runs")["items"]
            return next((run for run in runs if run["commit"] == commit), None)
        return self.github.until(look, f"a run of {commit[:7]}")

    def succeeds(self, run: dict) -> None:
        ended = self.stack.wait(run["id"])
        assert ended["state"] == "success", ended["reason"]

    def check_of(self, commit: str) -> dict:
        def look():
            return next((each for each in list(self.repo.checks.values()) if each["head_sha"] == commit), None)
        return self.github.until(look, f"a check run of {commit[:7]}", 120)

    def tokens_of_ann(self) -> list:
        """Those that the App's sign-in gave her and that count."""
        return [token for token in self.github.world.tokens.values()
                if token.account and token.client is self.app.oauth and not token.revoked]

    def deployments_of(self, commit: str) -> list[dict]:
        return [each for each in list(self.repo.deployments.values()) if each["sha"] == commit]

    def ends_of(self, deployment: dict) -> list[str]:
        return [told["state"] for told in self.repo.deployment_statuses.get(deployment["id"], [])]

    @property
    def app(self):
        return next(iter(self.github.world.apps.values()))

    @property
    def installation(self):
        return next(iter(self.github.world.installations.values()))

    def notice(self, words: str | None) -> None:
        """On the repository's page, for the owner of this installation."""
        def look():
            self.owner.goto(self.address)
            found = self.owner.locator("p.notice")
            return found.count() == 0 if words is None else found.count() > 0 and words in found.first.inner_text()
        self.github.until(look, f"the page to say {words}")


@pytest.fixture(scope="module")
def github(stack, tmp_path_factory):
    with standing_in(stack, tmp_path_factory.mktemp("github")) as world:
        with changed(stack, KNOW_GITHUB, GITHUB_CLIENT_ID="", GITHUB_CLIENT_SECRET=""):
            yield world
            stack.api.delete("/forges/github/app")


@pytest.fixture(scope="module")
def story(github, stack, chromium, tmp_path_factory):
    with Visitor(chromium, stack.api.url) as ann, Visitor(chromium, stack.api.url) as owner:
        owner.sign_in(stack.api.settings["OWNER_LOGIN"], stack.api.settings["OWNER_PASSWORD"])
        yield Story(github, stack, ann, owner, tmp_path_factory.mktemp("clones"))


def test_the_app_is_made_and_installed(story):
    page = story.owner
    page.goto("/setup/github")
    page.get_by_role("button", name="Create the App at GitHub").click()
    page.get_by_label("Signed in as").fill("ann")
    page.get_by_role("button", name="Create GitHub App").click()
    page.wait_for_url("**/setup/github")
    page.get_by_role("link", name="Install it on repositories").click()
    page.get_by_label("Signed in as").fill("ann")
    page.get_by_role("button", name="Install").click()
    page.wait_for_url("**/repos**")
    assert story.installation.app is story.app and story.app.hook_url.endswith("/webhooks/github")


def test_ann_signs_in_by_it_and_is_asked_nothing_more(story):
    """Also when her token ends, as after eight hours: it is renewed, and the page that she asks for comes."""
    page = story.ann
    page.goto("/signin/github?next=/account")
    expect(page.get_by_text("wants: public data only")).to_be_visible()
    page.get_by_label("Sign in as").fill("ann")
    page.get_by_role("button", name="Authorize").click()
    page.wait_for_url("**/account")
    (before,) = story.tokens_of_ann()
    before.expires = 0
    page.goto("/repos/github")
    page.get_by_role("button", name=f"Connect ann/{story.name}").click()
    page.wait_for_url(f"**{story.address}")
    expect(page.get_by_text("Every push runs from now on")).to_be_visible()
    page.goto(f"{story.address}/settings")
    expect(page.get_by_text("The GitHub App, as installed by")).to_be_visible()
    expect(page.locator("#webhook")).to_contain_text("made with the GitHub App")
    assert before.revoked and len(story.tokens_of_ann()) == 1, "a renewal ends the token before it"


def test_a_push_comes_by_the_apps_webhook_and_is_fetched_by_the_app(story):
    commit = story.push("Make it two", **{"app.py": files()["app.py"].replace('"one"', '"two"')})
    run = story.run_of(commit)
    story.succeeds(run)
    sent = [each for each in story.github.world.outbox.deliveries if each.event == "push"]
    assert {(each.url, each.status) for each in sent} >= {(story.app.hook_url, 202)}
    tokens = [token for path, token in story.github.world.fetched if path == story.repo.path]
    assert tokens and all(token and token.installation is story.installation and token.only == [story.repo.id] for token in tokens)
    status = story.github.wait_for_status(story.repo, commit, "success")
    assert status["creator"]["login"] == story.app.bot.login
    assert story.check_of(commit)["conclusion"] == "success"


def test_failed_tests_and_findings_are_annotations_at_file_and_line(story):
    config = (story.work / ".continuum.yml").read_text()
    commands = config.replace("test:\n", 'test:\n  commands: [{run: [python, report.py], junit: "*.xml"}]\n')
    commit = story.push("Break a test", **{"report.py": REPORT, ".continuum.yml": commands, "package.json": VULNERABLE})
    assert story.stack.wait(story.run_of(commit)["id"])["state"] == "failure"
    check = story.check_of(commit)
    assert check["conclusion"] == "failure" and check["app"]["id"] == story.app.id
    told = {(each["path"], each["start_line"], each["annotation_level"], each["message"]) for each in check["annotations"]}
    assert ("test_cart.py", 12, "failure", "3 is not 4") in told, told
    assert any(path == "package.json" and line == 1 and "minimist 1.2.5" in text for path, line, _, text in told), told
    story.succeeds(story.run_of(story.push("Mend it", **{".continuum.yml": config})))


def test_a_token_that_ends_in_the_middle_of_a_run_is_made_anew(story):
    dockerfile = (story.work / "Dockerfile").read_text()
    commit = story.push("Last longer", Dockerfile=dockerfile.replace(
        "COPY *.py ./", f"RUN python tick.py 30 0.1 {uuid.uuid4().hex}\nCOPY *.py ./"))
    run = story.run_of(commit)
    story.stack.wait_stage(run["id"], "build")
    story.github.until(lambda: any(path == story.repo.path for path, _ in story.github.world.fetched), "the code to be fetched")
    before = [token for token in story.github.world.tokens.values() if token.installation]
    for token in before:
        token.expires = 0
    story.succeeds(run)
    story.github.wait_for_status(story.repo, commit, "success")
    assert story.check_of(commit)["conclusion"] == "success"
    assert any(token.installation and token not in before for token in list(story.github.world.tokens.values()))


def test_an_orchestrator_that_dies_in_the_middle_shows_one_deployment(story):
    config = (story.work / ".continuum.yml").read_text()
    lasts = config.replace("test:\n", 'test:\n  commands: [{run: [python, tick.py, "50", "0.1"]}]\n')
    commit = story.push("Test longer", **{".continuum.yml": lasts})
    run = story.run_of(commit)
    story.stack.wait_stage(run["id"], "test")
    story.github.until(lambda: bool(story.deployments_of(commit)), "the deployment to be shown")
    faults.kill_9(story.stack, "orchestrator")
    story.succeeds(run)
    story.github.until(lambda: any(map(story.ends_of, story.deployments_of(commit))), "its end to be shown")
    assert [story.ends_of(each) for each in story.deployments_of(commit)] == [["success"]]


def test_a_suspended_installation_is_told_in_words(story):
    story.github.world.suspend(story.installation)
    story.notice("the installation of our GitHub App there is suspended: whoever suspended it unsuspends it")
    page = story.owner
    page.get_by_role("button", name="full").click()
    expect(page.get_by_text("is suspended").first).to_be_visible()
    story.github.world.suspend(story.installation, False)
    story.notice(None)


def test_an_installation_that_was_removed_is_told_in_words_and_comes_back(story):
    story.github.world.uninstall(story.installation)
    story.notice(f"the GitHub App is not installed on ann/{story.name}")
    story.owner.goto(f"{story.address}/settings")
    expect(story.owner.locator("#webhook")).to_contain_text("is not installed on")
    story.github.world.install(story.app, "ann")
    story.notice(None)
    commit = story.push("Again")
    story.succeeds(story.run_of(commit))


def test_a_renewal_that_github_refuses_signs_ann_out_with_a_sentence(story):
    for token in story.tokens_of_ann():
        token.revoked = True
    story.github.until(lambda: "/signin" in story.ann.goto(story.address).url, "GitHub's no to be heard", 90)
    expect(story.ann.get_by_text("GitHub does not accept your sign-in any more")).to_be_visible()
