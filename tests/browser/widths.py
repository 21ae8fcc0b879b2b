"""What is too wide for its window."""

from __future__ import annotations

from playwright.sync_api import Page

WIDTHS = (360, 1280, 2560)
# The first elements that reach beyond the window, as a person would look for them.
BEYOND = """() => [...document.querySelectorAll("body *")]
  .filter(element => element.getBoundingClientRect().right > innerWidth + 1)
  .slice(0, 3).map(element => `${element.tagName.toLowerCase()}.${element.className}`)"""


def too_wide(page: Page, path: str) -> dict[str, list[str]]:
    """Goes to `path`; "path at width" -> what reaches beyond it, of each width at which the page would scroll sideways."""
    answer, found = page.goto(path), {}
    assert answer.status == 200, f"{path}: {answer.status}"
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        if page.evaluate("document.documentElement.scrollWidth") > width:
            found[f"{path} at {width}"] = page.evaluate(BEYOND)
    return found
