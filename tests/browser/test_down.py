"""What is down is told, tried again, and takes nothing away that the page has."""

from playwright.sync_api import expect

from cli.testing import free_ports
from tests.browser.addresses import of_repo
from tests.browser.emulated import dashboard
from tests.browser.visitor import Visitor

GONE = "<title>x</title><main id='main'><h1>Not found</h1><p>There is no such thing.</p></main>"
DOWN = "<title>x</title><main id='main'><h1>A part is away</h1><p>dbproxy does not answer.</p></main>"


def test_a_server_that_is_down_is_told_and_tried_again(page, stack, ticking):
    down = True

    def answer(route):
        if down and route.request.headers.get("x-fragment"):
            route.fulfill(status=503, body=DOWN, content_type="text/html")
        else:
            route.continue_()

    page.route(f"**{of_repo(ticking)}", answer)
    page.goto(of_repo(ticking))
    expect(page.locator("#live")).to_have_attribute("data-state", "live")
    heading = page.get_by_role("heading", name=ticking.name)
    run = ticking.build()
    bar = page.locator("#trouble")
    expect(bar).to_contain_text("dbproxy does not answer.")
    expect(bar).to_contain_text("Trying again in")
    expect(heading).to_be_visible()
    down = False
    expect(bar).to_have_count(0)
    stack.api.post(f"/runs/{run}/cancel")


def test_a_network_that_is_cut_is_told(page, stack, ticking):
    page.goto(of_repo(ticking))
    expect(page.locator("#live")).to_have_attribute("data-state", "live")
    page.route(f"**{of_repo(ticking)}", lambda route: route.abort())
    run = ticking.build()
    expect(page.locator("#trouble")).to_contain_text("The dashboard does not answer.")
    page.unroute(f"**{of_repo(ticking)}")
    expect(page.locator("#trouble")).to_have_count(0)
    stack.api.post(f"/runs/{run}/cancel")


def test_what_is_wrong_is_told_with_its_id_and_tried_again_by_a_button(page, stack, ticking):
    page.goto(of_repo(ticking))
    expect(page.locator("#live")).to_have_attribute("data-state", "live")
    page.route(f"**{of_repo(ticking)}", lambda route: route.fulfill(
        status=404, body=GONE, content_type="text/html", headers={"X-Request-Id": "0123456789ab"}))
    run = ticking.build()
    expect(page.locator("#trouble")).to_contain_text("There is no such thing.")
    expect(page.locator("#trouble")).to_contain_text("Id 0123456789ab.")
    page.unroute(f"**{of_repo(ticking)}")
    page.get_by_role("button", name="Try again").click()
    expect(page.locator("#trouble")).to_have_count(0)
    stack.api.post(f"/runs/{run}/cancel")
    stack.wait(run)
    expect(page.locator(f"#run-{run}")).to_contain_text("canceled")      # it is live again


def test_a_dialog_that_cannot_be_had_is_a_page(page, stack, ticking):
    stack.api.put(f"/repos/{ticking.id}/secrets/WORD", {"value": "x", "use": ["deploy"]})
    page.goto(f"{of_repo(ticking)}/settings")
    page.route("**/settings/secrets/WORD/delete", lambda route: (
        route.abort() if route.request.headers.get("x-fragment") else route.continue_()))
    page.get_by_role("link", name="Delete").click()
    page.wait_for_url("**/settings/secrets/WORD/delete")


def test_nonsense_in_a_filter_is_told_beside_it_as_one_types(page):
    page.goto("/audit")
    page.get_by_label("Who").evaluate("input => input.removeAttribute('maxlength')")
    page.get_by_label("Who").fill("x" * 300)
    expect(page.locator("label.bare .at")).to_contain_text("too long")
    page.get_by_label("Who").fill("")
    expect(page.locator("label.bare .at")).to_have_count(0)


def test_a_page_that_could_not_be_shown_comes_by_itself(chromium, tmp_path):
    port = free_ports(1)[0]
    with dashboard(port, "http://127.0.0.1:1", tmp_path) as world, Visitor(chromium, f"http://localhost:{port}") as visitor:
        world.add_account("ann", role="owner")
        visitor.sign_in("ann", "correct horse")
        world.down.add("dbproxy")
        assert visitor.page.goto("/account").status == 503
        expect(visitor.page.locator("#trouble")).to_contain_text("Trying again in")
        world.down.clear()
        expect(visitor.page.get_by_role("heading", name="Tokens")).to_be_visible()


def test_what_comes_late_comes_on_a_page_without_events(chromium, tmp_path):
    """The check of .continuum.yml; meanwhile the page says why, with the id, and a button looks at once."""
    port = free_ports(1)[0]
    with dashboard(port, "http://127.0.0.1:1", tmp_path) as world, Visitor(chromium, f"http://localhost:{port}") as visitor:
        world.add_account("ann", role="owner")
        world.add_repo("acme", "shop")
        visitor.sign_in("ann", "correct horse")
        world.down.add("orchestrator")
        visitor.page.goto("/repos/local/acme/shop/settings")
        config = visitor.page.locator("#config")
        expect(config).to_contain_text("The check comes when the orchestrator answers")
        before = config.locator("code").text_content()
        config.get_by_role("link", name="Try again").click()
        expect(config.locator("code")).not_to_have_text(before)      # another answer, with another id
        world.down.clear()
        expect(config).to_contain_text("every default holds")
