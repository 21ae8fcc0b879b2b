"""Stories 2, 3 and 7: lists that search and move by themselves."""

import re

from playwright.sync_api import expect

from tests.browser.addresses import of_repo, without_host
from tests.browser.lists import row_of


def test_search_leaves_what_fits_and_stands_in_the_address(page, ticking, printed):
    """Story 2."""
    page.goto("/repos")
    page.get_by_label("Search by owner/name").press_sequentially(ticking.owner)
    rows = page.locator("#repos tbody tr")
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text("ticking")
    assert without_host(page.url) == f"/repos?q={ticking.owner}"
    page.goto(of_repo(ticking))
    page.go_back()
    expect(page.get_by_label("Search by owner/name")).to_have_value(ticking.owner)
    expect(rows).to_have_count(1)


def test_rows_found_by_typing_are_live(page, stack, ticking, printed):
    """What the page showed at first has nothing to do with what it shows now."""
    page.goto(f"/repos?q={printed[0].owner}")
    expect(page.locator("#live")).to_have_attribute("data-state", "live")
    page.evaluate("window.same = true")
    page.get_by_label("Search by owner/name").fill(ticking.owner)
    row = page.locator(f"#repo-{ticking.id}")
    expect(row).to_be_visible()
    run = ticking.build()
    link = row.locator(f"a[href='/runs/{run}']").first
    expect(link).to_be_visible()
    stack.wait(run)
    expect(link).to_contain_text("success")
    assert page.evaluate("window.same")


def test_a_state_keeps_what_was_typed(page, ticking):
    page.goto("/repos")
    page.get_by_label("Search by owner/name").press_sequentially(ticking.owner)
    expect(page.locator("#repos tbody tr")).to_have_count(1)
    page.get_by_role("link", name="Live", exact=True).click()
    page.wait_for_url(f"**/repos?q={ticking.owner}&state=live")
    expect(page.get_by_label("Search by owner/name")).to_have_value(ticking.owner)


def test_the_audit_file_is_of_what_was_typed(page):
    page.goto("/audit")
    page.get_by_label("What", exact=True).press_sequentially("sign.in")
    expect(page.get_by_role("link", name="CSV")).to_have_attribute("href", "/api/v1/audit?format=csv&action=sign.in")


def test_a_severity_keeps_which_findings_are_shown(page, longest):
    page.goto(longest.run + "/findings")
    page.get_by_role("link", name="New", exact=True).click()
    page.wait_for_url("**/findings?new=true")
    page.get_by_label("Severity").select_option("critical")
    page.wait_for_url("**/findings?severity=critical&new=true")
    expect(page.locator("#findings tbody tr")).to_have_count(1)
    expect(page.get_by_role("link", name="New", exact=True)).to_have_attribute("aria-current", "true")


def test_another_branch_has_kinds_of_its_own(page, stack, lived):
    """What fits is of the branch; the rows below stay as they are."""
    lived.push("main:bare")
    page.goto(of_repo(lived))
    page.evaluate("window.same = true")
    rows = page.locator("#runs tbody tr").count()
    scan = page.get_by_role("button", name="scan", exact=True)
    expect(scan).to_be_enabled()
    page.get_by_label("Run on").select_option("bare")
    expect(scan).to_be_disabled()
    expect(page.locator("#overview")).to_contain_text("bare has no image yet")
    assert without_host(page.url) == f"{of_repo(lived)}?on=bare"
    assert page.locator("#runs tbody tr").count() == rows and page.evaluate("window.same")
    page.get_by_label("Run on").select_option("main")
    expect(scan).to_be_enabled()


def test_full_pressed_twice_is_one_run_whose_rail_moves_without_a_reload(page, ticking):
    """Story 3, as a person does it."""
    ticking.refresh()
    page.goto(of_repo(ticking))
    before = len(ticking.repo.runs(per_page=100))
    page.get_by_role("button", name="full", exact=True).dblclick()
    page.wait_for_url("**/runs/*")
    page.evaluate("window.same = true")
    expect(page.locator(".rail .stage-build.running")).to_be_visible()
    for stage in ("build", "scan", "deploy", "test", "promote"):
        expect(page.locator(f".rail .stage-{stage}.success")).to_be_visible()
    assert page.evaluate("window.same") and len(ticking.repo.runs(per_page=100)) == before + 1


def test_asked_twice_is_one_run_and_the_row_moves_without_a_reload(page, stack, ticking):
    """Story 3, its other half: two that no button holds back."""
    ticking.refresh()
    page.goto(of_repo(ticking))
    page.evaluate("window.same = true")
    before = len(ticking.repo.runs(per_page=100))
    token = page.locator("meta[name=csrf]").get_attribute("content")
    for _ in range(2):
        answer = page.request.post(f"/api/v1/repos/{ticking.id}/runs", data={"kind": "build"},
                                   headers={"X-CSRF-Token": token})
    run = answer.json()["id"]
    assert answer.status == 200 and len(ticking.repo.runs(per_page=100)) == before + 1
    row = row_of(page, run)
    expect(row).to_contain_text("running")
    expect(row).to_contain_text("success")
    assert page.evaluate("window.same")


def test_eight_tabs_are_all_live(page, stack, ticking):
    """Story 7: one connection serves them all, where one each would end at six."""
    tabs = [page, *(page.context.new_page() for _ in range(7))]
    for tab in tabs:
        tab.goto(of_repo(ticking))
        expect(tab.locator("#live")).to_have_attribute("data-state", "live")
    run = ticking.build()
    for tab in tabs:
        expect(row_of(tab, run)).to_contain_text(re.compile("running|success"))
    stack.wait(run)
    for tab in tabs:
        expect(tab.locator(f"#run-{run}")).to_contain_text("success")


def test_a_topic_that_is_refused_silences_no_tab(page, stack, ticking):
    """All tabs share a stream, and one of them may show what somebody has just removed."""
    page.goto(of_repo(ticking))
    expect(page.locator("#live")).to_have_attribute("data-state", "live")
    page.evaluate("""new SharedWorker(new URL("worker.js", document.querySelector("script[src*='js/app']").src),
        { type: "module", name: "events" }).port.postMessage({ topics: ["run:999999999"] })""")
    run = ticking.build()
    expect(row_of(page, run)).to_contain_text("running")
    stack.wait(run)
    expect(page.locator(f"#run-{run}")).to_contain_text("success")
    expect(page.locator("#live")).to_have_attribute("data-state", "live")
