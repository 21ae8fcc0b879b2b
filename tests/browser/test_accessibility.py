"""Story 22: axe finds nothing on any page, dialog or error, in both schemes, on a phone and on a wall."""

import uuid

import pytest
from playwright.sync_api import expect

from cli.testing import free_ports
from tests.browser.accessibility import violations
from tests.browser.addresses import of_repo
from tests.browser.emulated import dashboard
from tests.browser.repos import Ticking, quiet
from tests.browser.test_pages import pages
from tests.browser.visitor import Visitor
from tests.harness import longest as stored
from tests.harness.dates import in_days

SIZES = ((360, 780), (2560, 1300))
OPEN = ("/signin", "/signin?next=/status", "/invitation/unknown")
PASSWORD = "correct horse battery 42"
both_schemes = pytest.mark.parametrize("scheme", ["light", "dark"])


def here(page) -> dict[str, list[str]]:
    """Title and width -> what axe says of the page as it is, where it says something."""
    told = {}
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        told[f"{page.title()} at {width}"] = violations(page)
    return {where: what for where, what in told.items() if what}


def found_on(page, paths) -> dict[str, list[str]]:
    found = {}
    for path in paths:
        page.goto(path)
        found |= here(page)
    return found


@pytest.fixture
def owner(chromium, stack, scheme):
    with Visitor(chromium, stack.api.url, color_scheme=scheme) as visitor:
        visitor.sign_in(stack.api.settings["OWNER_LOGIN"], stack.api.settings["OWNER_PASSWORD"])
        yield visitor


@both_schemes
def test_every_page(owner, lived):
    odd = ["/runs/999999999", "/repos?q=nothing-is-called-so", "/repos?page=x", f"{of_repo(lived)}?state=canceled"]
    assert found_on(owner.page, pages((lived, lived.runs()[0])) + odd) == {}


@both_schemes
def test_pages_of_github(owner, longest):
    """Those that a repository of GitHub alone has, with a pull request that waits and a delivery that failed."""
    assert found_on(owner.page, longest.pages()) == {}


@pytest.fixture
def going(stack, ticking):
    """(a run whose build prints for as long as it takes, one that waits for it)"""
    slow = Ticking(stack.repo_of(quiet(build_ticks=3000), "slow"))
    running, waiting = slow.build(), slow.build()
    stack.wait_stage(running, "build")
    yield running, waiting
    for run in (waiting, running):
        stack.api.post(f"/runs/{run}/cancel")


@both_schemes
def test_a_run_in_each_state(owner, stack, going):
    repo = stack.repo_of(quiet(), "states").id
    ended = [stored.store_run(stack, repo, state) for state in ("success", "failure", "error", "canceled")]
    live = [f"/runs/{run}{tab}" for run in going for tab in ("", "/build.1", "/findings", "/tests", "/artifacts")]
    assert found_on(owner.page, [f"/runs/{run}" for run in ended] + live) == {}


@both_schemes
def test_pages_that_confirm(owner, stack, lived):
    stack.api.put(f"/repos/{lived.id}/secrets/DB_URL", {"value": "x", "use": ["deploy"]})
    live = next(item["id"] for item in lived.deployments() if item["state"] == "live")
    token = stack.api.post("/tokens", {"name": f"t{uuid.uuid4().hex[:8]}"})["id"]
    waiver = stack.api.post(f"/repos/{lived.id}/waivers", {"vulnerability": "CVE-2026-4242", "reason": "nobody calls it",
                                                           "until": in_days(30)})["id"]
    account = stack.api.post("/users", {"login": f"c{uuid.uuid4().hex[:8]}", "password": PASSWORD})["id"]
    of_lived = of_repo(lived)
    assert found_on(owner.page, [f"{of_lived}/rollback", f"{of_lived}/settings/secrets/DB_URL/delete",
                                 f"/deployments/{live}/stop", f"/deployments/{live}/log", f"{of_lived}/settings",
                                 f"{of_lived}/waivers", f"/waivers/{waiver}/delete", f"/account/tokens/{token}/delete",
                                 "/account", f"/admin/users/{account}?role=owner",
                                 f"/admin/users/{account}?disabled=true", f"/admin/users/{account}/delete", f"{of_lived}?commit={'7' * 40}"]) == {}


