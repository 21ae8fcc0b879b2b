"""A stand-in of GitHub for the running test installation, on the address that its .env names."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import requests

from cli.waiting import wait_for
from tests.github import GitHub, serve
from tests.github.state import OAuthApp, Repo
from tests.harness.stack import Stack

ALLOWED, STRANGERS = ("ann", "wes"), ("eve",)      # as GITHUB_USERS has them, and others


@dataclass
class GitHubWorld:
    """`world` is GitHub as a test holds it; `dashboard` is our address."""

    world: GitHub
    dashboard: str

    def authorized(self, location: str, login: str) -> dict[str, str]:
        """What GitHub gives the browser for us once `login` pressed Authorize on the page at `location`."""
        with requests.Session() as session:
            session.trust_env = False
            answer = session.post(location, data={"login": login, "answer": "yes"}, allow_redirects=False, timeout=20)
        assert answer.status_code == 302, answer.text
        return {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["Location"]).query).items()}

    def statuses(self, repo: Repo, commit: str) -> dict[str, dict]:
        """Context -> its newest status."""
        return {item["context"]: item for item in repo.statuses if item["sha"] == commit}

    def wait_for_status(self, repo: Repo, commit: str, state: str, limit: float = 300) -> dict:
        """The status in all, once it is in `state`."""
        def look():
            found = self.statuses(repo, commit).get("continuum")
            return found if found and found["state"] == state else None
        return self.until(look, f"the status of {commit[:7]} to be {state}", limit)

    @staticmethod
    def until(look: Callable, what: str, limit: float = 60):
        return wait_for(look, what, limit)


@contextmanager
def standing_in(stack: Stack, folder: Path) -> Iterator[GitHubWorld]:
    settings = stack.api.settings
    where = urlsplit(settings["GITHUB_URL"])
    with serve(folder, host=where.hostname, port=where.port, public_url=settings["GITHUB_URL"],
               first_id=int(time.time())) as world:      # what an earlier stand-in had is not met again by its number
        for login in (*ALLOWED, *STRANGERS):
            world.user(login)
        callbacks = [f"http://{host}:{settings['DASHBOARD_PORT']}/signin/github" for host in ("localhost", "127.0.0.1")]
        world.clients[settings["GITHUB_CLIENT_ID"]] = OAuthApp(
            settings["GITHUB_CLIENT_ID"], settings["GITHUB_CLIENT_SECRET"], callbacks, "Continuum", callbacks[0])
        yield GitHubWorld(world, stack.api.url)
