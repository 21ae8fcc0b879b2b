"""People at the dashboard: by browser (cookie, CSRF token) and by program (token)."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass

import requests

from tests.harness.stack import Stack

PASSWORD = "correct horse battery 42"
TIMEOUT = 20      # seconds


@dataclass
class Person:
    """An account with a token of scope admin; the account's rights are what limits it."""

    url: str
    id: int
    login: str
    token: str

    def call(self, method: str, path: str, **options) -> requests.Response:
        """A call of the API."""
        return call(self.url, method, f"/api/v1{path}", self.token, **options)


def call(url: str, method: str, path: str, token: str | None = None, **options) -> requests.Response:
    headers = {**options.pop("headers", {}), **({"Authorization": f"Bearer {token}"} if token else {})}
    options.setdefault("allow_redirects", False)
    return session().request(method, url + path, headers=headers, timeout=TIMEOUT, **options)


def session() -> requests.Session:
    made = requests.Session()
    made.trust_env = False
    return made


def sign_up(stack: Stack, role: str = "user") -> Person:
    """A fresh local account."""
    login = f"p{uuid.uuid4().hex[:10]}"
    account = stack.api.post("/users", {"login": login, "password": PASSWORD, "role": role})
    return Person(stack.api.url, account["id"], login, token_of(stack.api.url, login))


def token_of(url: str, login: str, scope: str = "admin", password: str = PASSWORD) -> str:
    response = call(url, "POST", "/api/v1/signin", json={"login": login, "password": password, "token_name": "tests",
                                                        "scope": scope})
    assert response.status_code == 201, response.text
    return response.json()["token"]


class Browser:
    """A browser that keeps cookies and fills in forms, and runs no scripts."""

    def __init__(self, url: str):
        self.url = url
        self.http = session()

    def get(self, path: str, **options) -> requests.Response:
        options.setdefault("allow_redirects", False)
        return self.http.get(self.url + path, timeout=TIMEOUT, **options)

    def post(self, path: str, data: dict | None = None, *, csrf: str | None = None, **options) -> requests.Response:
        options.setdefault("allow_redirects", False)
        return self.http.post(self.url + path, data={**(data or {}), **({"csrf": csrf} if csrf else {})},
                              timeout=TIMEOUT, **options)

    def sign_in(self, login: str, password: str = PASSWORD, **fields) -> requests.Response:
        return self.post("/signin", {"login": login, "password": password, **fields})

    def csrf(self, path: str = "/account") -> str:
        """The token that our own page carries."""
        found = re.search(r'name="csrf"[^>]*value="([0-9a-f]{20,})"|value="([0-9a-f]{20,})"[^>]*name="csrf"',
                          self.get(path).text)
        assert found, f"{path} holds no CSRF token"
        return found[1] or found[2]
