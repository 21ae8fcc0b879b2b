"""Story 6: the stream is really cut, or its tab really away for long; it says so, and after it nothing lacks."""

import re
import subprocess
from contextlib import contextmanager

import pytest
from playwright.sync_api import expect

from cli.proc import run as call
from cli.waiting import wait_for
from tests.browser.logs import HIDE, open_log, rows, wait_lines, whole

RECONNECTING = re.compile("reconnecting in [0-9]+ s$")
AWAY = re.compile("wait|poll")
HALF_A_MINUTE = 300      # lines of the slow build


@pytest.fixture
def watched(page, stack, slow_ticking):
    """(a build that prints, its log on a page that has some lines and a live dot)"""
    run = slow_ticking.build()
    stack.wait_stage(run, "build")
    page.set_viewport_size({"width": 1280, "height": 1600})
    open_log(page, run)
    wait_lines(page, 30)
    expect(page.locator("#live")).to_have_attribute("data-state", "live")
    return run


def told_and_mended(page, mend) -> None:
    """Both say that they reconnect; what came until then stays; once it is mended, both are live again."""
    expect(page.locator(".log-trouble")).to_have_text(RECONNECTING, timeout=60_000)
    expect(page.locator("#live")).to_have_attribute("data-state", AWAY, timeout=60_000)
    before = rows(page)
    mend()
    expect(page.locator(".log-trouble")).to_be_empty(timeout=60_000)
    expect(page.locator("#live")).to_have_attribute("data-state", "live", timeout=60_000)
    assert rows(page)[0][0] >= before[0][0]


@contextmanager
def held(container: str, how: str, again: str):
    """Yields what lets it go again, which happens at the end in any case: other tests need it."""
    call(["docker", how, container])
    try:
        yield lambda: call(["docker", again, container])
    finally:
        subprocess.run(["docker", again, container], capture_output=True, check=False)      # it may be so already


@pytest.mark.parametrize(("how", "again"), [("stop", "start"), ("pause", "unpause")])
def test_the_dashboard_goes_and_comes_back(page, stack, watched, how, again):
    """Stopped, it closes its connections; paused it says nothing any more, as behind a cable that was pulled."""
    with held(stack.container("dashboard"), how, again) as let_go:
        told_and_mended(page, let_go)
    whole(page, stack, watched)


def test_a_tab_that_was_away_for_half_a_minute(page, stack, watched):
    """It holds no stream meanwhile, and gets all that it missed."""
    page.evaluate(HIDE, True)
    seen = rows(page)[-1][0]
    path = f"/runs/{watched}/jobs/build.1/lines"
    wait_for(lambda: stack.api.get(path, **{"from": 1, "count": 1})["last"] >= seen + HALF_A_MINUTE, "half a minute of lines", 120)
    assert rows(page)[-1][0] < seen + HALF_A_MINUTE, "the tab went on reading"
    page.evaluate(HIDE, False)
    wait_lines(page, seen + HALF_A_MINUTE)
    whole(page, stack, watched)
