"""One of each thing that an address of the API can name, and an owner to call it: nobody misses any of them."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

import requests

from tests.harness.apps import steady
from tests.harness.dates import in_days
from tests.harness.stack import Repo, Stack

PASSWORD = "correct horse battery 42"
TIMEOUT = 20      # seconds


@dataclass
class Things:
    url: str
    token: str
    ids: dict[str, object]      # name of the address's part -> what exists


def make(stack: Stack) -> Things:
    """A live app of its own with a run, a waiver and a member; an owner with a session and a token to lose."""
    repo = stack.repo_of(steady(), "throwaway")
    run = stack.wait(repo.run()["id"])
    assert run["state"] == "success", run["reason"]
    login = f"o{uuid.uuid4().hex[:10]}"
    stack.api.post("/users", {"login": login, "password": PASSWORD, "role": "owner"})
    token = _sign_in(stack.api.url, login)
    headers = {"Authorization": f"Bearer {token}"}
    return Things(stack.api.url, token, {**_of_repo(stack, repo), "run": run["id"], "stage": "build", "attempt": 1,
                                         **_of_account(stack, login, headers)})


def _of_repo(stack: Stack, repo: Repo) -> dict:
    waiver = stack.api.post(f"/repos/{repo.id}/waivers", {"vulnerability": "CVE-2026-0001", "reason": "a test's",
                                                         "until": in_days(30)})
    live = repo.deployments()[0]
    return {"repo": repo.id, "forge": "local", "owner": repo.owner, "waiver": waiver["id"], "deployment": live["id"],
            "digest": live["digest"]}


def _of_account(stack: Stack, login: str, headers: dict) -> dict:
    member = stack.api.post("/users", {"login": f"m{uuid.uuid4().hex[:10]}", "password": PASSWORD})
    with requests.Session() as browser:
        browser.trust_env = False
        browser.post(f"{stack.api.url}/signin", data={"login": login, "password": PASSWORD}, timeout=TIMEOUT)
        sessions = browser.get(f"{stack.api.url}/api/v1/sessions", timeout=TIMEOUT).json()["items"]
        other = browser.post(f"{stack.api.url}/api/v1/tokens", json={"name": "to lose"}, headers=headers,
                             timeout=TIMEOUT).json()
    return {"account": member["id"], "session": sessions[0]["id"], "token": other["id"]}


def _sign_in(url: str, login: str) -> str:
    with requests.Session() as program:
        program.trust_env = False
        answer = program.post(f"{url}/api/v1/signin", timeout=TIMEOUT,
                              json={"login": login, "password": PASSWORD, "token_name": "contract", "scope": "admin"})
    assert answer.status_code == 201, answer.text
    return answer.json()["token"]
