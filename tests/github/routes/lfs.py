"""Git LFS: the batch API beside a repository's git, and the store of contents that it leads to (on GitHub another host,
which is let in by the signed address alone)."""

from __future__ import annotations

import hashlib
import secrets

from flask import Blueprint, Response, abort, jsonify, request

from ..access import hub, right_on
from .smart import asked_by, found_by_git

blueprint = Blueprint("lfs", __name__)

KIND = "application/vnd.git-lfs+json"


def pointer(content: bytes) -> str:
    """What git has of such a file."""
    return f"version https://git-lfs.github.com/spec/v1\noid sha256:{hashlib.sha256(content).hexdigest()}\nsize {len(content)}\n"


@blueprint.post("/<owner>/<name>.git/info/lfs/objects/batch")
def batch(owner: str, name: str):
    repo, token = found_by_git(f"{owner}/{name}"), asked_by()
    if repo is None or right_on(repo, token) is None:
        return _told({"message": "Repository not found", "documentation_url": "https://docs.github.com"}, 401 if token is None else 404)
    given = request.get_json(force=True)
    if given.get("operation") != "download" or KIND not in request.headers.get("Accept", ""):
        return _told({"message": "download alone, as LFS's own kind"}, 422)
    hub().fetched.append((f"{repo.path}/lfs", token))
    return _told({"transfer": "basic", "objects": [_object(repo.lfs, each) for each in given["objects"]]})


def _object(kept: dict[str, bytes], wanted: dict) -> dict:
    if wanted["oid"] not in kept:
        return {**wanted, "error": {"code": 404, "message": "Object does not exist on the server"}}
    key = hub().lfs_keys.setdefault(wanted["oid"], secrets.token_hex(16))
    return {**wanted, "authenticated": True, "actions": {"download": {
        "href": f"{hub().url}/_storage/{wanted['oid']}?key={key}", "expires_in": 3600}}}


@blueprint.get("/_storage/<oid>")
def stored(oid: str):
    if request.args.get("key") != hub().lfs_keys.get(oid, ""):
        abort(403)
    content = next(repo.lfs[oid] for repo in hub().repos.values() if oid in repo.lfs)
    return Response(content, mimetype="application/octet-stream")


def _told(body: dict, status: int = 200) -> Response:
    answer = jsonify(body)
    answer.status_code, answer.mimetype = status, KIND
    if status == 401:
        answer.headers["LFS-Authenticate"] = 'Basic realm="GitHub"'
    return answer
