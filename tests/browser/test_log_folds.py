"""Folds by step, and the filter for steps that ran side by side."""

import pytest
from playwright.sync_api import expect

from tests.browser.logs import in_sight, late_lines, open_log, place, wait_in_sight, wait_place

SUCCESS, MIXED, FAILURE = "step 1/4 command 1", "2 steps of 4 side by side", "step 4/4 command 4"


@pytest.fixture(scope="module")
def lines() -> list[tuple[int, str]]:
    mixed = [(2 + number % 2, f"mixed {number}") for number in range(40)]
    return [*((1, f"early {number}") for number in range(40)), *mixed, *((4, f"late {number}") for number in range(60))]


@pytest.fixture
def run(job_of, lines) -> int:
    return job_of(lines, ["success", "success", "success", "failure"])


def test_what_succeeded_is_closed_and_what_failed_is_open(page, run):
    open_log(page, run)
    assert wait_in_sight(page, "81")[:4] == [f"▸ {SUCCESS}", f"▸ {MIXED}", f"▾ {FAILURE}", "81"]
    head = page.locator(".log li.step").last
    expect(head).to_contain_text("✕ 1.9 s")
    expect(head.get_by_role("button")).to_have_attribute("aria-expanded", "true")


def test_a_head_opens_and_closes_and_moves_nothing_above(page, run):
    open_log(page, run)
    wait_in_sight(page, "81")
    page.get_by_role("button", name=SUCCESS).click()
    assert wait_in_sight(page, "1")[:2] == [f"▾ {SUCCESS}", "1"]
    page.locator(".log li.step").get_by_role("button", name=SUCCESS).click()
    page.get_by_role("button", name=MIXED).click()
    assert wait_in_sight(page, "41")[:3] == [f"▸ {SUCCESS}", f"▾ {MIXED}", "41"]


def test_the_head_sticks_while_its_lines_pass(page, run):
    page.set_viewport_size({"width": 1000, "height": 500})
    open_log(page, run)
    wait_in_sight(page, "81")
    expect(page.locator(".log-step")).to_be_hidden()
    page.locator(".log-body").press("End")
    wait_in_sight(page, "140")
    sticky = page.locator(".log-step .fold")
    expect(sticky).to_have_text(f"▾ {FAILURE}")
    sticky.press("Enter")
    assert wait_in_sight(page, f"▸ {FAILURE}") == [f"▸ {SUCCESS}", f"▸ {MIXED}", f"▸ {FAILURE}"]


def test_a_step_alone_where_steps_are_mixed(page, run):
    open_log(page, run)
    wait_in_sight(page, "81")
    page.get_by_role("button", name="step:3", exact=True).click()
    assert wait_in_sight(page, "42", "44")[:3] == ["42", "44", "46"]
    box = page.get_by_label("Search all lines of this log")
    expect(box).to_have_value("step:3")
    box.fill("step:3 mixed 3")
    expect(page.locator(".log output")).to_have_text("1 of 6")       # 3, 31, 33, 35, 37, 39; the even ones are step 2's
    box.fill("step:9")
    expect(page.locator(".log output")).to_have_text("no such step")
    box.press("Escape")
    wait_in_sight(page, "50", "51")      # the hit's fold, open, with the lines of both


def test_steps_by_keyboard(page, run):
    page.set_viewport_size({"width": 1000, "height": 500})
    open_log(page, run, "?line=1")
    wait_in_sight(page, "1")
    page.locator(".log-body").focus()
    page.keyboard.press("]")
    wait_in_sight(page, f"▸ {MIXED}", "81")
    assert in_sight(page)[0] == f"▸ {MIXED}"
    page.keyboard.press("[")
    assert wait_in_sight(page, "1")[0] == f"▾ {SUCCESS}"
    page.keyboard.press("e")
    assert wait_in_sight(page, "81")[0] == f"▾ {FAILURE}"


def test_wrap_and_folds_leave_the_line_in_sight_where_it_is(page, job_of):
    """The anchor is a line, not a pixel."""
    wide = [(1, "wide " * 80) for _ in range(200)]
    run = job_of([*wide, *((2, f"line {number} " + "wide " * 80) for number in range(400))], ["success", "failure"])
    open_log(page, run, "?line=400")
    wait_in_sight(page, "400")
    before = place(page, 400)
    page.locator(".log-body").press("w")
    expect(page.locator(".log")).to_have_attribute("data-wrap", "on")
    wait_place(page, 400, before)
    page.locator(".log-body").hover()
    page.mouse.wheel(0, 200)
    wait_place(page, 400, before - 200)
    page.mouse.wheel(0, -200)
    wait_place(page, 400, before)
    page.locator(".log-body").press("w")
    expect(page.locator(".log")).to_have_attribute("data-wrap", "off")
    wait_in_sight(page, "400")


def test_late_lines_move_nothing(page, million):
    """Wrapped, so that a line that comes is taller than the bar in its place."""
    page.set_viewport_size({"width": 500, "height": 900})
    open_log(page, million, "?line=600000")
    wait_in_sight(page, "600000")
    before = place(page, 600_000)
    with late_lines(page):
        page.reload()
        page.wait_for_function("() => document.querySelectorAll('.log li.unread').length > 10")
        wait_place(page, 600_000, before)
    wait_in_sight(page, "600000")
    wait_place(page, 600_000, before)


def test_steps_whose_end_could_not_be_asked_for_are_told_once_it_can(page, ticking):
    """Nothing asks again after the last line but the failure itself."""
    refused = []

    def refuse_once_over(route):
        answer = route.fetch()
        if answer.json()["state"] == "running":
            return route.fulfill(response=answer)
        refused.append(1)
        return route.abort()

    page.route("**/jobs/build.1", refuse_once_over)
    open_log(page, ticking.build())
    expect(page.locator(".log-bar .said")).to_contain_text("success")
    while len(refused) < 4:      # what was on its way, and what the last lines wanted, were three at most
        with page.expect_request("**/jobs/build.1"):
            pass
    page.unroute("**/jobs/build.1")
    expect(page.locator(".log .took", has_text="✓").first).to_be_visible()
