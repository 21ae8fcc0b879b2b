"""The setup page of GitHub in Chromium: values are checked as they are pasted, and an App is made in two clicks."""

import pytest
from playwright.sync_api import expect

from tests.harness.github import standing_in


@pytest.fixture(scope="module")
def github(stack, tmp_path_factory):
    with standing_in(stack, tmp_path_factory.mktemp("github")) as world:
        yield world


def test_each_value_is_checked_as_it_is_pasted(page, github, stack):
    settings = stack.api.settings
    page.goto("/setup/github")
    page.get_by_label("Client ID").fill("1234567")
    expect(page.locator("#about-client_id")).to_contain_text("looks like the App ID")
    page.get_by_label("Client ID").fill(settings["GITHUB_CLIENT_ID"])
    page.get_by_label("Client secret").fill("x" * 40)
    expect(page.locator("#about-client_secret")).to_contain_text("GitHub does not know this client ID with this client secret")
    page.get_by_label("Client secret").fill(settings["GITHUB_CLIENT_SECRET"])
    expect(page.get_by_text("GitHub knows this pair.")).to_be_visible()
    assert settings["GITHUB_CLIENT_SECRET"] not in page.content()


def test_a_value_is_copied_with_one_press(page, github):
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto("/setup/github")
    row = page.locator("dd", has_text="/signin/github/callback")
    row.get_by_role("button", name="Copy").click()
    expect(row.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()").endswith("/signin/github/callback")


def test_an_app_is_made_in_two_clicks(page, github):
    """The policy of this page lets its form go to GitHub, and GitHub's answer comes back here."""
    page.goto("/setup/github")
    page.get_by_role("button", name="Create the App at GitHub").click()
    expect(page.get_by_role("heading", name="Create GitHub App Continuum localhost")).to_be_visible()
    page.get_by_label("Signed in as").fill("ann")
    page.get_by_role("button", name="Create GitHub App").click()
    page.wait_for_url("**/setup/github")
    expect(page.get_by_text("The App is made")).to_be_visible()
    made = next(iter(github.world.apps.values()))
    assert made.owner.login == "ann" and "administration" not in made.permissions
