"""Story 1, 19, 20: who gets in, who sees what."""

import uuid

from playwright.sync_api import expect

from tests.browser.addresses import of_repo
from tests.browser.visitor import Visitor

PASSWORD = "correct horse battery 42"


def test_sign_in_leads_where_one_wanted_to_go_and_sign_out_ends_it(visitor, stack):
    """Story 1."""
    page = visitor.page
    page.goto("/status")
    assert visitor.path == "/signin?next=/status"
    page.get_by_label("Name").fill(stack.api.settings["OWNER_LOGIN"])
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("main").get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("do not fit")
    expect(page.get_by_label("Name")).to_have_value(stack.api.settings["OWNER_LOGIN"])
    page.get_by_label("Password").fill(stack.api.settings["OWNER_PASSWORD"])
    page.get_by_role("main").get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/status")
    page.locator(".menu summary").click()
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/signin")
    page.goto("/status")
    assert visitor.path.startswith("/signin")


def test_a_saved_secret_is_on_no_page(page, stack, ticking):
    """Story 19."""
    canary = f"canary-{uuid.uuid4().hex}"
    page.goto(of_repo(ticking) + "/settings")
    page.get_by_label("Name").fill("DB_URL")
    page.get_by_label("Value").fill(canary)
    page.locator("#secret").get_by_role("button", name="Set").click()
    expect(page.get_by_text("DB_URL is set")).to_be_visible()
    paths = [of_repo(ticking) + "/settings", of_repo(ticking), "/audit", f"/api/v1/repos/{ticking.id}/secrets"]
    for path in paths:
        answer = page.request.get(path)
        assert answer.ok and canary not in answer.text(), path
    assert "DB_URL" in answer.text()


def test_a_reader_sees_no_run_button_and_the_post_is_refused(chromium, stack, ticking):
    """Story 20."""
    login = f"r{uuid.uuid4().hex[:8]}"
    account = stack.api.post("/users", {"login": login, "password": PASSWORD})
    stack.api.put(f"/repos/{ticking.id}/members/{account['id']}", {"right": "read"})
    with Visitor(chromium, stack.api.url) as reader:
        reader.sign_in(login, PASSWORD)
        reader.page.goto(of_repo(ticking))
        expect(reader.page.get_by_role("heading", name=ticking.name)).to_be_visible()
        expect(reader.page.get_by_role("button", name="full")).to_have_count(0)
        token = reader.page.locator("meta[name=csrf]").get_attribute("content")
        answer = reader.page.request.post(f"/api/v1/repos/{ticking.id}/runs", data={"kind": "build"},
                                          headers={"X-CSRF-Token": token})
        assert answer.status == 403
