"""A repository's code, as GitHub's API tells it: refs, commits, files, what changed."""

from __future__ import annotations

import base64
import binascii
import re

from pydantic import SecretStr

from common.wire.errors import BadRequest, Conflict, NotFound, TooLarge, shortened

from ..base import Commit, ForgeRepo, Pull, Refs
from ..names import check_path, check_ref, is_hash
from . import shapes
from .client import Client, part, repo_path

MAX_FILE = 1024 * 1024       # bytes; GitHub sends no more than that as JSON
MOST_CHANGED = 300           # files that a comparison lists; with as many there may be more
WHOLE_HASHES = (40, 64)
_PULL_REF = re.compile(r"refs/pull/([1-9]\d{0,8})/head")


class Code:
    """Every method may raise NotFound; `token` is whoever asks."""

    def __init__(self, client: Client):
        self._client = client

    def repo(self, token: SecretStr, owner: str, name: str) -> ForgeRepo:
        return self._client.get(repo_path(owner, name), token, shape=shapes.repo)

    def refs(self, token: SecretStr, owner: str, name: str) -> Refs:
        """GitHub tells no times: the default branch first, then by name."""
        default = self.repo(token, owner, name).default_branch
        branches = [ref for page in self._client.pages(repo_path(owner, name, "branches"), token, shape=shapes.refs)
                    for ref in page]
        tags = [ref for page in self._client.pages(repo_path(owner, name, "tags"), token, shape=shapes.refs)
                for ref in page]
        return Refs(default, sorted(branches, key=lambda ref: ref.name != default), tags)

    def resolve(self, token: SecretStr, owner: str, name: str, ref: str) -> Commit:
        pull = _PULL_REF.fullmatch(check_ref(ref))
        if pull:
            ref = self.pull(token, owner, name, int(pull[1])).head_commit
        for revision in _revisions(ref):
            try:
                return self._client.get(f"{repo_path(owner, name, 'commits')}/{revision}", token, shape=shapes.commit)
            except (NotFound, BadRequest, Conflict):
                continue         # 404, 422 and (of an empty repository) 409 all say no; the next reading is tried
        self.repo(token, owner, name)
        raise NotFound(f"{owner}/{name} has no branch, tag or commit {shortened(ref)!r}: it was deleted, or replaced by force")

    def head(self, token: SecretStr, owner: str, name: str, ref: str) -> Commit:
        """`ref`: `refs/heads/…` or `refs/tags/…`."""
        kind, _, short = check_ref(ref).removeprefix("refs/").partition("/")
        if kind not in ("heads", "tags") or not ref.startswith("refs/"):
            raise BadRequest(f"{shortened(ref)!r} is no branch and no tag")
        where = "/".join(part(item) for item in (kind, *short.split("/")))
        try:
            return self._client.get(f"{repo_path(owner, name, 'commits')}/{where}", token, shape=shapes.commit)
        except (NotFound, BadRequest, Conflict) as none:
            raise NotFound(f"{owner}/{name} has no {shortened(short)!r} any more") from none

    def file(self, token: SecretStr, owner: str, name: str, ref: str, path: str) -> bytes:
        commit = ref if len(check_ref(ref)) in WHOLE_HASHES and is_hash(ref) else \
            self.resolve(token, owner, name, ref).sha
        where = "/".join(part(item) for item in check_path(path).split("/"))
        try:
            found = self._client.get(f"{repo_path(owner, name, 'contents')}/{where}", token, {"ref": commit})
        except NotFound as problem:
            raise NotFound(f"{owner}/{name} has no file {shortened(path)!r} at {shortened(ref)!r}") from problem
        if not isinstance(found, dict) or found.get("type") != "file":
            raise NotFound(f"{shortened(path)!r} of {owner}/{name} at {shortened(ref)!r} is no file")
        return _content(found, path)

    def changed(self, token: SecretStr, owner: str, name: str, before: str | None, after: str) -> list[str] | None:
        """Without `before` (a new branch): against where it left the default branch.

        GitHub compares from where the two parted. After a force push that would leave out what the push took back, so
        only an `after` that came from `before` is answered. A push of 2,000 commits costs one request: the files stand
        on the first page, whatever number of commits a page has.
        """
        start = check_ref(before) if before else self.repo(token, owner, name).default_branch
        try:
            found = self._client.get(repo_path(owner, name, "compare", f"{start}...{check_ref(after)}"), token,
                                     {"per_page": 1, "page": 1})
        except (NotFound, BadRequest):
            return None              # a commit is gone, or the two have nothing in common
        files = found.get("files") or []
        if (before and found.get("status") not in ("ahead", "identical")) or len(files) >= MOST_CHANGED:
            return None
        return sorted({name for file in files for name in (file["filename"], file.get("previous_filename")) if name})

    def holds(self, token: SecretStr, owner: str, name: str, ref: str, commit: str) -> bool:
        """GitHub keeps the commits of all forks in one store, and finds each by its hash in every one of them."""
        head = self.resolve(token, owner, name, ref).sha
        try:
            found = self._client.get(repo_path(owner, name, "compare", f"{head}...{check_ref(commit)}"), token,
                                     {"per_page": 1, "page": 1})
        except (NotFound, BadRequest):
            return False             # a commit is gone, or the two have nothing in common
        return found.get("status") in ("behind", "identical")

    def pull(self, token: SecretStr, owner: str, name: str, number: int) -> Pull:
        return self._client.get(repo_path(owner, name, "pulls", number), token, shape=shapes.pull)

    def pulls(self, token: SecretStr, owner: str, name: str) -> list[Pull]:
        return [pull for page in self._client.pages(repo_path(owner, name, "pulls"), token, {"state": "open"},
                                                    shapes.pulls) for pull in page]


def _revisions(ref: str) -> list[str]:
    """What to ask GitHub for, in this order: a branch goes before a tag, a tag before a hash."""
    if len(ref) in WHOLE_HASHES and is_hash(ref):
        return [ref]
    quoted = "/".join(part(item) for item in ref.split("/"))
    return [f"heads/{quoted}", f"tags/{quoted}", *([ref] if is_hash(ref) else [])]


def _content(found: dict, path: str) -> bytes:
    if found.get("size", 0) > MAX_FILE or found.get("encoding") != "base64":
        raise TooLarge(f"{path} is larger than {MAX_FILE} bytes")
    try:
        return base64.b64decode(found["content"])
    except (binascii.Error, KeyError) as problem:
        raise NotFound(f"{path} came without its content") from problem
