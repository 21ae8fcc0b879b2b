"""Stories 8, 9 and 10, in a log of a million lines."""

from playwright.sync_api import expect

from tests.browser.addresses import without_host
from tests.browser.logs import in_sight, late_lines, open_log, place, wait_in_sight, wait_place
from tests.browser.visitor import Visitor

MIDDLE = [str(line) for line in range(500_000, 500_011)]


def test_end_home_and_the_middle(page, million):
    """Story 8: each is there, read, with few elements; the budgets are the bench's."""
    open_log(page, million, "?line=1")
    body = page.locator(".log-body")
    body.press("End")
    assert wait_in_sight(page, "1000000")[-1] == "1000000"
    body.press("Home")
    assert wait_in_sight(page, "1")[:2] == ["▾ step 1/2 compile everything", "1"]
    page.goto(f"/runs/{million}/build.1?line=500000")
    wait_in_sight(page, "500000")
    assert page.locator(".log .lines li").count() <= 150
    assert page.evaluate("document.getElementsByTagName('*').length") <= 1200


def test_every_line_can_be_reached_by_wheel_and_by_thumb(page, million):
    """The scroller is scaled: it is lower than the lines are together."""
    open_log(page, million, "?line=500000")
    wait_in_sight(page, "500000")
    assert page.locator(".log-space").evaluate("space => space.offsetHeight") <= 15_000_000
    before = place(page, 500_000)
    page.locator(".log-body").hover()
    page.mouse.wheel(0, -100)
    wait_place(page, 500_000, before + 100)
    page.locator(".log-body").evaluate("body => body.scrollTop = body.scrollHeight")
    assert wait_in_sight(page, "1000000")[-1] == "1000000"


def test_a_link_to_a_range_opens_there_marked(page, million):
    """Story 9: the step is open, the range in sight and marked."""
    open_log(page, million, "?line=500000-500010")
    wait_in_sight(page, *MIDDLE)
    expect(page.locator(".log li.marked .no")).to_have_text(MIDDLE)
    expect(page.locator(".log li.marked").first).to_be_in_viewport()


def test_a_link_to_a_range_without_javascript(chromium, stack, million):
    """Story 9: marked, and in sight as the page opens; pages of 1,000 lead on."""
    with Visitor(chromium, stack.api.url, java_script_enabled=False) as plain:
        plain.sign_in(stack.api.settings["OWNER_LOGIN"], stack.api.settings["OWNER_PASSWORD"])
        plain.page.goto(f"/runs/{million}/build.1?line=500000-500010")
        expect(plain.page.locator(".log li.marked .no")).to_have_text(MIDDLE)
        expect(plain.page.locator(".log li.marked").last).to_be_in_viewport()
        expect(plain.page.locator(".log .lines li")).to_have_count(1000)
        plain.page.get_by_role("link", name="later").click()
        expect(plain.page.locator(".log .no").first).to_have_text("500990")
        plain.page.get_by_role("link", name="earlier").click()
        expect(plain.page.locator(".log .no").first).to_have_text("499990")


def test_a_number_pressed_is_a_link(page, million):
    open_log(page, million, "?line=1")
    wait_in_sight(page, "12", "15")
    page.get_by_role("link", name="12", exact=True).click()
    page.get_by_role("link", name="15", exact=True).click(modifiers=["Shift"])
    assert without_host(page.url).endswith("?line=12-15")
    expect(page.locator(".log li.marked .no")).to_have_text(["12", "13", "14", "15"])


def test_search_counts_right_and_opens_the_fold_of_a_hit(page, million):
    """Story 10: five of ten hits are in the closed step."""
    open_log(page, million)
    assert wait_in_sight(page)[0] == "▸ step 1/2 compile everything"
    page.locator(".log-body").press("Control+f")
    page.keyboard.type("needle")
    expect(page.locator(".log output")).to_have_text("1 of 10")
    assert "77777" in wait_in_sight(page, "77777")
    expect(page.locator(".log li.hit mark")).to_be_in_viewport()
    page.locator(".log-body").focus()
    page.keyboard.press("n")
    wait_in_sight(page, "177777")
    page.keyboard.press("Shift+N")
    page.keyboard.press("Shift+N")
    expect(page.locator(".log output")).to_have_text("10 of 10")
    wait_in_sight(page, "977777")


def test_a_search_that_finds_nothing_or_too_much_says_so(page, million):
    open_log(page, million)
    box = page.get_by_label("Search all lines of this log")
    box.fill("no line says this")
    expect(page.locator(".log output")).to_have_text("nothing")
    box.fill("line")
    expect(page.locator(".log output")).to_have_text("1 of 10,000+")


def test_the_second_ctrl_f_is_the_browsers(page, million):
    open_log(page, million)
    page.evaluate("""() => { window.taken = []; addEventListener("keydown", event => {
        if (event.ctrlKey && event.key === "f") setTimeout(() => window.taken.push(event.defaultPrevented)); }, true); }""")
    page.locator(".log-body").press("Control+f")
    expect(page.get_by_label("Search all lines of this log")).to_be_focused()
    page.keyboard.press("Control+f")
    page.wait_for_function("() => window.taken.length === 2")
    assert page.evaluate("window.taken") == [True, False]


def test_lines_on_their_way_show_number_and_bar(page, million):
    open_log(page, million, "?line=1")
    wait_in_sight(page, "1")
    with late_lines(page):
        page.locator(".log-body").press("End")
        page.wait_for_function("() => document.querySelectorAll('.log li.unread').length > 10")
        assert in_sight(page)[-1] == "?1000000"
        assert page.locator(".log li.unread .tx").last.evaluate("bar => bar.getBoundingClientRect().width") > 100
    wait_in_sight(page, "1000000")
