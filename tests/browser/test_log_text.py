"""What a line looks like, and how it is taken along."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.logs import module, open_log, wait_in_sight

IMG = '<img src=x onerror="document.title=1">'


@pytest.fixture
def clipboard(page):
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    return lambda: page.evaluate("navigator.clipboard.readText()")


def test_markup_and_control_bytes_are_text(page, job_of):
    """Story 13, and every byte that is no letter is a picture of itself."""
    run = job_of([(0, IMG), (0, "bell \x07 back \x08 delete \x7f escape \x1b[2J"), (0, "a\ttab")], [])
    open_log(page, run)
    wait_in_sight(page, "3")
    assert page.locator(".log .tx").all_text_contents() == [IMG, "bell ␇ back ␈ delete ␡ escape ␛[2J", "a\ttab"]
    assert page.locator(".log-body img").count() == 0 and page.title() != "1"


def test_addresses_are_links_and_nothing_else_is(page, job_of):
    run = job_of([(0, "see https://example.com/a?b=1, or \x1b[34mhttp://exa\x1b[0mmple.com/c. javascript:alert(1)")], [])
    open_log(page, run)
    wait_in_sight(page, "1")
    links = page.locator(".log .tx a")
    assert [link.get_attribute("href") for link in links.all()] == ["https://example.com/a?b=1", "http://example.com/c"]
    assert links.last.inner_html() == '<span class="c4">http://exa</span>mple.com/c'


def test_a_hit_is_marked_across_colours(page, job_of):
    run = job_of([(0, "one"), (0, "\x1b[31mFAI\x1b[1mLED\x1b[0m tests"), (0, "31m")], [])
    open_log(page, run, "?find=FAILED tests")
    expect(page.locator(".log output")).to_have_text("1 of 1")
    expect(page.locator(".log li.hit mark")).to_have_text(["FAI", "LED", " tests"])
    page.get_by_label("Search all lines of this log").fill("31m")
    expect(page.locator(".log output")).to_have_text("1 of 1")
    expect(page.locator(".log li.hit .no")).to_have_text("3")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_colour_is_readable(page, job_of, scheme):
    """All of xterm's palette and some true colours, on the page's ground and on a chosen line's: 4.5:1."""
    page.emulate_media(color_scheme=scheme)
    colours = [f"\x1b[38;5;{number}mx\x1b[0m" for number in range(256)] + \
        [f"\x1b[38;2;{r};{g};{b}mx\x1b[0m" for r, g, b in ((255, 255, 0), (0, 0, 0), (255, 255, 255), (1, 200, 30))]
    run = job_of([(0, f"{number} {colour}") for number, colour in enumerate(colours[:130])] + [(0, "".join(colours))], [])
    open_log(page, run, "?line=131")
    wait_in_sight(page, "131")
    assert module(page, "colors", """(colors, _) => {
        const numbers = text => text.match(/[0-9.]+/g).slice(0, 3).map(Number);
        const bad = [];
        for (const row of document.querySelectorAll(".log .lines li")) for (const piece of row.querySelectorAll(".tx span"))
          for (const ground of [document.body, row.matches(".marked") ? row : document.body]) {
            const [ink, under] = [getComputedStyle(piece).color, getComputedStyle(ground).backgroundColor];
            if (colors.contrast(numbers(ink), numbers(under)) < 4.5) bad.push([ink, under]);
          }
        return bad;
    }""") == []
    assert page.locator(".log li.marked .rgb").count() > 200


def test_a_search_that_failed_is_tried_again_by_a_button(page, job_of):
    open_log(page, job_of([(0, "one"), (0, "two")], []))
    wait_in_sight(page, "2")
    page.route("**/lines?find=*", lambda route: route.fulfill(status=503, json={"detail": "dbproxy does not answer"}))
    page.get_by_label("Search all lines of this log").fill("two")
    expect(page.locator(".log output")).to_contain_text("dbproxy does not answer")
    page.unroute("**/lines?find=*")
    page.locator(".log output").get_by_role("button", name="Try again").click()
    expect(page.locator(".log output")).to_have_text("1 of 1")


def test_copying_reaches_over_lines_that_are_not_drawn(page, job_of, clipboard):
    """A selection that begins in line 10 survives its row's going, and reaches line 900."""
    stored = [f"\x1b[32mline\x1b[0m {number} of many" for number in range(1, 2001)]
    open_log(page, job_of([(0, text) for text in stored], []), "?line=10")
    wait_in_sight(page, "10")
    page.locator(".log li", has=page.get_by_role("link", name="10", exact=True)).locator(".tx").click(position={"x": 1, "y": 10})
    page.locator(".log-body").evaluate("body => body.scrollTop = 890 * 20")
    wait_in_sight(page, "900")
    row = page.locator(".log li", has=page.get_by_role("link", name="900", exact=True)).locator(".tx")
    row.click(position={"x": row.bounding_box()["width"] - 1, "y": 10}, modifiers=["Shift"])
    page.keyboard.press("Control+c")
    assert clipboard() == "\n".join(f"line {number} of many" for number in range(10, 901))


def test_marked_lines_are_copied_by_a_button(page, stack, printed, clipboard):
    _, run = printed
    stored = stack.lines(run["id"], "build.1")
    open_log(page, run["id"], "?line=400-2600")
    wait_in_sight(page, "400")
    page.get_by_role("button", name="Copy 2,201 lines").click()
    expect(page.locator(".log-bar .said")).to_have_text("copied")
    assert clipboard() == "\n".join(stored[399:2600])


def test_times_off_elapsed_clock_also_in_the_download(page, job_of):
    run = job_of([(0, "one"), (0, "two")], [])
    open_log(page, run)
    wait_in_sight(page, "2")
    expect(page.locator(".log .at")).to_have_count(0)
    page.locator(".log-body").press("t")
    expect(page.locator(".log .at")).to_have_text(["+0.000", "+0.010"])
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click()
    assert download.value.path().read_text().splitlines() == ["     0.000 one", "     0.010 two"]
    page.locator(".log-body").press("t")
    expect(page.locator(".log .at").first).to_have_text(re.compile(r"^\d\d:\d\d:\d\d\.\d{3}$"))
    page.locator(".log-body").press("t")
    expect(page.locator(".log .at")).to_have_count(0)
