"""The log page with a million lines stored, in headless Chromium: the rows of pages.md's budgets that are its own."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

from playwright.sync_api import Browser, BrowserContext, Page

from bench.measures import Measure, percentile
from tests.harness import long_log
from tests.harness.stack import Stack

TIMES = 7
FRAMES = 240           # of one scroll
PX_A_FRAME = 120       # a quick wheel
# Kept from the first moment of a page: its layout shifts, and when the marked line was there, read.
WATCH = """() => { window.shifts = 0; new PerformanceObserver(list => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifts += entry.value;
}).observe({ type: "layout-shift", buffered: true });
  const look = now => document.querySelector(".log[data-ready] li.marked:not(.unread)")
    ? window.readAt = now : requestAnimationFrame(look);
  requestAnimationFrame(look); }"""
SCROLL = """async ([frames, px]) => {
  const body = document.querySelector(".log-body"), gaps = [];
  let before = await new Promise(requestAnimationFrame);
  for (let frame = 0; frame < frames; frame += 1) {
    body.scrollTop += px;
    const now = await new Promise(requestAnimationFrame);
    gaps.push(now - before);
    before = now;
  }
  return gaps;
}"""
# ms from a key or a text typed until `done(wanted)` holds, looked at before each frame.
UNTIL = """async ([act, wanted]) => {
  const body = document.querySelector(".log-body"), box = document.querySelector(".log-find input");
  const here = { row: () => [...document.querySelectorAll(".log .lines li:not(.unread)")].some(row => {
      const at = row.getBoundingClientRect(), edge = body.getBoundingClientRect();
      return row.querySelector(".no")?.textContent === wanted && at.top >= edge.top && at.bottom <= edge.bottom + 1; }),
    hits: () => document.querySelector(".log output").textContent === wanted };
  const began = performance.now();
  if (act === "End" || act === "Home")
    body.dispatchEvent(new KeyboardEvent("keydown", { key: act, bubbles: true, cancelable: true }));
  else { box.value = act; box.dispatchEvent(new Event("input", { bubbles: true })); }
  while (!(act === "End" || act === "Home" ? here.row() : here.hits())) await new Promise(requestAnimationFrame);
  return performance.now() - began;
}"""


def measure(stack: Stack, browser: Browser, run: int | None = None) -> list[Measure]:
    """`run`: one that `long_log.store` made; without it one is stored. The owner's context is made and closed here."""
    run = run or long_log.store(stack, stack.repo_of({"Dockerfile": "FROM scratch\n"}, "million").id)
    with browser.new_context(base_url=stack.api.url.replace("127.0.0.1", "localhost"),
                             viewport={"width": 1280, "height": 800}) as context:
        page = _signed_in(context, stack)
        address = f"/runs/{run}/build.1"
        shift = _opened(page, f"{address}?line=500000")
        links = [_jump(page, address, line) for line in range(100_000, 100_000 + TIMES * 100_000, 100_000)]
        _opened(page, f"{address}?line=1")
        keys = [page.evaluate(UNTIL, ["End" if turn % 2 == 0 else "Home", "1000000" if turn % 2 == 0 else "1"])
                for turn in range(TIMES)]
        gaps = _scrolled(page, address)
        nodes = page.evaluate("document.getElementsByTagName('*').length")
        searches = [_searched(page, turn) for turn in range(TIMES)]
        heap = _heap(context, page)
    return [Measure("log of 1M lines: DOM nodes", nodes, 1200, "", "after scrolling"),
            Measure("log of 1M lines: frame while scrolling, 95th percentile", percentile(gaps, 0.95), 20, "ms",
                    f"{len(gaps)} frames of {PX_A_FRAME} px; median {statistics.median(gaps):.1f}, longest {max(gaps):.0f}"),
            Measure("log of 1M lines: jump to a line", statistics.median(links), 300, "ms",
                    f"from a link's request to its line, read, the page around it included; {_all(links)}"),
            Measure("log of 1M lines: End and Home", max(keys), 300, "ms", f"the longest of {_all(keys)}"),
            Measure("log of 1M lines: search", statistics.median(searches) / 1000, 1.5, "s",
                    f"from the last letter to the count, its pause of 0.2 s included; {_all(searches)} ms"),
            Measure("log page heap", heap, 80, "MB", "after all of this, and a collection"),
            Measure("log page CLS", shift, 0.02, "", "opened at line 500,000")]


def _signed_in(context: BrowserContext, stack: Stack) -> Page:
    page = context.new_page()
    page.goto("/signin")
    page.get_by_label("Name").fill(stack.api.settings["OWNER_LOGIN"])
    page.get_by_label("Password").fill(stack.api.settings["OWNER_PASSWORD"])
    page.get_by_role("main").get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/repos")
    page.add_init_script(f"({WATCH})()")
    return page


def _opened(page: Page, address: str) -> float:
    """Opens the log, waits until every row is read; the layout shifts until then."""
    page.goto(address)
    page.wait_for_function("() => document.querySelector('.log[data-ready]') && document.querySelector('.log li')"
                           " && !document.querySelector('.log li.unread')")
    return page.evaluate("window.shifts")


def _jump(page: Page, address: str, line: int) -> float:
    """ms from a link's request to its line, read."""
    _opened(page, f"{address}?line={line}")
    page.wait_for_function("window.readAt")      # told in the next frame
    return page.evaluate("() => window.readAt - performance.getEntriesByType('navigation')[0].requestStart")


def _scrolled(page: Page, address: str) -> list[float]:
    gaps = []
    for line in (200_000, 500_000, 800_000):
        _opened(page, f"{address}?line={line}")
        gaps += page.evaluate(SCROLL, [FRAMES, PX_A_FRAME])
    return gaps


def _searched(page: Page, turn: int) -> float:
    """A text that is in ten lines, and one that is in one of them, in turn, so that each changes the count."""
    wanted = [long_log.NEEDLE, "1 of 10"] if turn % 2 == 0 else [f"{long_log.NEEDLE} of {turn}77777", "1 of 1"]
    return page.evaluate(UNTIL, wanted)


def _heap(context: BrowserContext, page: Page) -> float:
    session = context.new_cdp_session(page)
    session.send("HeapProfiler.collectGarbage")
    return session.send("Runtime.getHeapUsage")["usedSize"] / 1024**2


def _all(values: Sequence[float]) -> str:
    return " ".join(f"{value:.0f}" for value in values)
