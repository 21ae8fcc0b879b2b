"""Invitations, devices, and a form whose session ended under it."""

import re
import uuid

from playwright.sync_api import expect

from tests.browser.addresses import of_repo
from tests.browser.repos import quiet
from tests.browser.visitor import Visitor

PASSWORD = "correct horse battery 42"


def test_the_invited_sets_a_password_and_is_in(page, chromium, stack):
    login = f"i{uuid.uuid4().hex[:8]}"
    page.goto("/admin/users")
    page.get_by_label("Login, or empty").fill(login)
    page.get_by_role("button", name="Invite").click()
    link = page.locator("#invite code").text_content()
    with Visitor(chromium, stack.api.url) as guest:
        guest.page.goto(link.replace(link.split("/invitation")[0], guest.url))
        expect(guest.page.get_by_label("Login")).to_have_value(login)
        guest.page.get_by_label("Password").fill(PASSWORD)
        guest.page.get_by_role("button", name="Make my account").click()
        guest.page.wait_for_url("**/repos")
        expect(guest.page.get_by_text(f"Welcome, {login}.")).to_be_visible()
        expect(guest.page.get_by_role("heading", name="No repository yet")).to_be_visible()
    page.goto("/admin/users")
    expect(page.locator("table").first).to_contain_text(login)


def test_a_device_is_signed_out_from_another(page, chromium, stack):
    settings = stack.api.settings
    with Visitor(chromium, stack.api.url) as other:
        other.sign_in(settings["OWNER_LOGIN"], settings["OWNER_PASSWORD"])
        other.page.goto("/account")
        devices = other.page.get_by_role("button", name="Sign out Chrome")
        for left in range(devices.count(), 0, -1):
            devices.first.click()
            expect(devices).to_have_count(left - 1)
    page.goto("/account")
    page.wait_for_url("**/signin?next=/account")


def test_a_token_is_deleted_once_its_effect_was_read(page, stack):
    name = f"t{uuid.uuid4().hex[:8]}"
    stack.api.post("/tokens", {"name": name})
    page.goto("/account")
    page.get_by_role("link", name=f"Delete token {name}").click()
    dialog = page.get_by_role("dialog", name=f"Delete token {name}")
    dialog.get_by_role("link", name="Keep it").click()
    expect(dialog).to_have_count(0)
    page.get_by_role("link", name=f"Delete token {name}").click()
    dialog.get_by_role("button", name="Delete it").click()
    expect(page.get_by_text("The token is deleted.")).to_be_visible()
    assert name not in {token["name"] for token in stack.api.get("/tokens")["items"]}


def test_an_account_is_disabled_once_its_effect_was_read(page, stack):
    login = f"d{uuid.uuid4().hex[:8]}"
    stack.api.post("/users", {"login": login, "password": PASSWORD})
    page.goto("/admin/users?per_page=100")
    page.get_by_role("link", name=f"Disable {login}").click()
    dialog = page.get_by_role("dialog", name=f"Disable {login}")
    expect(dialog).to_contain_text("signed out everywhere")
    dialog.get_by_role("button", name="Disable").click()
    expect(page.get_by_text(f"{login} is changed.")).to_be_visible()
    assert next(user for user in stack.api.get("/users?per_page=100")["items"] if user["login"] == login)["disabled"]


def test_a_form_outlives_its_session(page, visitor, stack, ticking):
    settings = stack.api.settings
    page.goto(f"{of_repo(ticking)}/waive?vulnerability=CVE-2026-4242&package=thing")
    page.get_by_label("Reason").fill("nobody calls it")
    page.context.clear_cookies(name="continuum")
    page.get_by_role("main").get_by_role("button", name="Waive").click()
    page.wait_for_url(re.compile("/signin\\?next="))
    expect(page.get_by_text("What you typed is kept")).to_be_visible()
    page.get_by_label("Name").fill(settings["OWNER_LOGIN"])
    page.get_by_label("Password").fill(settings["OWNER_PASSWORD"])
    page.get_by_role("main").get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Your form is still here")).to_be_visible()
    expect(page.get_by_text("nobody calls it")).to_be_visible()
    page.get_by_role("button", name="Send it now").click()
    page.wait_for_url("**/waivers")
    expect(page.get_by_text("CVE-2026-4242").first).to_be_visible()


