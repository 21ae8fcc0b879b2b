"""Reading the log viewer as a person does: what is in sight, in which order."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Page, expect

LINES = re.compile(r"/lines\?from=")      # the address of a window of lines

# Numbers (or names of steps) of the rows in sight, those that wait for their text with a question mark.
IN_SIGHT = """() => {
  const edge = document.querySelector(".log-body").getBoundingClientRect();
  return [...document.querySelectorAll(".log .lines li:not(.pinned)")]
    .filter(row => { const at = row.getBoundingClientRect(); return at.bottom > edge.top + 1 && at.top < edge.bottom - 1; })
    .map(row => (row.matches(".unread") ? "?" : "") + row.querySelector(".no, .fold").textContent);
}"""
# Where the row of a line stands on the screen, in px.
PLACE = """line => Math.round([...document.querySelectorAll(".log .lines li:not(.pinned)")]
  .find(row => row.querySelector(".no")?.textContent === String(line))?.getBoundingClientRect().top ?? -9999)"""


# As if the tab were put behind another, or brought to the front again; headless Chromium shows all of its tabs.
HIDE = """hidden => { Object.defineProperty(document, "hidden", { configurable: true, get: () => hidden });
  document.dispatchEvent(new Event("visibilitychange")); }"""
ROWS = """() => [...document.querySelectorAll(".log .lines li:has(.no)")]
  .map(row => [Number(row.querySelector(".no").textContent), row.querySelector(".tx").textContent])"""
LAST = "Number([...document.querySelectorAll('.log .no')].at(-1)?.textContent)"


def open_log(page: Page, run: int, query: str = "") -> None:
    """The viewer of the run's build, once it obeys."""
    page.goto(f"/runs/{run}/build.1{query}")
    expect(page.locator(".log[data-ready]")).to_be_visible()


def in_sight(page: Page) -> list[str]:
    return page.evaluate(IN_SIGHT)


def wait_in_sight(page: Page, *wanted: str) -> list[str]:
    """All rows in sight once these are, and none waits for its text."""
    page.wait_for_function(f"wanted => {{ const rows = ({IN_SIGHT})(); return rows.every(row => !row.startsWith('?')) "
                           "&& wanted.every(row => rows.includes(row)); }", arg=list(wanted))
    return in_sight(page)


def rows(page: Page) -> list[tuple[int, str]]:
    """(number, text) of the rows that are drawn."""
    return [(number, text) for number, text in page.evaluate(ROWS)]


def wait_lines(page: Page, count: int) -> None:
    page.wait_for_function(f"count => {LAST} >= count", arg=count)


def whole(page: Page, stack, run: int) -> None:
    """What is drawn, up to the end, is what is stored: no gap, no double, no other text."""
    stack.wait(run)
    expect(page.locator("#log-head .state")).to_contain_text("success")
    stored = stack.lines(run, "build.1")
    page.locator(".log-body").press("End")
    wait_in_sight(page, str(len(stored)))
    drawn = rows(page)
    assert len(drawn) > 60
    assert drawn == [(number, stored[number - 1]) for number in range(drawn[0][0], len(stored) + 1)]


def place(page: Page, line: int) -> int:
    return page.evaluate(PLACE, line)


def wait_place(page: Page, line: int, at: int) -> None:
    """Once the row of the line stands there, give or take a pixel."""
    page.wait_for_function(f"([line, at]) => Math.abs(({PLACE})(line) - at) <= 1", arg=[line, at])


def still(page: Page) -> None:
    """Once the rows have stood for ten frames: a wheel's scroll is over."""
    page.evaluate("""async () => {
      const list = document.querySelector(".log .lines");
      for (let same = 0, before = null; same < 10; same = list.style.transform === before ? same + 1 : 0) {
        before = list.style.transform;
        await new Promise(requestAnimationFrame);
      }
    }""")


def module(page: Page, name: str, body: str, argument=None):
    """What `body`, a function of (module, argument), gives with one of the viewer's modules, as this page loaded it."""
    source = page.locator("script[src*='log/page.js']").get_attribute("src").replace("page.js", f"{name}.js")
    return page.evaluate(f"async ([source, argument]) => ({body})(await import(source), argument)", [source, argument])


@contextmanager
def late_lines(page: Page) -> Iterator[None]:
    """What the viewer asks for in the block is answered at its end, and what it asks for from then on at once."""
    held, released = [], threading.Event()
    page.route(LINES, lambda route: route.continue_() if released.is_set() else held.append(route))
    yield
    released.set()
    for route in held:
        route.continue_()
