"""How long the server takes for each page: with nothing stored, with one page of each list, and with years of use."""

from __future__ import annotations

import statistics
import time

import requests

from bench import seed
from bench.measures import Measure
from tests.harness.apps import steady
from tests.harness.stack import Repo, Stack
from tests.security import people

ROUNDS, WARM = 25, 3
OPEN = ("sign-in",)          # asked for without a session
BUDGET, RATIO = 30, 1.5      # ms; with much stored / with less


def measure(stack: Stack) -> tuple[list[Measure], dict[str, str]]:
    """The rows, and page -> address. What is stored stays, for the measures that come after."""
    repo = stack.repo_of(steady(), "busy")
    seeding = seed.Seed(stack, repo.id)
    found = []
    for size in (seed.NONE, seed.SOME, seed.MUCH):
        seeding.fill(size)
        pages = addresses(repo, seeding.run)
        found.append(times(stack, pages))
    seeding.close()
    none, some, much = found
    return [*rows(*found), worst("none", none, much, seed.NONE), worst("little", some, much, seed.SOME)], pages


def addresses(repo: Repo, run: int) -> dict[str, str]:
    """Page -> its address."""
    of_repo, of_run = f"/repos/local/{repo.owner}/{repo.name}", f"/runs/{run}"
    return {"sign-in": "/signin", "repositories": "/repos", "repositories, searched": "/repos?q=repo-1",
            "repositories, failing": "/repos?state=failing", "repository": of_repo,
            "repository, failures": f"{of_repo}?state=failure", "deployments": f"{of_repo}/deployments",
            "waivers": f"{of_repo}/waivers", "settings": f"{of_repo}/settings", "run": of_run, "log": f"{of_run}/build.1",
            "findings": f"{of_run}/findings", "tests": f"{of_run}/tests", "artifacts": f"{of_run}/artifacts",
            "definition": f"{of_run}/definition", "status": "/status", "account": "/account", "audit": "/audit",
            "users": "/admin/users", "API": "/api"}


def times(stack: Stack, pages: dict[str, str]) -> dict[str, float]:
    """Page -> median ms from the request to the last byte. The pages take turns, so that a busy moment hits them all."""
    taken: dict[str, list[float]] = {name: [] for name in pages}
    with signed_in(stack) as somebody, people.session() as nobody:
        for turn in range(WARM + ROUNDS):
            for name, path in pages.items():
                browser = nobody if name in OPEN else somebody
                began = time.perf_counter()
                answer = browser.get(stack.api.url + path, timeout=60)
                if turn >= WARM:
                    taken[name].append((time.perf_counter() - began) * 1000)
                assert answer.status_code == 200, f"{path}: {answer.status_code}"
    return {name: statistics.median(values) for name, values in taken.items()}


def signed_in(stack: Stack) -> requests.Session:
    browser = people.session()
    browser.post(f"{stack.api.url}/signin", timeout=60, data={
        "login": stack.api.settings["OWNER_LOGIN"], "password": stack.api.settings["OWNER_PASSWORD"]})
    return browser


def rows(none: dict[str, float], some: dict[str, float], much: dict[str, float]) -> list[Measure]:
    def against(less: float, name: str) -> str:
        return f"{less:.1f} ms, {much[name] / less:.2f} x"
    return [Measure(f"server time of a page, median: {name}", much[name], BUDGET, "ms",
                    f"{ROUNDS} times; with none stored {against(none[name], name)}; "
                    f"with one page of each list {against(some[name], name)}") for name in much]


def worst(word: str, less: dict[str, float], much: dict[str, float], size: seed.Size) -> Measure:
    ratios = {name: much[name] / less[name] for name in much}
    name = max(ratios, key=ratios.get)
    return Measure(f"server time with much stored / with {word}, worst page", ratios[name], RATIO, "x",
                   f"{name}; {_told(seed.MUCH)} against {_told(size)}")


def _told(size: seed.Size) -> str:
    """The repository that is measured stands beside the seeded ones."""
    return f"{size.runs:,} runs, {size.repos + 1} repositories, a log of {size.lines:,} lines"
