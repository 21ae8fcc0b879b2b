"""GitHub's answers by hand: `FakeGitHub` in place of the transport."""

import json
from collections.abc import Callable

from pydantic import SecretStr
from requests.structures import CaseInsensitiveDict

from forges.github import Client, Urls
from forges.github.rate import RateLimits
from forges.github.reply import Reply

TOKEN = SecretStr("gho_canary")
URLS = Urls("https://github.com", "https://api.github.com")


def reply(data=None, status=200, **headers) -> Reply:
    """`headers` with underscores for dashes."""
    told = CaseInsensitiveDict({"Content-Type": "application/json",
                                **{name.replace("_", "-"): str(value) for name, value in headers.items()}})
    return Reply(status, told, b"" if data is None else json.dumps(data).encode())


def page(text: str, status=200) -> Reply:
    return Reply(status, CaseInsensitiveDict({"Content-Type": "text/html"}), text.encode())


class FakeGitHub:
    """`answer(method, url, headers, json)` gives a Reply or an exception; `asked`: (method, url, headers, json)."""

    def __init__(self, answer: Callable):
        self.answer, self.asked = answer, []

    def send(self, method, url, auth, headers, json=None):
        self.asked.append((method, url, dict(headers), json))
        found = self.answer(method, url, headers, json)
        if isinstance(found, Exception):
            raise found
        return Reply(found.status, found.headers, found.body, method)


class Clock:
    def __init__(self, now: float = 1_000_000):
        self.now = now

    def __call__(self) -> float:
        return self.now


def client_of(*answers, clock: Clock | None = None, revoked=lambda token: None, urls: Urls = URLS):
    """(client, fake) that gives `answers` one after the other, the last one for ever."""
    left = list(answers)
    fake = FakeGitHub(lambda *_: left.pop(0) if len(left) > 1 else left[0])
    return Client(urls, revoked, transport=fake, limits=RateLimits(urls.host, clock or Clock())), fake
