"""git over HTTP, through git's own `git http-backend`; whoever pushes starts deliveries."""

from __future__ import annotations

import os
import subprocess

from flask import Blueprint, Response, request

from .deliveries import post_of
from .gate import Viewer, bearer_of, the_world
from .world import LEVELS, Repository

SERVICES = {"git-upload-pack": "read", "git-receive-pack": "write"}


def add(app: Blueprint) -> None:
    app.get("/<owner>/<name>.git/info/refs")(refs)
    app.post("/<owner>/<name>.git/<service>")(serve)


def refs(owner: str, name: str):
    return _answer(owner, name, request.args.get("service", ""), "info/refs")


def serve(owner: str, name: str, service: str):
    return _answer(owner, name, service, service)


def _answer(owner: str, name: str, service: str, path: str) -> Response:
    world = the_world()
    repo = world.find(owner, name) or world.repos.get(world.moved.get(f"{owner}/{name}".casefold(), 0))
    token = world.tokens.get(bearer_of(request.headers.get("Authorization", "")))
    level = Viewer(token).level(repo) if repo else None
    if service not in SERVICES:
        return Response("Dumb protocol is not spoken here", 403)
    if level is None:
        return _ask() if token is None else Response("Repository not found.", 404)
    if LEVELS.index(level) < LEVELS.index(SERVICES[service]):
        return _ask() if token is None else Response("Write access to repository not granted.", 403)
    login = (token and token.login) or "web-flow"
    before = repo.git.all_refs()
    done = _backend(repo, path, login)
    if path == "git-receive-pack":
        post_of(world).pushed(repo, before, login)
    return done


def _ask() -> Response:
    return Response("Authentication required", 401, {"WWW-Authenticate": 'Basic realm="GitHub"'})


def _backend(repo: Repository, path: str, login: str) -> Response:
    """CGI, as RFC 3875 has it."""
    body = request.get_data()
    environment = {"PATH": os.environ["PATH"], "GIT_PROJECT_ROOT": str(repo.git.folder), "GIT_HTTP_EXPORT_ALL": "1",
                   "PATH_INFO": f"/{path}", "REQUEST_METHOD": request.method, "REMOTE_USER": login,
                   "QUERY_STRING": request.query_string.decode(), "CONTENT_TYPE": request.content_type or "",
                   "CONTENT_LENGTH": str(len(body)), "GIT_PROTOCOL": request.headers.get("Git-Protocol", ""),
                   "HTTP_CONTENT_ENCODING": request.headers.get("Content-Encoding", ""),
                   "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/dev/null"}
    done = subprocess.run(["git", "http-backend"], input=body, env=environment, capture_output=True, check=True)
    head, _, content = done.stdout.partition(b"\r\n\r\n")
    headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
    return Response(content, int(headers.pop("Status", "200").split()[0]), headers)
