"""Around every call of the API: who asks, how much they still may, ETags, and the record of what went in and out."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from dataclasses import dataclass
from functools import wraps
from typing import Any

import jwt
from flask import Flask, Response, current_app, g, request

from .failures import Failures
from .world import LEVELS, AppRegistration, Repository, Token, World

PREFIX = "/api/v3"
DOCS = "https://docs.github.com/rest"
OF_INSTALLATION = "write"         # the level that an installation has where it is installed


class Refuse(Exception):
    def __init__(self, status: int, message: str, headers: dict[str, str] | None = None):
        self.status, self.message, self.headers = status, message, headers or {}


@dataclass(frozen=True)
class Exchange:
    """One request and its answer, as openapi.py judges them. `path`: without the prefix."""

    method: str
    path: str
    query: dict[str, str]
    sent: Any
    status: int
    answered: Any
    authorization: str
    conditional: bool


@dataclass(frozen=True)
class Viewer:
    token: Token | None = None
    app: AppRegistration | None = None      # proved by a JWT

    @property
    def login(self) -> str:
        return self.token.login if self.token and self.token.login else ""

    def level(self, repo: Repository) -> str | None:
        """One of LEVELS, or None: it is not there for them."""
        if self.token and self.token.installation:
            return OF_INSTALLATION if repo.id in (self.token.repos or ()) else "read" if not repo.private else None
        own = repo.rights.get(self.login) if self.token else None
        if own and repo.private and "repo" not in self.token.scopes:
            own = None
        return own or (None if repo.private else "read")


def the_world() -> World:
    return current_app.extensions["world"]


def viewer() -> Viewer:
    return g.get("viewer", Viewer())


def install(app: Flask, world: World, failures: Failures, exchanges: list[Exchange]) -> None:
    app.extensions["world"] = world

    @app.before_request
    def enter():
        g.viewer = Viewer()
        if not request.path.startswith(PREFIX):
            return None
        failed = failures.answer()
        if failed is not None:
            return failed
        g.viewer = _who(world)
        return _spent(world)

    @app.after_request
    def leave(response: Response) -> Response:
        if request.path.startswith(PREFIX):
            _finish(world, response)
            exchanges.append(_exchange(response))
        return response

    @app.errorhandler(Refuse)
    def refused(problem: Refuse) -> Response:
        return refusal(problem.status, problem.message, problem.headers)

    @app.errorhandler(404)
    def not_found(_) -> Response:
        return refusal(404, "Not Found")


def refusal(status: int, message: str, headers: dict[str, str] | None = None) -> Response:
    body = {"message": message, "documentation_url": DOCS, "status": str(status)}
    response = Response(json.dumps(body), status, content_type="application/json; charset=utf-8")
    response.headers.update(headers or {})
    return response


def bearer_of(header: str) -> str:
    """The token of an Authorization header, Basic's password included."""
    kind, _, value = header.partition(" ")
    if kind.lower() in ("bearer", "token"):
        return value.strip()
    if kind.lower() == "basic":
        try:
            return base64.b64decode(value).decode().partition(":")[2]
        except (binascii.Error, UnicodeDecodeError):
            return ""
    return ""


def needs(*scopes: str, level: str = "read"):
    """For a view of a repository: found, seen and allowed before it is called with it in place of its names."""
    def outer(view):
        @wraps(view)
        def inner(owner: str, name: str, **more):
            repo = the_repo(owner, name)
            has = viewer().level(repo)
            token = viewer().token
            if has is None:
                raise Refuse(404, "Not Found")
            if request.method != "GET" and repo.archived:
                raise Refuse(403, "Repository was archived so is read-only.")
            if scopes and token and not token.installation and not token.scopes & set(scopes):
                raise Refuse(404, "Not Found", {"X-Accepted-OAuth-Scopes": ", ".join(scopes)})
            if LEVELS.index(has) < LEVELS.index(level):
                raise Refuse(404, "Not Found") if level == "admin" else \
                    Refuse(403, "Resource not accessible by personal access token")
            return view(repo, **more)
        return inner
    return outer


def the_repo(owner: str, name: str) -> Repository:
    """Raises Refuse: 404, or the way to where it went."""
    world = the_world()
    with world.lock:
        found = world.find(owner, name)
        moved = world.repos.get(world.moved.get(f"{owner}/{name}".casefold(), 0))
    if found:
        return found
    if moved is None or viewer().level(moved) is None:
        raise Refuse(404, "Not Found")
    rest = request.path.split("/", 6)[6:]
    where = f"{request.host_url.rstrip('/')}{PREFIX}/repositories/{moved.id}" + (f"/{rest[0]}" if rest else "")
    raise Refuse(301 if request.method == "GET" else 307, "Moved Permanently", {"Location": where})


def _who(world: World) -> Viewer:
    value = bearer_of(request.headers.get("Authorization", ""))
    if not value or request.authorization and request.authorization.type == "basic":
        return Viewer()
    if value.count(".") == 2:
        return Viewer(app=_proved(world, value))
    with world.lock:
        token = world.tokens.get(value)
    if token is None:
        g.refused = True
        raise Refuse(401, "Bad credentials")
    return Viewer(token)


def _proved(world: World, proof: str) -> AppRegistration:
    try:
        issuer = str(jwt.decode(proof, options={"verify_signature": False}).get("iss"))
        app = next(app for app in world.apps.values() if issuer in (str(app.app_id), app.client_id))
        claims = jwt.decode(proof, app.public_key, algorithms=["RS256"], options={"require": ["iat", "exp"]})
    except (jwt.PyJWTError, StopIteration) as problem:
        raise Refuse(401, "A JSON web token could not be decoded") from problem
    if claims["exp"] - claims["iat"] > 660:
        raise Refuse(401, "'Expiration time' claim ('exp') is too far in the future")
    return app


def _spent(world: World) -> Response | None:
    token = g.viewer.token
    if token and token.used >= world.limit:
        return refusal(403, f"API rate limit exceeded for {token.login or 'installation'}.")
    return None


def _finish(world: World, response: Response) -> None:
    token = g.viewer.token
    if request.method == "GET" and response.status_code == 200:
        seed = response.get_data() + request.headers.get("Authorization", "").encode()
        response.headers["ETag"] = f'W/"{hashlib.sha256(seed).hexdigest()}"'
        if request.headers.get("If-None-Match") == response.headers["ETag"]:
            response.status_code, response.data = 304, b""
    if token:
        if response.status_code != 304:
            token.used = min(world.limit, token.used + 1)
        response.headers["X-RateLimit-Limit"] = str(world.limit)
        response.headers["X-RateLimit-Remaining"] = str(world.limit - token.used)
        response.headers["X-RateLimit-Reset"] = str(int(world.resets))
        response.headers["X-RateLimit-Resource"] = "core"
        if not token.installation:
            response.headers["X-OAuth-Scopes"] = ", ".join(sorted(token.scopes))


def _exchange(response: Response) -> Exchange:
    return Exchange(request.method, request.path.removeprefix(PREFIX), request.args.to_dict(),
                    request.get_json(silent=True), response.status_code, _body(response),
                    request.headers.get("Authorization", ""), "If-None-Match" in request.headers)


def _body(response: Response) -> Any:
    if not response.data:
        return None
    return response.get_json(silent=True) if response.is_json else response.get_data(as_text=True)
