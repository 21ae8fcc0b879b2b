"""What each request passes: trouble on demand, who asks, the hourly limit; and on the way back ETag and headers."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from flask import Flask, Response, g, request

from .access import PREFIX, hub, live_token
from .faults import refusal


@dataclass(frozen=True)
class Exchange:
    """A call and its answer as they were on the wire; `path` without the prefix."""

    method: str
    path: str
    query: dict[str, str]
    sent: bytes
    status: int
    kind: str
    body: bytes

    @classmethod
    def of(cls, answer: Response) -> Exchange:
        return cls(request.method, request.path.removeprefix(PREFIX), request.args.to_dict(), request.get_data(),
                   answer.status_code, answer.mimetype or "", answer.get_data())


def add_gate(app: Flask) -> None:
    app.before_request(_enter)
    app.after_request(_leave)
    for status in (404, 405):
        app.register_error_handler(status, lambda _: refusal(404, "Not Found"))
    app.register_error_handler(500, lambda _: refusal(500, "Server Error"))


def _enter() -> Response | None:
    if request.path.startswith("/_control"):
        return None
    trouble = hub().faults.apply()
    if trouble is not None or not request.path.startswith(PREFIX):
        return trouble
    return _identify() or _limited()


def _identify() -> Response | None:
    """Sets g.token, and g.jwt for an App's own calls; /applications has Basic of its own."""
    kind, _, value = request.headers.get("Authorization", "").partition(" ")
    g.token, g.jwt = None, None
    if kind.lower() not in ("bearer", "token"):
        return None
    if value.count(".") == 2:
        g.jwt = value
        return None
    g.token = live_token(value.strip())
    if g.token and g.token.installation and g.token.installation.suspended:
        return refusal(403, "This installation has been suspended")
    return None if g.token else refusal(401, "Bad credentials")


def _limited() -> Response | None:
    if request.path == f"{PREFIX}/rate_limit" or hub().limits.left(g.token):
        return None
    who = f"user ID {g.token.account.id}" if g.token and g.token.account else "this installation"
    return refusal(403, f"API rate limit exceeded for {who}.")


def _leave(answer: Response) -> Response:
    if request.path.startswith("/_control"):
        return answer
    if request.path.startswith(PREFIX):
        _add_headers(answer)
    hub().seen.append((request.method, request.full_path.rstrip("?"), answer.status_code))
    if request.path.startswith(PREFIX):
        for watch in hub().watchers:
            watch(Exchange.of(answer))
    return answer


def _add_headers(answer: Response) -> None:
    token = g.get("token")
    _add_etag(answer)
    if answer.status_code != 304 and request.path != f"{PREFIX}/rate_limit":
        hub().limits.spend(token)
    answer.headers.update(hub().limits.headers(token))
    answer.headers["X-GitHub-Media-Type"] = "github.v3; format=json"
    answer.headers["X-GitHub-Request-Id"] = f"{len(hub().seen):04X}"
    if (token and token.account and token.client is None) or (token and token.client and not token.client.app):
        answer.headers["X-OAuth-Scopes"] = ", ".join(token.scopes)
        answer.headers["X-Accepted-OAuth-Scopes"] = _accepted()


def _accepted() -> str:
    """The scopes of which one is asked for here."""
    if "/hooks" in request.path:
        return "admin:repo_hook, public_repo, repo, write:repo_hook"
    return "repo" if request.path.startswith(f"{PREFIX}/repos/") else ""


def _add_etag(answer: Response) -> None:
    if request.method != "GET" or answer.status_code != 200 or answer.is_streamed:
        return
    who = request.headers.get("Authorization", "") + request.headers.get("Accept", "")
    etag = hashlib.sha256(who.encode() + answer.get_data() + answer.headers.get("Link", "").encode()).hexdigest()
    answer.headers["ETag"] = f'W/"{etag}"'
    answer.headers["Cache-Control"] = "private, max-age=60, s-maxage=60"
    answer.headers["Vary"] = "Accept, Authorization, Cookie, X-GitHub-OTP"
    if etag in request.headers.get("If-None-Match", ""):
        answer.status_code = 304
        answer.set_data(b"")
