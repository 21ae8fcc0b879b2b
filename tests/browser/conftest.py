"""Chromium at the running test installation; what a page writes to the console as an error fails its test."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.browser.repos import Ticking, quiet
from tests.browser.visitor import Visitor
from tests.harness import long_log
from tests.harness.longest import Longest
from tests.harness.longest import store as store_longest

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]
collect_ignore = [] if os.environ.get("CONTINUUM_SCREENSHOTS") else ["test_pictures.py"]      # makes, tests nothing
PATIENCE = 30_000      # ms: a bound for what hangs on a busy machine, not a measure


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    path = shutil.which("chromium")
    assert path, "the browser tests need Chromium: apt-get install chromium"
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def visitor(chromium, stack) -> Iterator[Visitor]:
    """Somebody with a browser, not signed in."""
    with Visitor(chromium, stack.api.url) as made:
        yield made


@pytest.fixture
def page(visitor, stack) -> Page:
    """The owner's tab, signed in."""
    visitor.sign_in(stack.api.settings["OWNER_LOGIN"], stack.api.settings["OWNER_PASSWORD"])
    return visitor.page


@pytest.fixture(scope="session")
def ticking(stack) -> Ticking:
    return Ticking(stack.repo_of(quiet(build_ticks=80), "ticking"))


@pytest.fixture(scope="session")
def long_ticking(stack) -> Ticking:
    return Ticking(stack.repo_of(quiet(build_ticks=220), "long-ticking"))


@pytest.fixture(scope="session")
def slow_ticking(stack) -> Ticking:
    """Long enough for a stream to be cut, noticed and mended."""
    return Ticking(stack.repo_of(quiet(build_ticks=480), "slow-ticking"))


@pytest.fixture(scope="session")
def printed(stack):
    """A finished build of 5,000 lines: (repository, run)."""
    repo = stack.repo_of(quiet(lines=5000), "printed")
    run = stack.wait(repo.run("build")["id"])
    assert run["state"] == "success", run["reason"]
    return repo, run


@pytest.fixture(scope="session")
def million(stack) -> int:
    """A finished build of a million lines: its run. Its first step succeeded, its second failed."""
    return long_log.store(stack, stack.repo_of(quiet(), "million").id)


@pytest.fixture(scope="session")
def longest(stack) -> Longest:
    """A repository of GitHub and a run of it whose every value is as long as it may be."""
    return store_longest(stack)


@pytest.fixture
def job_of(stack):
    """Stores a finished build: `job_of([(step, text), …], [state, …])` gives its run."""
    return lambda lines, states: long_log.store_steps(stack, stack.repo_of(quiet(), "steps").id, lines, states)


@pytest.fixture(scope="session")
def lived(stack):
    """A repository with two versions behind it: the second serves, the first is kept."""
    repo = stack.repo_of(quiet(start_ticks=2), "lived")
    _live(stack, repo)
    repo.replace("app.py", 'VERSION = "one"', 'VERSION = "two"')
    repo.commit("Version two")
    repo.push("main")
    _live(stack, repo)
    return repo


def _live(stack, repo) -> None:
    run = stack.wait(repo.run("full")["id"])
    assert run["state"] == "success", run["reason"]
