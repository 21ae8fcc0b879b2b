"""Stories 4, 5, 9, 10, 11, 12: the log viewer."""

import re

from playwright.sync_api import expect

from tests.browser.addresses import without_host
from tests.browser.visitor import Visitor

# Resolves with the ms between a line's print and its place on the page, once one arrives after this was called.
NEXT_LINE = """() => new Promise(found => {
  const list = document.querySelector(".log .lines");
  new MutationObserver((changes, self) => {
    for (const change of changes) for (const row of change.addedNodes) {
      const at = row.querySelector?.(".at");
      if (!at || row.matches(".unread")) continue;
      self.disconnect();
      const [hours, minutes, seconds] = at.textContent.split(":").map(Number);
      const midnight = new Date().setUTCHours(0, 0, 0, 0);
      found(Date.now() - midnight - ((hours * 60 + minutes) * 60 + seconds) * 1000);
    }
  }).observe(list, { childList: true });
})"""


def open_log(page, run: int, query: str = "") -> None:
    """The viewer of the run's build, once it obeys."""
    page.goto(f"/runs/{run}/build.1{query}")
    expect(page.locator(".log[data-ready]")).to_be_visible()


def shown(page) -> list[int]:
    """Numbers of the rows that are drawn, in their order on the page."""
    return [int(text) for text in page.locator(".log .lines .no").all_text_contents()]


def test_a_printed_line_shows_within_300_ms(page, stack, ticking):
    """Story 4. The middle of several lines: a busy machine may hold one of them."""
    run = ticking.build()
    stack.wait_stage(run, "build")
    open_log(page, run)
    page.locator("[data-toggle=time]").click(click_count=2)
    expect(page.locator(".log .at").first).to_contain_text(":")
    waits = sorted(page.evaluate(NEXT_LINE) for _ in range(7))
    stack.api.post(f"/runs/{run}/cancel")
    assert waits[3] < 300, waits


def test_opened_in_the_middle_of_a_build_there_is_no_gap_and_no_double(page, stack, ticking):
    """Story 5."""
    run = ticking.build()
    stack.wait_stage(run, "build")
    open_log(page, run)
    expect(page.locator(".log .lines li").nth(30)).to_be_visible()
    stack.wait(run)
    expect(page.locator("#log-head .state")).to_contain_text("success")
    stored = len(stack.lines(run, "build.1"))
    page.locator(".log-body").evaluate("body => body.scrollTop = body.scrollHeight")
    expect(page.locator(".log .lines .no").last).to_have_text(str(stored))
    numbers = shown(page)
    assert numbers == list(range(numbers[0], stored + 1))


def test_a_link_to_lines_opens_there_with_them_marked(page, chromium, stack, printed):
    """Story 9, with JavaScript and without."""
    _, run = printed
    address = f"/runs/{run['id']}/build.1?line=4000-4003"
    page.goto(address)
    expect(page.locator(".log li.marked .no")).to_have_text(["4000", "4001", "4002", "4003"])
    expect(page.locator(".log li.marked").first).to_be_in_viewport()
    with Visitor(chromium, stack.api.url, java_script_enabled=False) as plain:
        plain.sign_in(stack.api.settings["OWNER_LOGIN"], stack.api.settings["OWNER_PASSWORD"])
        plain.page.goto(address)
        expect(plain.page.locator(".log li.marked .no")).to_have_text(["4000", "4001", "4002", "4003"])


def test_a_number_pressed_is_a_link(page, printed):
    _, run = printed
    open_log(page, run["id"])
    page.get_by_role("link", name="12", exact=True).click()
    page.get_by_role("link", name="15", exact=True).click(modifiers=["Shift"])
    assert without_host(page.url).endswith("?line=12-15")
    expect(page.locator(".log li.marked")).to_have_count(4)


def test_search_finds_what_is_not_drawn(page, stack, printed):
    """Story 10."""
    _, run = printed
    wanted = stack.lines(run["id"], "build.1")[4321]
    open_log(page, run["id"])
    page.locator(".log-body").press("Control+f")
    page.keyboard.type(wanted)
    expect(page.locator(".log output")).to_have_text("1 of 1")
    expect(page.locator(".log li.hit .no")).to_have_text("4322")
    expect(page.locator(".log li.hit mark")).to_be_in_viewport()


def test_scrolled_up_nothing_moves_and_end_resumes(page, stack, ticking):
    """Story 11."""
    run = ticking.build()
    stack.wait_stage(run, "build")
    page.set_viewport_size({"width": 1000, "height": 500})
    open_log(page, run)
    expect(page.locator("[data-toggle=follow]")).to_have_attribute("aria-pressed", "true")
    expect(page.locator(".log .lines .no").last).to_have_text(re.compile("^(3[5-9]|[4-9][0-9])$"))
    page.locator(".log-body").press("Home")
    expect(page.locator("[data-toggle=follow]")).to_have_attribute("aria-pressed", "false")
    expect(page.locator(".log-body")).to_have_js_property("scrollTop", 0)
    expect(page.locator(".log-more button")).to_contain_text("new line")
    expect(page.locator(".log-body")).to_have_js_property("scrollTop", 0)
    page.locator(".log-body").press("End")
    expect(page.locator("[data-toggle=follow]")).to_have_attribute("aria-pressed", "true")
    stack.api.post(f"/runs/{run}/cancel")


def test_a_download_in_the_middle_has_every_line_so_far(page, stack, ticking):
    """Story 12."""
    run = ticking.build()
    stack.wait_stage(run, "build")
    open_log(page, run)
    expect(page.locator(".log .lines li").nth(25)).to_be_visible()
    stored = stack.api.get(f"/runs/{run}/jobs/build.1/lines", count=1)["last"]
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click()
    lines = download.value.path().read_text().splitlines()
    assert len(lines) >= stored > 0
    stack.api.post(f"/runs/{run}/cancel")


def test_at_most_150_rows_are_drawn(page, printed):
    _, run = printed
    page.set_viewport_size({"width": 2560, "height": 1400})
    open_log(page, run["id"])
    expect(page.locator(".log .lines li").first).to_be_visible()
    assert len(shown(page)) <= 150
    assert page.evaluate("document.getElementsByTagName('*').length") <= 1200
