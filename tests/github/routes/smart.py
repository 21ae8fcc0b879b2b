"""git over HTTP, by git's own `http-backend`. A push moves pull requests along and starts deliveries."""

from __future__ import annotations

import gzip
import os
import subprocess

from flask import Blueprint, Response, request

from .. import pushes, store
from ..access import author, hub, live_token, right_on
from ..state import RIGHTS, Account, Repo, Token

blueprint = Blueprint("smart", __name__)


@blueprint.get("/<owner>/<name>.git/info/refs")
def advertise(owner: str, name: str):
    return _git(owner, name, "/info/refs", request.args.get("service", "git-upload-pack"))


@blueprint.post("/<owner>/<name>.git/<any('git-upload-pack', 'git-receive-pack'):service>")
def talk(owner: str, name: str, service: str):
    return _git(owner, name, f"/{service}", service)


def _git(owner: str, name: str, rest: str, service: str) -> Response:
    """Anonymous reading of public repositories; everything else by token, as password of x-access-token."""
    token, repo = asked_by(), found_by_git(f"{owner}/{name}")
    if request.authorization and token is None:
        return _unauthorized()
    right = right_on(repo, token) if repo else None
    if right is None:
        return _unauthorized() if token is None else Response("Repository not found.", 404)
    if service == "git-receive-pack":
        if token is None:
            return _unauthorized()
        refused = _may_not_push(repo, token, right)
        return refused or _push(repo, rest, token)
    hub().fetched.append((repo.path, token))
    return _backend(repo, rest, "")


def asked_by() -> Token | None:
    given = request.authorization
    if given is None or given.type != "basic":
        return None
    return live_token(given.password or "") or live_token(given.username or "")


def found_by_git(path: str) -> Repo | None:
    """git follows a rename without a word."""
    return hub().find(path) or hub().repos.get(hub().moved.get(path.lower(), 0))


def _unauthorized() -> Response:
    return Response("Invalid username or token.", 401, {"WWW-Authenticate": 'Basic realm="GitHub"'})


def _may_not_push(repo: Repo, token: Token, right: str) -> Response | None:
    if repo.archived:
        return Response("This repository was archived so it is read-only.", 403)
    by_app = token.installation and token.permissions.get("contents") != "write"
    if by_app or RIGHTS.index(right) < RIGHTS.index("push"):
        return Response(f"Permission to {repo.path}.git denied.", 403)
    return None


def _push(repo: Repo, rest: str, token: Token) -> Response:
    before = store.refs(repo.folder)
    by: Account = author(token)
    answer = _backend(repo, rest, by.login)
    if request.method == "POST":
        pushes.arrived(hub(), repo, before, by)
    return answer


def _backend(repo: Repo, rest: str, user: str) -> Response:
    given = request.get_data(cache=False)
    if request.headers.get("Content-Encoding") == "gzip":
        given = gzip.decompress(given)
    variables = {"GIT_PROJECT_ROOT": str(repo.folder), "PATH_INFO": rest, "GIT_HTTP_EXPORT_ALL": "1",
                 "REQUEST_METHOD": request.method, "QUERY_STRING": request.query_string.decode(),
                 "CONTENT_TYPE": request.content_type or "", "CONTENT_LENGTH": str(len(given)),
                 "GIT_PROTOCOL": request.headers.get("Git-Protocol", ""), "REMOTE_USER": user,
                 "REMOTE_ADDR": request.remote_addr or ""}
    # it ends with 1 where it refuses something, a commit that is gone for instance, and has said so in its answer
    done = subprocess.run(["git", "http-backend"], input=given, capture_output=True,
                          env={**os.environ, **store.QUIET, **variables})
    if not done.stdout:
        raise RuntimeError(done.stderr.decode(errors="replace"))
    return _of_cgi(done.stdout)


def _of_cgi(output: bytes) -> Response:
    head, _, content = output.partition(b"\r\n\r\n")
    headers = [tuple(line.split(": ", 1)) for line in head.decode().split("\r\n")]
    status = next((int(value.split()[0]) for name, value in headers if name == "Status"), 200)
    return Response(content, status, [pair for pair in headers if pair[0] != "Status"])
