"""Every page, in both schemes and from a phone to a wall: it answers, fits, and breaks nothing of its policy."""

import os
import uuid
from pathlib import Path

import pytest

from tests.browser.addresses import of_repo
from tests.browser.visitor import Visitor

WIDTHS = (360, 1280, 2560)


def pages(printed) -> list[str]:
    repo, run = printed
    run = f"/runs/{run['id']}"
    return ["/repos", "/repos/add", f"{of_repo(repo)}/waive?vulnerability=CVE-2026-0001", of_repo(repo), of_repo(repo) + "/deployments", of_repo(repo) + "/waivers",
            of_repo(repo) + "/settings", run, f"{run}/build.1", f"{run}/findings", f"{run}/tests", f"{run}/artifacts",
            f"{run}/definition", "/status", "/account", "/audit", "/admin/users", "/admin/limits", "/api",
            "/setup/github", "/repos/github"]


def picture(visitor: Visitor, path: str, printed, width: int, scheme: str) -> None:
    """Kept where `./continuum test browser --screenshots` wants them."""
    folder = os.environ.get("CONTINUUM_SCREENSHOTS")
    if folder:
        repo, run = printed
        name = path.partition("?")[0].replace(of_repo(repo), "repo").replace(f"/runs/{run['id']}", "run")
        name = name.strip("/").replace("/", "-")
        visitor.page.screenshot(path=Path(folder) / f"{name}-{width}-{scheme}.png")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_fits_every_width(chromium, stack, printed, scheme):
    with Visitor(chromium, stack.api.url, color_scheme=scheme) as visitor:
        visitor.page.goto("/signin")
        picture(visitor, "/signin", printed, 1280, scheme)
        visitor.sign_in(stack.api.settings["OWNER_LOGIN"], stack.api.settings["OWNER_PASSWORD"])
        for path in pages(printed):
            answer = visitor.page.goto(path)
            assert answer.status == 200, path
            for width in WIDTHS:
                visitor.page.set_viewport_size({"width": width, "height": 900})
                wide = visitor.page.evaluate("document.documentElement.scrollWidth")
                assert wide <= width, f"{path} is {wide} px wide at {width}"
                picture(visitor, path, printed, width, scheme)


def test_the_longest_login_fits(chromium, stack):
    """64 letters without a place to break: in the header, in what the account did, in the list of accounts."""
    login, password = uuid.uuid4().hex + uuid.uuid4().hex, "correct horse battery 42"
    stack.api.post("/users", {"login": login, "password": password, "role": "owner"})
    with Visitor(chromium, stack.api.url) as visitor:
        visitor.sign_in(login, password)
        for path in ("/admin/users", "/audit", "/account", "/repos"):
            visitor.page.goto(path)
            for width in WIDTHS:
                visitor.page.set_viewport_size({"width": width, "height": 900})
                wide = visitor.page.evaluate("document.documentElement.scrollWidth")
                assert wide <= width, f"{path} is {wide} px wide at {width}"


def test_what_is_not_there_says_so_and_leads_on(page):
    answer = page.goto("/runs/999999999")
    assert answer.status == 404
    assert page.get_by_role("link", name="Repositories").count() >= 1
    assert page.get_by_text(answer.headers["x-request-id"]).count() == 1
