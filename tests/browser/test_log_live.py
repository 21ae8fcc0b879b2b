"""Stories 4, 5, 6, 11 and 12: a log while it is printed."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.logs import HIDE, in_sight, open_log, place, rows, still, wait_in_sight, wait_lines, whole

# Resolves with the ms between a line's print and its place on the page, once one arrives after this was called: of
# lines that arrive together, those of the oldest.
NEXT_LINE = """() => new Promise(found => {
  const list = document.querySelector(".log .lines"), number = row => Number(row.querySelector(".no")?.textContent);
  const known = number([...list.children].at(-1)), midnight = new Date().setUTCHours(0, 0, 0, 0);
  new MutationObserver((changes, self) => {
    const rows = changes.flatMap(change => [...change.addedNodes]).filter(row => number(row) > known && row.querySelector(".at")?.textContent);
    if (!rows.length) return;
    self.disconnect();
    const printed = rows.map(row => row.querySelector(".at").textContent.split(":").map(Number))
      .map(([hours, minutes, seconds]) => midnight + ((hours * 60 + minutes) * 60 + seconds) * 1000);
    found(Date.now() - Math.min(...printed));
  }).observe(list, { childList: true });
})"""


@pytest.fixture
def running(stack, ticking) -> int:
    """A build that prints."""
    run = ticking.build()
    stack.wait_stage(run, "build")
    return run


def test_a_printed_line_shows_within_300_ms(page, stack, running):
    """Story 4. The middle of several lines: a busy machine may hold one of them."""
    open_log(page, running)
    wait_lines(page, 20)
    page.locator("[data-toggle=time]").click(click_count=2)
    expect(page.locator(".log .at").first).to_contain_text(":")
    waits = sorted(page.evaluate(NEXT_LINE) for _ in range(7))
    stack.api.post(f"/runs/{running}/cancel")
    assert waits[3] < 300, waits


def test_opened_in_the_middle_of_a_build_there_is_no_gap_and_no_double(page, stack, running):
    """Story 5."""
    page.set_viewport_size({"width": 1280, "height": 1600})
    open_log(page, running)
    wait_lines(page, 40)
    whole(page, stack, running)


def test_hidden_and_cut_it_says_so_and_goes_on_without_a_gap(page, stack, running):
    """Story 6. The tab is hidden, then its stream refused for a while."""
    page.set_viewport_size({"width": 1280, "height": 1600})
    open_log(page, running)
    wait_lines(page, 30)
    page.evaluate(HIDE, True)
    page.route("**/build.1/stream*", lambda route: route.abort())
    seen = len(rows(page))
    page.evaluate(HIDE, False)
    expect(page.locator(".log-trouble")).to_have_text(re.compile("reconnecting in [1-9] s"))
    assert len(rows(page)) == seen
    page.unroute("**/build.1/stream*")
    expect(page.locator(".log-trouble")).to_be_empty()
    wait_lines(page, 60)
    whole(page, stack, running)


def test_lines_that_do_not_come_are_told_and_asked_for_again(page, million):
    page.route("**/lines?from=*", lambda route: route.fulfill(status=503, json={"error": "away", "detail": "the store of logs is away"}))
    open_log(page, million)
    expect(page.locator(".log-trouble")).to_have_text(re.compile("^the store of logs is away; again in [1-9] s$"))
    page.unroute("**/lines?from=*")
    wait_in_sight(page, "500001")
    expect(page.locator(".log-trouble")).to_be_empty()


def test_scrolled_up_new_lines_move_nothing_and_end_resumes(page, stack, long_ticking):
    """Story 11."""
    run = long_ticking.build()
    stack.wait_stage(run, "build")
    page.set_viewport_size({"width": 1000, "height": 500})
    open_log(page, run)
    follow, body, more = page.locator("[data-toggle=follow]"), page.locator(".log-body"), page.locator(".log-more button")
    expect(follow).to_have_attribute("aria-pressed", "true")
    wait_lines(page, 40)
    body.hover()
    page.mouse.wheel(0, -200)
    expect(follow).to_have_attribute("aria-pressed", "false")
    still(page)
    line = int(in_sight(page)[3])
    before = place(page, line)
    expect(more).to_have_text(re.compile("^1[0-9][0-9] new lines"))
    assert place(page, line) == before
    body.press("End")
    expect(follow).to_have_attribute("aria-pressed", "true")
    expect(more).to_be_hidden()
    last = int(page.locator(".log .no").last.text_content())
    wait_lines(page, last + 5)
    page.wait_for_function("() => { const row = [...document.querySelectorAll('.log .lines li')].at(-1).getBoundingClientRect(), edge = document.querySelector('.log-body').getBoundingClientRect(); return row.bottom <= edge.bottom + 1 && row.bottom > edge.bottom - 40; }")
    stack.api.post(f"/runs/{run}/cancel")


def test_a_download_in_the_middle_has_every_line_so_far(page, stack, running):
    """Story 12: also the last one that is on the page, which may not be stored yet."""
    open_log(page, running)
    wait_lines(page, 40)
    seen = rows(page)
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click()
    stack.api.post(f"/runs/{running}/cancel")
    lines = download.value.path().read_text().splitlines()
    assert [(number, lines[number - 1]) for number, _ in seen] == seen


def test_a_search_goes_on_while_lines_come(page, stack, running):
    open_log(page, running)
    wait_lines(page, 30)
    page.get_by_label("Search all lines of this log").fill("a")
    counted = re.compile(r"^1 of (\d+)$")
    expect(page.locator(".log output")).to_have_text(counted)
    first = int(counted.match(page.locator(".log output").text_content())[1])
    page.wait_for_function("first => Number(document.querySelector('.log output').textContent.split(' of ')[1]) > first + 5", arg=first)
    stack.api.post(f"/runs/{running}/cancel")


def test_a_log_that_has_not_begun_says_what_it_waits_for(page, stack, running, ticking):
    second = ticking.build()
    page.goto(f"/runs/{second}/build.1")
    expect(page.locator(".log-empty")).to_have_text(f"Waiting for run {running} of the same repository.")
    stack.api.post(f"/runs/{running}/cancel")
    wait_lines(page, 5)
    expect(page.locator(".log-empty")).to_have_count(0)
    stack.api.post(f"/runs/{second}/cancel")
