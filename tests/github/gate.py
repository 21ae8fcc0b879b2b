"""What each request passes: trouble on demand, who asks, the hourly limit; and on the way back ETag and headers."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

from flask import Flask, Response, abort, current_app, g, jsonify, redirect, request

from .faults import refusal
from .hub import GitHub
from .state import RIGHTS, Account, Repo, Token

PREFIX = "/api/v3"
OURS = ("/_control", "/login", "/settings", "/organizations", "/apps")      # pages for people have no hourly limit


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


def hub() -> GitHub:
    return current_app.extensions["github"]


def add_gate(app: Flask) -> None:
    app.before_request(_enter)
    app.after_request(_leave)
    app.register_error_handler(404, lambda _: not_found())
    app.register_error_handler(405, lambda _: not_found())
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
    return None if g.token else refusal(401, "Bad credentials")


def live_token(value: str) -> Token | None:
    found = hub().tokens.get(value)
    gone = found is None or found.revoked or (found.expires is not None and hub().clock() >= found.expires)
    return None if gone else found


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
    if token and token.account and token.client is None or token and token.client and not token.client.app:
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


def not_found() -> Response:
    return refusal(404, "Not Found")


def invalid(message: str = "Validation Failed", *errors: dict) -> Response:
    answer = jsonify(message=message, errors=list(errors), documentation_url="https://docs.github.com/rest", status="422")
    answer.status_code = 422
    return answer


def body() -> dict:
    given = request.get_json(silent=True)
    if given is None and not request.get_data():
        return {}
    if not isinstance(given, dict):
        abort(refusal(400, "Problems parsing JSON"))
    return given


def person() -> Account:
    """Who signed in; an installation and nobody are refused."""
    if g.token is None:
        abort(refusal(401, "Requires authentication"))
    if g.token.account is None:
        abort(refusal(403, "Resource not accessible by integration"))
    return g.token.account


def acting() -> Account:
    """Whose name stands on what is made."""
    return author(g.token)


def author(token: Token) -> Account:
    """The person, or the App's bot."""
    return token.account or token.installation.app.bot


def need(owner: str, name: str, right: str = "pull", permission: str = "metadata", level: str = "read") -> Repo:
    """The repository, where whoever asks may do that there; a person needs `right`, an App `permission` at `level`."""
    path = f"{owner}/{name}"
    repo = hub().find(path)
    if repo is None and path.lower() in hub().moved:
        repo = hub().repos.get(hub().moved[path.lower()])
        if repo is not None and right_on(repo, g.token):
            abort(_moved(repo))
        repo = None
    held = right_on(repo, g.token) if repo else None
    if held is None:
        abort(not_found())
    if not _app_may(g.token, permission, level):
        abort(refusal(403, "Resource not accessible by integration"))
    if RIGHTS.index(held) < RIGHTS.index(right) or level == "write" and g.token is None:
        abort(not_found())
    if repo.archived and level == "write":
        abort(refusal(403, "Repository was archived so is read-only."))
    return repo


def _moved(repo: Repo) -> Response:
    rest = re.sub(rf"^{PREFIX}/repos/[^/]+/[^/]+", "", request.full_path.rstrip("?"))
    url = f"{hub().api}/repositories/{repo.id}{rest}"
    answer = redirect(url, 301 if request.method == "GET" else 307)
    answer.set_data(jsonify(message="Moved Permanently", url=url, documentation_url="https://docs.github.com/").get_data())
    answer.mimetype = "application/json"
    return answer


def right_on(repo: Repo, token: Token | None) -> str | None:
    """The most that `token` may do there: the person's right, cut by scopes, by the App's reach and by archiving."""
    if token is None:
        return repo.right_of(None)
    if token.installation:
        reached = token.installation.reaches(repo) and (token.only is None or repo.id in token.only)
        return "admin" if reached else repo.right_of(None)
    right = repo.right_of(token.account)
    if token.client and token.client.app:
        reached = any(each.app is token.client.app and each.reaches(repo) for each in hub().installations.values())
        return right if reached else repo.right_of(None)
    if "repo" in token.scopes or not repo.private and "public_repo" in token.scopes:
        return right
    return None if repo.private else right and "pull"


def _app_may(token: Token | None, permission: str, level: str) -> bool:
    if token is None or not (token.installation or token.client and token.client.app):
        return True
    held = token.permissions if token.installation else token.client.app.permissions
    return permission == "metadata" or held.get(permission) == "write" or held.get(permission) == level
