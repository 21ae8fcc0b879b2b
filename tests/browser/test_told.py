"""Long work: a toast for what one began and cannot see, one notification for what one asked to be told of."""

import re

import pytest
from playwright.sync_api import expect

from cli.waiting import wait_for
from tests.browser.addresses import of_repo
from tests.browser.repos import quiet

NOTED = """
window.noted = JSON.parse(sessionStorage.getItem("noted") ?? "[]");
window.Notification = class {
  static requestPermission() { return Promise.resolve("granted"); }
  constructor(title, options) {
    noted.push([title, options.tag]);
    sessionStorage.setItem("noted", JSON.stringify(noted));
  }
};
"""


@pytest.fixture
def starts(page, stack):
    """Press a button of a fresh repository; the run's number."""
    def start(name: str, **what) -> int:
        repo = stack.repo_of(quiet(**what), name)
        page.goto(of_repo(repo))
        page.get_by_role("button", name="build", exact=True).click()
        page.wait_for_url("**/runs/*")
        return int(page.url.rsplit("/", 1)[1])
    return start


def test_a_success_is_told_elsewhere_for_8_seconds(page, stack, starts):
    page.clock.install()
    run = starts("toasted", build_ticks=20)
    page.goto("/status")
    stack.wait(run)
    toast = page.locator(".toasts .notice")
    expect(toast).to_contain_text(f"{run} success")
    page.clock.fast_forward(7000)
    expect(toast).to_be_visible()
    page.clock.fast_forward(1500)
    expect(toast).to_have_count(0)
    page.reload()
    expect(page.locator("#status")).to_be_visible()
    expect(toast).to_have_count(0)


def test_a_failure_stays_until_it_is_closed(page, stack):
    page.clock.install()
    files = quiet(build_ticks=20)
    files["Dockerfile"] = files["Dockerfile"].replace("COPY app.py .", "RUN exit 3\nCOPY app.py .")
    repo = stack.repo_of(files, "broken")
    page.goto(of_repo(repo))
    page.get_by_role("button", name="build", exact=True).click()
    page.wait_for_url("**/runs/*")
    run = int(page.url.rsplit("/", 1)[1])
    page.goto("/status")
    stack.wait(run)
    toast = page.locator(".toasts").get_by_role("alert")
    expect(toast).to_contain_text(f"build · {repo.owner}/{repo.name} {run} failure")
    page.clock.fast_forward(60_000)
    expect(toast).to_be_visible()
    toast.get_by_role("button", name="Close").click()
    expect(toast).to_have_count(0)


def test_a_success_is_told_though_its_repository_cannot_be_named(page, stack, starts):
    run = starts("nameless", build_ticks=20)
    page.route("**/api/v1/repos/*", lambda route: route.abort())
    page.goto("/status")
    stack.wait(run)
    expect(page.locator(".toasts .notice")).to_contain_text(f"{run} success")


def test_who_looks_at_the_run_needs_no_toast(page, stack, starts):
    run = starts("watched")
    expect(page.locator("#run-head")).to_have_attribute("data-over", "true")
    stack.wait(run)
    expect(page.locator(".toasts .notice")).to_have_count(0)
    page.goto("/status")
    expect(page.locator("#status")).to_be_visible()
    expect(page.locator(".toasts .notice")).to_have_count(0)


def test_one_notification_a_run_however_many_tabs(page, stack, starts):
    page.context.add_init_script(NOTED)
    run = starts("noted", build_ticks=30)
    page.get_by_role("button", name="Tell me when it ends").click()
    expect(page.get_by_role("button", name="You will be told")).to_be_disabled()
    tabs = [page, *(page.context.new_page() for _ in range(2))]
    for tab in tabs[1:]:
        tab.goto("/status")
    stack.wait(run)
    page.bring_to_front()
    expect(page.locator("#run-head")).to_have_attribute("data-over", "true")
    wait_for(lambda: [note for tab in tabs for note in tab.evaluate("noted")], "somebody to be told", 30)
    noted = [note for tab in tabs for note in tab.evaluate("noted")]
    assert [tag for _, tag in noted] == [f"run-{run}"] and "success" in noted[0][0]


def test_the_title_and_the_icon_tell_the_stage(page, stack, starts):
    run = starts("titled", build_ticks=20)
    expect(page).to_have_title(re.compile("^◐ build · "))
    stack.wait(run)
    expect(page).to_have_title(re.compile("^✓ build · "))
    expect(page.locator("#favicon")).to_have_attribute("href", re.compile("success.svg$"))
