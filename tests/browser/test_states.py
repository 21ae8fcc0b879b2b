"""What pages say of an app that is down, of pushes that started no run, and of who may have a submodule."""

import re

from playwright.sync_api import expect

from cli.proc import run
from tests.browser.addresses import of_repo
from tests.browser.repos import quiet
from tests.harness.life import PID_FILE, container, live
from tests.harness.stack import git


def test_an_app_that_is_down_is_green_nowhere(page, stack):
    """Its volume survives the container, so that it comes up neither again nor anew."""
    repo = live(stack, broken=PID_FILE.replace("/tmp/", "/data/"), more="VOLUME /data\n")
    page.goto(of_repo(repo))
    state = page.locator("#overview .livenow .state")
    expect(state).to_have_text("Live")
    run(["docker", "stop", "--time", "0", container(repo)])
    expect(state).to_have_text("down", timeout=60_000)
    expect(page.locator("#overview .livenow")).to_contain_text("down")
    expect(page.locator("#overview .livenow .muted.cut")).to_have_attribute("title", re.compile("already running"))
    page.goto(f"{of_repo(repo)}/deployments")
    expect(page.locator("#deployments tbody tr").first.locator(".state")).to_have_text("down")
    expect(page.locator("#deployments tbody tr").first).to_contain_text("already running")
    page.goto(f"/repos?q={repo.owner}")
    row = page.locator(f"#repo-{repo.id} .name")
    expect(row.locator(".state")).to_have_class("state failure")
    expect(row).to_contain_text("down")


def test_a_push_that_starts_no_run_says_why_without_a_reload(page, stack):
    files = quiet()
    files[".continuum.yml"] = files[".continuum.yml"].replace("on: {push: []}", "on: {push: [main]}")
    repo = stack.repo_of(files, "pushed")
    page.goto(of_repo(repo))
    git(repo.work, "checkout", "--quiet", "-b", "aside")
    repo.write("a.txt", "x")
    commit = repo.commit("Aside")
    repo.push("aside")
    row = page.locator("#pushes tbody tr").filter(has_text="aside").first
    expect(row).to_contain_text("no glob of on.push matches aside")
    expect(row).to_contain_text("none")
    expect(row.locator(".code")).to_have_text(commit[:7])


def test_who_may_have_a_submodule_is_set_on_the_settings_page(page, stack):
    repo = stack.repo_of(quiet(), "shared")
    page.goto(f"{of_repo(repo)}/settings")
    section = page.locator("#sharing")
    field = section.get_by_label("Owners and repositories")
    field.fill("../bob")
    section.get_by_role("button", name="Save").click()
    expect(page.locator("#sharing [role=alert]")).to_be_visible()
    expect(page.locator("#sharing textarea")).to_have_value("../bob")
    page.locator("#sharing textarea").fill("bob/app\ncarol")
    page.locator("#sharing").get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    page.reload()
    expect(page.locator("#sharing textarea")).to_have_value("bob/app\ncarol")
