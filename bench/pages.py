"""The budgets of the dashboard's pages, with years of use stored: `./continuum bench pages`."""

from __future__ import annotations

import importlib
import importlib.util

from bench import page_paint, page_times, viewers
from bench.measures import Measure
from tests.harness.stack import Stack


def measure(stack: Stack) -> list[Measure]:
    found, pages = page_times.measure(stack)
    with page_paint.chromium() as browser:
        found += page_paint.measure(stack, browser, pages, pages["repository"], page_times.OPEN)
        if importlib.util.find_spec("bench.log_page"):
            found += importlib.import_module("bench.log_page").measure(stack, browser)
    return [*found, *viewers.measure(stack)]
