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


def test_pressed_twice_is_one_run_and_the_row_moves_without_a_reload(page, stack, ticking):
    """Story 3."""
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
