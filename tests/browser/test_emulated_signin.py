"""Sign-in through the pages of `emulate`, a GitHub that others wrote: what we send fits more than our own stand-in."""

import re

import pytest
from playwright.sync_api import expect

from cli.testing import free_ports
from tests.browser.emulated import dashboard, seed
from tests.browser.visitor import Visitor
from tests.harness.emulated import emulate


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    port = free_ports(1)[0]
    with emulate(seed(f"http://localhost:{port}/signin/github/callback")) as github, \
            dashboard(port, github, tmp_path_factory.mktemp("scripts"), github_users="hubot") as world:
        world.url = f"http://localhost:{port}"
        yield world


@pytest.fixture
def guest(chromium, world):
    with Visitor(chromium, world.url) as visitor:
        yield visitor


def go_to_github(page) -> None:
    page.goto("/signin?next=/account")
    expect(page.get_by_text("will ask you to let Continuum see your public profile")).to_be_visible()
    page.get_by_role("link", name="Sign in with GitHub").click()
    expect(page).to_have_title(re.compile("Sign in to GitHub"))


def test_a_person_signs_in_and_out_again(guest, world):
    page = guest.page
    go_to_github(page)
    page.get_by_role("button", name="hubot").click()
    page.wait_for_url("**/account")
    expect(page.get_by_role("heading", name="hubot")).to_be_visible()
    account = next(item for item in world.accounts.values() if item["forge"] == "github")
    assert account["external_id"].isdigit() and account["id"] in world.forge_tokens
    page.locator(".menu summary").click()
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/signin")
    assert not world.sessions


def test_somebody_who_is_not_on_the_list_is_told_so(guest, world):
    before = len(world.accounts)
    go_to_github(guest.page)
    guest.page.get_by_role("button", name="octocat").click()
    expect(guest.page.get_by_role("alert")).to_contain_text("octocat is not among those who may sign in here")
    assert len(world.accounts) == before


def test_turning_away_many_times_breaks_nothing(guest, world):
    for _ in range(12):
        go_to_github(guest.page)
    guest.page.get_by_role("button", name="hubot").click()
    guest.page.wait_for_url("**/account")
