"""Story 22: axe finds nothing on any page, dialog or error, in both schemes, on a phone and on a wall."""

import pytest
from playwright.sync_api import expect

from tests.browser.accessibility import violations
from tests.browser.addresses import of_repo
from tests.browser.test_pages import pages
from tests.browser.visitor import Visitor

SIZES = ((360, 780), (2560, 1300))
OPEN = ("/signin", "/signin?next=/status", "/invitation/unknown")


def found_on(page, paths) -> dict[str, list[str]]:
    """Address and width -> what axe says, of those where it says something."""
    told = {}
    for path in paths:
        page.goto(path)
        for width, height in SIZES:
            page.set_viewport_size({"width": width, "height": height})
            told[f"{path} at {width}"] = violations(page)
    return {where: what for where, what in told.items() if what}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page(chromium, stack, lived, scheme):
    with Visitor(chromium, stack.api.url, color_scheme=scheme) as visitor:
        assert found_on(visitor.page, OPEN) == {}
        visitor.sign_in(stack.api.settings["OWNER_LOGIN"], stack.api.settings["OWNER_PASSWORD"])
        odd = ["/runs/999999999", "/repos?q=nothing-is-called-so", "/repos?page=x", f"{of_repo(lived)}?state=canceled"]
        assert found_on(visitor.page, pages((lived, lived.runs()[0])) + odd) == {}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_dialogs_toasts_and_compact_tables(chromium, stack, lived, scheme):
    with Visitor(chromium, stack.api.url, color_scheme=scheme) as visitor:
        visitor.sign_in(stack.api.settings["OWNER_LOGIN"], stack.api.settings["OWNER_PASSWORD"])
        page = visitor.page
        page.context.add_cookies([{"name": "density", "value": "compact", "url": visitor.url}])
        page.goto(of_repo(lived))
        assert violations(page) == []
        page.get_by_role("link", name="Stop").click()
        expect(page.locator("dialog")).to_be_visible()
        assert violations(page) == []
        page.keyboard.press("Escape")
        page.keyboard.press("?")
        expect(page.locator("dialog")).to_contain_text("repositories")
        assert violations(page) == []


def test_axe_would_find_something(page):
    """The control: what is taken away is told."""
    page.goto("/repos")
    page.evaluate("document.querySelector('input[type=search]').removeAttribute('aria-label')")
    page.evaluate("document.documentElement.removeAttribute('lang')")
    assert any("html-has-lang" in line for line in violations(page))
