"""Requests to GitHub itself: bounded in time, by the certificates of CA_BUNDLE too, and never a redirect."""

from __future__ import annotations

import ssl
from functools import cache
from pathlib import Path

import requests
from requests.adapters import HTTPAdapter

from common.errors import Unavailable

CA = Path("/etc/continuum/ca.crt")      # empty where .env names no CA_BUNDLE
TIMEOUT = (3.05, 10)                    # seconds to connect, and between bytes


class Adapter(HTTPAdapter):
    def init_poolmanager(self, *args, **options):
        super().init_poolmanager(*args, **options, ssl_context=_context())


@cache
def _context() -> ssl.SSLContext:
    context = ssl.create_default_context()
    if CA.is_file() and CA.stat().st_size:
        context.load_verify_locations(CA)
    return context


def mounted(session: requests.Session) -> requests.Session:
    session.mount("https://", Adapter())
    return session


def fetch(url: str, token: str) -> requests.Response:
    """GET as the person that `token` stands for. Raises Unavailable where GitHub does not answer as it should,
    or not before its rate limit is new."""
    try:
        with mounted(requests.Session()) as session:
            answer = session.get(url, timeout=TIMEOUT, allow_redirects=False, headers={
                "Authorization": f"Bearer {token}", "Accept": "application/vnd.github+json",
                "X-GitHub-Api-Version": "2022-11-28", "User-Agent": "Continuum"})
    except requests.RequestException as problem:
        raise Unavailable(f"GitHub does not answer ({type(problem).__name__}): try again in a minute") from None
    if _limited(answer):
        raise Unavailable("GitHub's rate limit is used up, so it does not answer: try again in a few minutes")
    if answer.status_code >= 500:
        raise Unavailable(f"GitHub answered {answer.status_code}: try again in a minute")
    return answer


def _limited(answer: requests.Response) -> bool:
    """GitHub also says so by a 403; then these headers tell it from one that is about the question."""
    told = answer.headers
    return answer.status_code == 429 or answer.status_code == 403 and (
        told.get("X-RateLimit-Remaining") == "0" or "Retry-After" in told)


def json_of(answer: requests.Response) -> dict:
    """The answer's JSON object; raises Unavailable for anything else (a proxy's page, say)."""
    try:
        found = answer.json()
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise Unavailable("GitHub answered something that is no JSON: is GITHUB_URL right?")
    return found
