"""Stories 15 to 18 and 21: retry, cancel, waive, roll back, and all of it by keyboard."""

import pytest
from playwright.sync_api import expect

from tests.browser.addresses import of_repo
from tests.browser.repos import quiet
from tests.harness.apps import crowded

FOCUSED = "(document.activeElement.getAttribute('aria-label') ?? document.activeElement.textContent).trim()"
LONG = 600      # ticks of 0.1 s: a stage that would last a minute


def test_retry_reuses_image_and_scan(page, stack):
    """Story 15."""
    files = quiet()
    files[".continuum.yml"] = files[".continuum.yml"].replace("contains: version", "contains: something else") \
        + "scan: {first: true}\n"      # else the failing test cancels the scan, which is then made again
    run = stack.wait(stack.repo_of(files, "retried").run("full")["id"])["id"]
    page.goto(f"/runs/{run}")
    expect(page.get_by_role("button", name="New run")).to_be_visible()
    page.get_by_role("button", name="Retry from test").click()
    expect(page.locator(".rail .stage-test")).to_contain_text("attempt 2")
    expect(page.locator("#run-head")).to_have_attribute("data-over", "true")
    attempts = {stage: [job["attempt"] for job in stack.api.get(f"/runs/{run}")["jobs"] if job["stage"] == stage]
                for stage in ("build", "scan", "test")}
    assert attempts == {"build": [1], "scan": [1], "test": [1, 2]}


@pytest.mark.parametrize(("stage", "options"), [("build", {"build_ticks": LONG}), ("deploy", {"start_ticks": LONG}),
                                                ("test", {"test_ticks": LONG})])
def test_cancel_in_each_stage_is_told_by_name(page, stack, stage, options):
    """Story 16."""
    run = stack.repo_of(quiet(**options), f"long-{stage}").run("full")["id"]
    page.goto(f"/runs/{run}")
    cancel(page, stack, stage)


def test_cancel_in_the_scan_is_told_by_name(page, stack):
    """Story 16."""
    run = stack.repo_of(crowded(quiet()), "long-scan").run("full")["id"]
    page.goto(f"/runs/{run}")
    cancel(page, stack, "scan")


def cancel(page, stack, stage: str) -> None:
    """Once the stage runs; the page has known of the run from before."""
    expect(page.locator(f".rail li.stage-{stage}.running")).to_be_visible()
    page.get_by_role("button", name="Cancel").click()
    expect(page.locator("#run-head > header .state")).to_have_text("canceled")
    expect(page.locator("#run-head .reason")).to_contain_text(f"canceled by {stack.api.settings['OWNER_LOGIN']}")
    expect(page.locator(".rail li.running")).to_have_count(0)
    run = stack.api.get(f"/runs/{int(page.url.rsplit('/', 1)[1])}")
    assert next(job["state"] for job in run["jobs"] if job["stage"] == stage) == "canceled"


def test_a_waiver_lets_the_next_run_pass_the_gate(page, stack):
    """Story 17."""
    repo = stack.repo("vulnerable")
    run = stack.wait(repo.run("full")["id"])["id"]
    page.goto(f"/runs/{run}/findings")
    expect(page.locator(".gate")).to_contain_text("Gate: failure")
    page.get_by_role("row", name="CVE-2021-44906").get_by_role("link", name="Waive").click()
    dialog = page.locator("dialog")
    dialog.get_by_label("Reason").fill("no input reaches it")
    dialog.get_by_role("button", name="Waive").click()
    expect(page.get_by_text("CVE-2021-44906 is set aside")).to_be_visible()
    page.goto(f"/runs/{run}")
    page.get_by_role("button", name="New run").click()
    expect(page.locator("h1")).not_to_have_text(f"Run {run}")
    expect(page.locator(".rail .stage-scan.success")).to_be_visible()
    expect(page.locator(".rail .stage-scan .caveat")).to_have_text("no full database")
    page.get_by_role("link", name="Findings").click()
    expect(page.locator(".gate .state.pending")).to_have_text("Gate: passed, no full database")
    expect(page.get_by_role("row", name="CVE-2021-44906")).to_contain_text("waived")


def test_rollback_names_the_digest_and_the_old_version_serves(page, stack, lived):
    """Story 18."""
    kept = next(item for item in lived.deployments() if item["state"] == "kept")
    before = lived.fetch().text
    page.goto(of_repo(lived))
    page.get_by_role("link", name="Rollback").click()
    dialog = page.locator("dialog")
    expect(dialog).to_contain_text(kept["digest"].removeprefix("sha256:")[:12])
    expect(dialog).to_contain_text(kept["commit"][:7])
    dialog.get_by_role("button", name="Roll back to").click()
    expect(page.get_by_text("Rolling back: run")).to_be_visible()
    run = lived.runs()[0]["id"]
    assert stack.wait(run)["state"] == "success"
    assert lived.fetch().text != before
    expect(page.locator("#deployments")).to_contain_text("live")


def test_what_served_goes_on_when_tests_fail(page, stack, lived):
    """Story 14, its other half."""
    before = lived.fetch().text
    lived.replace(".continuum.yml", "contains: version", "contains: nothing like it")
    lived.commit("Expect too much")
    lived.push("main")
    run = stack.wait(lived.run("full")["id"])
    page.goto(f"/runs/{run['id']}")
    expect(page.locator(".why h2")).to_contain_text("nothing like it")
    assert run["state"] == "failure" and lived.fetch().text == before
    lived.replace(".continuum.yml", "contains: nothing like it", "contains: version")
    lived.commit("Expect what is")
    lived.push("main")


def tab_to(page, name: str) -> None:
    """Press Tab until the focus is on what is called so."""
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate(FOCUSED) == name:
            return
    raise AssertionError(f"Tab never came to {name}")


def test_from_sign_in_to_cancel_by_keyboard(visitor, stack, ticking):
    """Story 21."""
    page, keys = visitor.page, visitor.page.keyboard
    ticking.refresh()
    page.goto("/signin")
    keys.type(stack.api.settings["OWNER_LOGIN"])
    keys.press("Tab")
    keys.type(stack.api.settings["OWNER_PASSWORD"])
    keys.press("Enter")
    page.wait_for_url("**/repos")
    keys.press("/")
    keys.type(ticking.owner)
    expect(page.locator("#repos tbody tr")).to_have_count(1)
    tab_to(page, f"{ticking.owner}/{ticking.name}")
    keys.press("Enter")
    page.wait_for_url(f"**{of_repo(ticking)}")
    tab_to(page, "build")
    keys.press("Enter")
    page.wait_for_url("**/runs/*")
    tab_to(page, "Cancel")
    keys.press("Enter")
    expect(page.locator("#run-head > header .state")).to_have_text("canceled")


def test_downloads_are_what_they_say(page, lived):
    run = next(item for item in lived.runs(per_page=100) if item["state"] == "success" and item["kind"] == "full")
    page.goto(f"/runs/{run['id']}/findings")
    for name, begins in (("CSV", "severity,"), ("SARIF", "{"), ("CycloneDX", "{")):
        answer = page.request.get(page.get_by_role("link", name=name).first.get_attribute("href"))
        assert answer.ok and answer.text().lstrip().startswith(begins), name
        assert "attachment" in answer.headers["content-disposition"], name
    audit = page.request.get("/api/v1/audit?format=csv")
    assert audit.ok and audit.text().startswith("at,actor,action,object")
