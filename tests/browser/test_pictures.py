"""The README's pictures: made of the example that it tells of, when `--screenshots` asks for them."""

import os
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.visitor import Visitor

FOLDER = os.environ["CONTINUUM_SCREENSHOTS"]


@pytest.fixture(scope="module")
def shown(stack):
    """hello-flask, live, and a push of it that its tests refused: (good run, refused run)."""
    taken = (stack.repositories / "acme").exists()
    repo = stack.repo("hello-flask", owner=None if taken else "acme")
    good = stack.wait(repo.run("full")["id"])
    repo.replace("app.py", "Hello", "Goodbye")
    commit = repo.commit("Forget to greet")
    repo.push("main")
    refused = stack.wait(repo.wait_for_push_run(commit)["id"])
    assert (good["state"], refused["state"]) == ("success", "failure"), refused["reason"]
    return good, refused


def test_pictures_of_the_readme(chromium, stack, shown):
    good, refused = shown
    with Visitor(chromium, stack.api.url, color_scheme="dark", viewport={"width": 1280, "height": 760}) as visitor:
        visitor.sign_in(stack.api.settings["OWNER_LOGIN"], stack.api.settings["OWNER_PASSWORD"])
        for name, path in (("run", f"/runs/{good['id']}"), ("failed", f"/runs/{refused['id']}")):
            visitor.page.goto(path)
            expect(visitor.page.locator("#live")).to_have_attribute("data-state", "live")
            expect(visitor.page.locator("[data-again]")).to_have_count(0)      # all that is told is stored
            visitor.page.screenshot(path=Path(FOLDER) / f"{name}.png")
