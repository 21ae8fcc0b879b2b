"""emulate, which others wrote, as a second GitHub: its API at the top of its address, `TOKEN` is octocat's.

Where it differs from GitHub (it proves no PKCE, takes an unknown token for its first user's, has no statuses, no git
and no ETags) the stand-in stands in.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

import requests
import yaml

from cli.testing import free_ports
from cli.waiting import wait_for
from forges.github import Urls

from . import npm

TOKEN = "gho_octocat"
CLIENT = {"client_id": "Ov23liEmulate", "client_secret": "emulated"}
START = 60               # seconds; a bound, not a measure


class Emulate:
    """A running one, with octocat's repository `hello` and as many others as `repos` names."""

    def __init__(self, folder: Path, repos: tuple[str, ...] = (), callbacks: tuple[str, ...] = ()):
        folder.mkdir(parents=True, exist_ok=True)
        self.log, seed, (port,) = folder / "emulate.log", folder / "seed.yaml", free_ports(1)
        seed.write_text(yaml.safe_dump(_seed(("hello", *repos), callbacks)))
        self.url = f"http://127.0.0.1:{port}"
        self.urls = Urls(self.url, self.url)
        self._argv = [*npm.emulate(), "start", "--service", "github", "--port", str(port), "--seed", str(seed),
                      "--base-url", self.url]

    def __enter__(self) -> Emulate:
        with open(self.log, "wb") as log:
            self._process = subprocess.Popen(self._argv, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        wait_for(self._answers, "emulate to answer", START, every=0.05)
        return self

    def __exit__(self, *_) -> None:
        self._process.terminate()
        self._process.wait()

    def call(self, method: str, path: str, json: dict | None = None) -> requests.Response:
        return requests.request(method, f"{self.url}{path}", json=json, headers={"Authorization": f"Bearer {TOKEN}"})

    def _answers(self) -> bool:
        assert self._process.poll() is None, self.log.read_text()
        try:
            return self.call("GET", "/rate_limit").ok
        except requests.ConnectionError:
            return False


def _seed(repos: tuple[str, ...], callbacks: tuple[str, ...]) -> dict:
    return {"tokens": {TOKEN: {"login": "octocat", "scopes": ["repo", "user", "admin:repo_hook"]}},
            "github": {"users": [{"login": "octocat", "name": "The Octocat", "email": "octocat@example.org"}],
                       "repos": [{"owner": "octocat", "name": name, "auto_init": True} for name in repos],
                       "oauth_apps": [{**CLIENT, "name": "Continuum", "redirect_uris": list(callbacks)}]}}
