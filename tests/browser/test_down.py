"""What is down is told, tried again, and takes nothing away that the page has."""

from playwright.sync_api import expect

from cli.testing import free_ports

from tests.browser.addresses import of_repo
from tests.browser.emulated import dashboard
from tests.browser.visitor import Visitor

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
