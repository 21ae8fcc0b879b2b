"""An owner sets limits on the page and for a repository, with and without scripts."""

import pytest
from playwright.sync_api import expect

from tests.browser.addresses import of_repo
from tests.browser.repos import quiet
from tests.browser.visitor import Visitor


@pytest.fixture
def limits(stack):
    """The installation's limits as they were, once the test is over."""
    before = stack.api.get("/limits")["set"]
    yield
    stack.api.call("PATCH", "/limits", json={"keep": before.get("keep"), "timeout": before.get("timeout")})


def test_limits_of_the_installation_and_of_a_repository(page, stack, limits):
    page.goto("/admin/limits")
    page.get_by_label("Kept versions").fill("7")
    page.get_by_label("Time", exact=True).fill("soon")
    page.get_by_role("button", name="Save limits").click()
    expect(page.get_by_text("a duration is written like")).to_be_visible()
    expect(page.get_by_label("Kept versions")).to_have_value("7")
    page.get_by_label("Time", exact=True).fill("90m")
    page.get_by_role("button", name="Save limits").click()
    expect(page.get_by_text("Limits saved.")).to_be_visible()
    assert stack.api.get("/limits")["set"] == {"keep": 7, "timeout": 5400}
    repo = stack.repo_of(quiet())
    page.goto(of_repo(repo) + "/settings#limits")
    page.get_by_label("Kept versions").fill("3")
    page.get_by_role("button", name="Save limits").click()
    expect(page.get_by_text("Limits saved.")).to_be_visible()
    assert stack.api.get(f"/repos/{repo.id}/limits")["limits"]["keep"] == 3
    assert stack.api.get("/limits")["limits"]["keep"] == 7


def test_without_scripts_it_works_as_well(chromium, stack, limits):
    with Visitor(chromium, stack.api.url, java_script_enabled=False) as visitor:
        visitor.sign_in(stack.api.settings["OWNER_LOGIN"], stack.api.settings["OWNER_PASSWORD"])
        visitor.page.set_viewport_size({"width": 360, "height": 800})
        visitor.page.goto("/admin/limits")
        visitor.page.get_by_label("Kept versions").fill("8")
        visitor.page.get_by_role("button", name="Save limits").click()
        expect(visitor.page.get_by_text("Limits saved.")).to_be_visible()
    assert stack.api.get("/limits")["set"]["keep"] == 8