def test_scheme_density_and_keys_are_remembered(page):
    page.goto("/account")
    page.get_by_label("Scheme").select_option("dark")
    page.get_by_label("Density").select_option("compact")
    page.get_by_label("Single keys").select_option("off")
    page.get_by_role("button", name="Save").click()
    page.goto("/repos")
    assert page.locator("html").get_attribute("data-scheme") == "dark"
    assert page.locator("html").get_attribute("data-density") == "compact"
    page.keyboard.press("?")
    expect(page.locator("dialog")).to_have_count(0)


def test_keys_open_one_dialog_at_a_time(page):
    page.goto("/repos")
    for key in ("?", "?", "g", "s"):
        page.keyboard.press(key)
    expect(page.locator("dialog")).to_have_count(1)
    assert page.url.endswith("/repos")
    page.keyboard.press("Escape")
    expect(page.locator("dialog")).to_have_count(0)


def test_a_token_is_copied_also_where_there_is_no_tls(page):
    """A browser gives pages on plain http no interface of the clipboard, but on localhost."""
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.add_init_script("delete Navigator.prototype.clipboard")
    page.goto("/account")
    page.get_by_role("textbox", name="Name").fill("without TLS")
    page.get_by_role("button", name="Make a token").click()
    token = page.locator("code.secret").text_content()
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_role("button", name="Copied", exact=True)).to_be_visible()
    other = page.context.new_page()
    other.goto("/status")
    assert other.evaluate("navigator.clipboard.readText()") == token


def test_removing_a_repository_takes_its_name(page, stack):
    repo = stack.repo_of(quiet(), "doomed")
    run = stack.wait(repo.run("full")["id"])
    assert run["state"] == "success" and "version one" in repo.fetch().text
    page.goto(of_repo(repo) + "/settings")
    page.get_by_label("to confirm").fill(repo.name)
    page.get_by_role("button", name="Remove this repository").click()
    expect(page.locator("#danger .at")).to_contain_text(f"{repo.owner}/{repo.name}")
    expect(page.get_by_label("to confirm")).to_have_value(repo.name)
    page.get_by_label("to confirm").fill(f"{repo.owner}/{repo.name}")
    page.get_by_role("button", name="Remove this repository").click()
    expect(page.get_by_text(f"{repo.owner}/{repo.name} and all that was of it are removed.")).to_be_visible()
    assert repo.fetch().status_code != 200
    for gone in (of_repo(repo), f"/runs/{run['id']}"):
        assert page.request.get(gone).status == 404
    left = list(stack.api.get("/repos?q=" + repo.owner)["items"])
    assert left == []


def test_an_account_is_deleted_once_its_name_was_typed(page, stack):
    login = f"d{uuid.uuid4().hex[:8]}"
    stack.api.post("/users", {"login": login, "password": PASSWORD})
    page.goto("/admin/users?per_page=100")
    page.get_by_role("link", name=f"Delete {login}").click()
    dialog = page.get_by_role("dialog", name=f"Delete {login}")
    dialog.get_by_label(f"Type {login} to confirm").fill(login)
    dialog.get_by_role("button", name="Delete it").click()
    expect(page.get_by_text(f"The account {login} is deleted.")).to_be_visible()
    expect(page.get_by_role("link", name=f"Delete {login}")).to_have_count(0)


def test_a_common_password_is_told_at_its_field_and_an_account_ends_with_its_password(chromium, stack):
    """At the width of a phone."""
    login = f"d{uuid.uuid4().hex[:8]}"
    stack.api.post("/users", {"login": login, "password": PASSWORD})
    with Visitor(chromium, stack.api.url) as guest:
        guest.page.set_viewport_size({"width": 360, "height": 800})
        guest.sign_in(login, PASSWORD)
        guest.page.goto("/account")
        guest.page.get_by_label("Current").fill(PASSWORD)
        guest.page.get_by_label("New, 12 letters or more").fill("qwertyuiop123")
        guest.page.get_by_role("button", name="Change").click()
        expect(guest.page.get_by_role("alert")).to_contain_text("first that a program would guess")
        assert guest.page.evaluate("document.documentElement.scrollWidth") <= 360
        guest.page.get_by_label("Your password").fill(PASSWORD)
        guest.page.get_by_role("button", name="Delete my account").click()
        guest.page.wait_for_url(re.compile("/signin"))
        expect(guest.page.get_by_text("Your account is deleted.")).to_be_visible()
