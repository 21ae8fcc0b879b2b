"""Pages in headless Chromium: how soon they show and answer, what they weigh, and whether they hold still."""

from __future__ import annotations

import shutil
import statistics
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from bench.measures import Measure
from tests.browser.conftest import FLAGS
from tests.browser.visitor import Visitor
from tests.harness.stack import Stack

TIMES = 3                # visits of each page; the medians are told
ROWS = 50                # of the list whose nodes are counted
SETTLED = 500            # ms after the load in which a page may still jump
NUMBERS = """async (settled) => {
    const paint = await new Promise(done => new PerformanceObserver(list => done(list.getEntries().at(-1)))
        .observe({type: 'paint', buffered: true}));     // a quick page is loaded before it is painted
    const page = performance.getEntriesByType('navigation')[0];
    await new Promise(done => setTimeout(done, settled));
    return {paint: paint.startTime, ready: page.domContentLoadedEventEnd, shift: window.shifted,
            nodes: document.getElementsByTagName('*').length};
}"""
WATCH_SHIFTS = """window.shifted = 0;
new PerformanceObserver(list => list.getEntries().forEach(entry => {
    if (!entry.hadRecentInput) window.shifted += entry.value;
})).observe({type: 'layout-shift', buffered: true});"""


@dataclass
class Visits:
    """ms, bytes over the wire, and layout shift of one page's visits."""

    paint: list[float] = field(default_factory=list)
    ready: list[float] = field(default_factory=list)
    shift: list[float] = field(default_factory=list)
    first: list[int] = field(default_factory=list)
    next: list[int] = field(default_factory=list)
    nodes: int = 0


@contextmanager
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        yield browser
        browser.close()


def measure(stack: Stack, browser: Browser, pages: dict[str, str], listing: str,
            signed_out: Collection[str]) -> list[Measure]:
    """`pages`: name -> address, those of `signed_out` without a session; `listing`: address of a list that has more
    than 50 entries."""
    cookies = _cookies(stack, browser)
    seen = {name: Visits() for name in pages}
    for _ in range(TIMES):
        for name, path in pages.items():
            _visit(stack, browser, [] if name in signed_out else cookies, path, seen[name])
    rows = Visits()
    _visit(stack, browser, cookies, f"{listing}?per_page={ROWS}", rows)
    return [_worst("first paint, worst page", seen, "paint", 500, "ms"),
            _worst("interactive, worst page", seen, "ready", 800, "ms"),
            _worst("bytes of a first visit, worst page", seen, "first", 80, "kB", 1000),
            _worst("bytes of the next visit, worst page", seen, "next", 15, "kB", 1000),
            _worst("layout shift (CLS), worst page", seen, "shift", 0.02, ""),
            Measure(f"DOM nodes of a list of {ROWS} rows", rows.nodes, 1500, "", "elements, the page's frame included")]


def _worst(what: str, seen: dict[str, Visits], name: str, budget: float, unit: str, scale: float = 1) -> Measure:
    medians = {page: statistics.median(getattr(visits, name)) / scale for page, visits in seen.items()}
    worst = max(medians, key=medians.get)
    told = ", ".join(f"{page} {value:.3g}" for page, value in medians.items() if page != worst)
    return Measure(what, medians[worst], budget, unit, f"{worst}; the others: {told}")


def _visit(stack: Stack, browser: Browser, cookies: list, path: str, visits: Visits) -> None:
    """Twice with one profile that has seen nothing of us before: the first visit, and the next."""
    with Visitor(browser, stack.api.url) as visitor:
        visitor.context.add_cookies(cookies)
        visitor.context.add_init_script(WATCH_SHIFTS)
        told = _open(visitor.context, visitor.page, path, visits.first)
        visits.paint.append(told["paint"])
        visits.ready.append(told["ready"])
        visits.shift.append(told["shift"])
        visits.nodes = told["nodes"]
        _open(visitor.context, visitor.page, path, visits.next)


def _open(context: BrowserContext, page: Page, path: str, weights: list[int]) -> dict:
    """What the page says of itself; bytes as they came over the wire, heads and all, go to `weights`."""
    session, size = context.new_cdp_session(page), []
    session.send("Network.enable")
    session.on("Network.loadingFinished", lambda done: size.append(done["encodedDataLength"]))
    page.goto(path, wait_until="load")
    told = page.evaluate(NUMBERS, SETTLED)
    weights.append(round(sum(size)))
    session.detach()
    return told


def _cookies(stack: Stack, browser: Browser) -> list:
    with Visitor(browser, stack.api.url) as visitor:
        visitor.sign_in(stack.api.settings["OWNER_LOGIN"], stack.api.settings["OWNER_PASSWORD"])
        return visitor.context.cookies()