@both_schemes
def test_dialogs_toasts_and_compact_tables(owner, lived):
    page = owner.page
    page.context.add_cookies([{"name": "density", "value": "compact", "url": owner.url}])
    page.goto(of_repo(lived))
    assert violations(page) == []
    page.get_by_role("link", name="Stop").click()
    expect(page.locator("dialog")).to_be_visible()
    assert violations(page) == []
    page.keyboard.press("Escape")
    expect(page.locator("dialog")).to_have_count(0)
    page.keyboard.press("?")
    expect(page.locator("dialog")).to_contain_text("repositories")
    assert violations(page) == []


@both_schemes
def test_what_one_meets_before_one_is_in(chromium, stack, scheme):
    invitation = stack.api.post("/users/invitations", {"role": "user"})["url"]
    with Visitor(chromium, stack.api.url, color_scheme=scheme) as visitor:
        assert found_on(visitor.page, [*OPEN, f"/invitation{invitation.split('/invitation')[1]}"]) == {}


@both_schemes
def test_a_form_that_outlived_its_session(owner, stack, lived):
    page, settings = owner.page, stack.api.settings
    page.goto(f"{of_repo(lived)}/waive?vulnerability=CVE-2026-4242&package=thing")
    page.get_by_label("Reason").fill("nobody calls it")
    page.context.clear_cookies(name="continuum")
    page.get_by_role("main").get_by_role("button", name="Waive").click()
    expect(page.get_by_text("What you typed is kept")).to_be_visible()
    assert here(page) == {}
    page.get_by_label("Name").fill(settings["OWNER_LOGIN"])
    page.get_by_label("Password").fill(settings["OWNER_PASSWORD"])
    page.get_by_role("main").get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Your form is still here")).to_be_visible()
    assert here(page) == {}


@both_schemes
def test_what_a_reader_may_not_do(chromium, stack, lived, scheme):
    """403."""
    login = f"r{uuid.uuid4().hex[:8]}"
    account = stack.api.post("/users", {"login": login, "password": PASSWORD})
    stack.api.put(f"/repos/{lived.id}/members/{account['id']}", {"right": "read"})
    with Visitor(chromium, stack.api.url, color_scheme=scheme) as reader:
        reader.sign_in(login, PASSWORD)
        assert reader.page.goto(f"{of_repo(lived)}/settings").status == 403
        assert here(reader.page) == {}


@both_schemes
def test_what_broke_and_what_is_away(chromium, tmp_path, scheme):
    """500 and 503, of a dashboard whose parts may be broken at will."""
    port = free_ports(1)[0]
    with dashboard(port, "http://127.0.0.1:1", tmp_path) as world, \
            Visitor(chromium, f"http://localhost:{port}", color_scheme=scheme) as visitor:
        world.add_account("ann", role="owner")
        broken = world.add_run(world.add_repo("acme", "shop")["id"])
        broken["jobs"] = "nothing like a list of jobs"
        visitor.sign_in("ann", "correct horse")
        assert visitor.page.goto(f"/runs/{broken['id']}").status == 500
        assert here(visitor.page) == {}
        world.down.add("dbproxy")
        assert visitor.page.goto("/repos").status == 503
        assert here(visitor.page) == {}


@both_schemes
def test_axe_would_find_a_pale_text(owner, scheme):
    """The control of colours, which are looked at in both schemes."""
    page = owner.page
    page.goto("/repos")
    page.evaluate("colour => document.querySelectorAll('main a').forEach(link => { link.style.color = colour; })",
                  {"light": "#bbbbbb", "dark": "#444444"}[scheme])
    assert any("color-contrast" in line for line in violations(page))


def test_axe_would_find_something(page):
    """The control of all the rest: what is taken away is told."""
    page.goto("/repos")
    page.evaluate("document.querySelector('input[type=search]').removeAttribute('aria-label')")
    page.evaluate("document.documentElement.removeAttribute('lang')")
    assert any("html-has-lang" in line for line in violations(page))
