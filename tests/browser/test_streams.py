"""What keeps a page right while its stream cannot be had, is deaf, or an answer never comes."""

import json
from datetime import datetime, timedelta

import pytest
from playwright.sync_api import expect

from cli.waiting import wait_for
from tests.browser.addresses import of_repo

OWN_STREAM = "delete window.SharedWorker"      # requests of a worker's cannot be answered by a test
SECOND = 1000


@pytest.fixture
def alone(page):
    """A tab with a stream of its own and a clock that the test alone turns."""
    now = datetime.now()
    page.add_init_script(OWN_STREAM)
    page.clock.install(time=now)
    page.clock.pause_at(now + timedelta(seconds=1))
    return page


ROUND_TRIP = "fetch('/api/v1/account').then(() => null)"      # what the page asked before is answered by then, mostly


def turn_until(page, seen, seconds: int) -> None:
    """Turn the clock by at most so many seconds, one after the other, until `seen()`."""
    for _ in range(seconds):
        if seen():
            return
        page.clock.run_for(SECOND)
        page.evaluate(ROUND_TRIP)
    wait_for(seen, f"what was to happen within {seconds} s", 10)


def dot(page) -> str:
    return page.locator("#live").get_attribute("data-state")


def test_a_refused_stream_is_asked_for_again_and_the_page_looks_by_itself(alone, stack, ticking):
    """However often the stream is refused meanwhile: a try that fails does not put off the look."""
    run = ticking.build()
    stack.wait_stage(run, "build")
    refused = []
    alone.route("**/api/v1/events*", lambda route: (refused.append(1), route.fulfill(status=429)))
    alone.goto(f"/runs/{run}")
    turn_until(alone, lambda: dot(alone) == "poll", 30)
    tries = len(refused)
    stack.api.post(f"/runs/{run}/cancel")
    stack.wait(run)
    turn_until(alone, lambda: alone.locator("#run-head").get_attribute("data-over") == "true", 12)
    assert tries >= 4
    alone.unroute("**/api/v1/events*")
    turn_until(alone, lambda: dot(alone) == "live", 40)


def test_a_stream_that_falls_silent_is_opened_again(alone, lived):
    alone.goto(of_repo(lived))
    expect(alone.locator("#live")).to_have_attribute("data-state", "live")
    alone.route("**/api/v1/events*", lambda route: route.abort())      # what is open stays open
    alone.clock.fast_forward(26 * SECOND)
    expect(alone.locator("#live")).to_have_attribute("data-state", "wait")


@pytest.mark.parametrize("connected", [True, False])
def test_a_dashboard_that_hears_nothing_itself_makes_the_page_look(alone, lived, connected):
    alone.add_init_script(f"""window.EventSource = class extends EventTarget {{
      constructor() {{ super(); setTimeout(() => {{
        this.dispatchEvent(new MessageEvent("ready", {{ data: '{{"last": 1}}' }}));
        this.dispatchEvent(new MessageEvent("ping", {{ data: '{json.dumps({"connected": connected})}' }}));
      }}); }}
      close() {{}}
    }}""")
    alone.goto(of_repo(lived))
    turn_until(alone, lambda: dot(alone) == ("live" if connected else "poll"), 5)


def test_an_answer_that_never_comes_does_not_stop_the_page(alone, stack, ticking):
    """The first look after the cancel hangs for ever."""
    run = ticking.build()
    stack.wait_stage(run, "build")
    alone.goto(f"/runs/{run}")
    expect(alone.locator("#live")).to_have_attribute("data-state", "live")
    hanging = []
    alone.route(f"**/runs/{run}", lambda route: route.continue_() if hanging else hanging.append(route))
    stack.api.post(f"/runs/{run}/cancel")
    stack.wait(run)
    turn_until(alone, lambda: bool(hanging), 10)
    turn_until(alone, lambda: alone.locator("#run-head").get_attribute("data-over") == "true", 30)


def test_looks_do_not_pile_up_while_nothing_answers(alone, ticking):
    """At 2, 4, 8, 16 and then each 30 s, however many things want one; and the bar says when the next is."""
    looks = []
    alone.route("**/api/v1/events*", lambda route: route.fulfill(status=429))
    alone.goto(of_repo(ticking))
    alone.route(f"**{of_repo(ticking)}", lambda route: (looks.append(1), route.fulfill(status=503)))
    turn_until(alone, lambda: len(looks) == 5, 60)
    expect(alone.locator("#trouble")).to_contain_text("Trying again in 30 s.")
    for _ in range(25):
        alone.clock.run_for(SECOND)
        alone.evaluate(ROUND_TRIP)
    assert len(looks) == 5
    turn_until(alone, lambda: len(looks) == 6, 10)
