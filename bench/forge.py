"""GitHub in numbers: webhooks while runs go on, a push to the first line of its build, a list of 5,000, and the requests
that a quiet day takes. A stand-in plays GitHub.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import requests

from bench import quiet_day
from bench.measures import Measure, percentile, spread
from tests.harness.github import GitHubWorld, standing_in
from tests.harness.stack import Stack
from tests.security.people import Browser

RATE, SECONDS = 50, 20          # deliveries a second, and for how long
PUSHES = 7
LISTED = 5000
FILES = {"Dockerfile": "FROM python:3.13-slim\nCOPY change .\nRUN echo built\n", "change": "0\n",
         ".continuum.yml": "deploy: none\n"}


def measure(stack: Stack) -> list[Measure]:
    with standing_in(stack, stack.scratch / "github") as github:
        browser = _signed_in(github)
        busy, quiet = (Connected(github, browser, name) for name in ("busy", "quiet"))
        measures = [*_first_line(stack, quiet), *_deliveries(busy), *_list(github, browser)]
    return measures + quiet_day.measure()


class Connected:
    """A repository of ann's with its webhook. `number`: here; `hook`: at GitHub."""

    def __init__(self, github: GitHubWorld, browser: Browser, name: str):
        self.github, self.browser = github, browser
        self.repo = github.world.repo(f"ann/{name}-{uuid.uuid4().hex[:6]}", files=FILES)
        browser.post("/repos/github", {"owner": "ann", "name": self.repo.name}, csrf=browser.csrf())
        self.number = browser.get(f"/api/v1/repos/github/ann/{self.repo.name}").json()["id"]
        self.hook = next(iter(self.repo.hooks.values()))

    def push(self) -> str:
        return self.github.world.commit(self.repo, {"change": f"{uuid.uuid4()}\n"})

    def run_of(self, commit: str) -> dict | None:
        runs = self.browser.get(f"/api/v1/repos/{self.number}/runs").json()["items"]
        return next((run for run in runs if run["commit"] == commit), None)


def _signed_in(github: GitHubWorld) -> Browser:
    browser = Browser(github.dashboard)
    asked = browser.get("/signin/github?wants=repositories").headers["Location"]
    browser.get("/signin/github/callback", params=github.authorized(asked, "ann"))
    return browser


def _first_line(stack: Stack, place: Connected) -> list[Measure]:
    """From the moment that git has the commit to the moment that the first line of its build was printed, both by this
    machine's clock."""
    seconds = []
    for number in range(PUSHES + 1):      # the first warms up
        pushed = time.time()
        commit = place.push()
        run = place.github.until(lambda commit=commit: place.run_of(commit), "the push's run")
        stack.wait(run["id"])
        address = f"/runs/{run['id']}/jobs/build.1/lines"
        lines = place.github.until(lambda at=address: stack.api.get(at, **{"from": 1, "count": 1})["lines"],
                                   "the first line to be stored")      # up to 3 s after it was printed
        if number:
            seconds.append(lines[0][1] / 1000 - pushed)
    return [Measure("push to first build line", percentile(seconds, 0.5), 1, "s",
                    f"{PUSHES} pushes, {spread(seconds)} s (min / median / max), git's own time at GitHub included")]


def _deliveries(place: Connected) -> list[Measure]:
    """Signed deliveries at an even rate, each under its own id, while pushes of the same repository make runs."""
    body = json.dumps({"ref": "refs/heads/main", "sender": {"login": "ann"},
                       "repository": {"id": place.repo.id, "full_name": place.repo.path}}).encode()
    signature = "sha256=" + hmac.new(place.hook.secret.encode(), body, hashlib.sha256).hexdigest()
    url, sessions = f"{place.github.dashboard}/webhooks/github/{place.number}", threading.local()

    def deliver(due: float) -> tuple[float, int]:
        if not hasattr(sessions, "own"):
            sessions.own = requests.Session()
        time.sleep(max(0.0, due - time.perf_counter()))
        began = time.perf_counter()
        answer = sessions.own.post(url, data=body, timeout=30, headers={
            "Content-Type": "application/json", "X-GitHub-Event": "push", "X-GitHub-Delivery": str(uuid.uuid4()),
            "X-Hub-Signature-256": signature})
        return (time.perf_counter() - began) * 1000, answer.status_code

    begin = time.perf_counter() + 0.5
    with ThreadPoolExecutor(16) as pool:
        answers = [pool.submit(deliver, begin + number / RATE) for number in range(RATE * SECONDS)]
        for _ in range(3):
            place.push()
        took = [future.result() for future in answers]
    refused = sum(status != 202 for _, status in took)
    times = [milliseconds for milliseconds, _ in took]
    detail = f"{len(times)} signed pushes at {RATE}/s with runs going on, {refused} not accepted"
    return [Measure("webhook accepted, median", percentile(times, 0.5), 30, "ms", detail),
            Measure("webhook accepted, 99th percentile", percentile(times, 0.99) if not refused else float("inf"), 300,
                    "ms", detail)]


def _list(github: GitHubWorld, browser: Browser) -> list[Measure]:
    """The first page once the copy is there; its repositories share one git folder, for nobody fetches them."""
    world = github.world
    pattern = world.repo(f"ann/listed-{uuid.uuid4().hex[:6]}", files=FILES)
    for number in range(LISTED):
        made = replace(pattern, id=world.next_id(), name=f"listed-{number:05}", hooks={}, pulls={})
        world.repos[made.id] = made
    address = "/api/v1/forges/github/repos?per_page=30"
    github.until(lambda: browser.get(address).json().get("total", 0) >= LISTED, "the list to be whole", 300)
    times = []
    for _ in range(20):
        began = time.perf_counter()
        browser.get(address)
        times.append((time.perf_counter() - began) * 1000)
    return [Measure(f"list of {LISTED} repositories, first page warm", percentile(times, 0.5), 300, "ms",
                    f"20 times, {spread(times)} ms (min / median / max)")]
