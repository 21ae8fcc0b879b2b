"""Commits, refs, files and comparisons."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from .. import store
from ..state import Repo
from ..store import Commit

if TYPE_CHECKING:
    from ..hub import GitHub

STATES = {"A": "added", "D": "removed", "M": "modified", "T": "changed"}
KINDS = {"tree": "dir", "blob": "file", "commit": "submodule"}


def commit(github: GitHub, repo: Repo, found: Commit) -> dict:
    api, web = f"{github.api}/repos/{repo.path}", f"{github.url}/{repo.path}"
    return {"sha": found.sha, "node_id": f"C_{found.sha}", "url": f"{api}/commits/{found.sha}",
            "html_url": f"{web}/commit/{found.sha}", "comments_url": f"{api}/commits/{found.sha}/comments",
            "commit": {"author": found.author, "committer": found.committer, "message": found.message,
                       "tree": {"sha": found.tree, "url": f"{api}/git/trees/{found.tree}"},
                       "url": f"{api}/git/commits/{found.sha}", "comment_count": 0,
                       "verification": {"verified": False, "reason": "unsigned", "signature": None, "payload": None,
                                        "verified_at": None}},
            "author": None, "committer": None,
            "parents": [{"sha": sha, "url": f"{api}/commits/{sha}", "html_url": f"{web}/commit/{sha}"}
                        for sha in found.parents]}


def in_webhook(github: GitHub, repo: Repo, found: Commit, touched: list[tuple[str, str]]) -> dict:
    changed: dict[str, list[str]] = {"A": [], "D": [], "M": []}
    for letter, path in touched:
        changed[letter if letter in changed else "M"].append(path)
    return {"id": found.sha, "tree_id": found.tree, "distinct": True, "message": found.message,
            "timestamp": found.committer["date"], "url": f"{github.url}/{repo.path}/commit/{found.sha}",
            "author": _person(found.author), "committer": _person(found.committer),
            "added": changed["A"], "removed": changed["D"], "modified": changed["M"]}


def _person(who: dict[str, str]) -> dict[str, str]:
    return {"name": who["name"], "email": who["email"], "username": who["name"]}


def ref(github: GitHub, repo: Repo, name: str, sha: str) -> dict:
    kind = store.text(repo.folder, "cat-file", "-t", sha)
    api = f"{github.api}/repos/{repo.path}/git"
    return {"ref": name, "node_id": f"REF_{name}", "url": f"{api}/{name}",
            "object": {"sha": sha, "type": kind, "url": f"{api}/{kind}s/{sha}"}}


def tag_object(github: GitHub, repo: Repo, sha: str) -> dict:
    head, _, message = store.text(repo.folder, "cat-file", "tag", sha).partition("\n\n")
    fields = dict(line.split(" ", 1) for line in head.splitlines())
    api = f"{github.api}/repos/{repo.path}/git"
    name, _, rest = fields["tagger"].partition(" <")
    return {"node_id": f"TA_{sha}", "tag": fields["tag"], "sha": sha, "url": f"{api}/tags/{sha}", "message": message,
            "tagger": {"name": name, "email": rest.partition(">")[0], "date": repo.created},
            "object": {"sha": fields["object"], "type": fields["type"], "url": f"{api}/{fields['type']}s/{fields['object']}"}}


def branch(github: GitHub, repo: Repo, name: str, sha: str) -> dict:
    """As in a list."""
    return {"name": name, "commit": {"sha": sha, "url": f"{github.api}/repos/{repo.path}/commits/{sha}"},
            "protected": False}


def whole_branch(github: GitHub, repo: Repo, name: str, sha: str) -> dict:
    api = f"{github.api}/repos/{repo.path}/branches/{name}"
    return {"name": name, "commit": commit(github, repo, store.commit(repo.folder, sha)), "protected": False,
            "_links": {"html": f"{github.url}/{repo.path}/tree/{name}", "self": api},
            "protection": {"enabled": False, "required_status_checks": {"enforcement_level": "off", "contexts": [],
                                                                        "checks": []}},
            "protection_url": f"{api}/protection"}


def tag(github: GitHub, repo: Repo, name: str, sha: str) -> dict:
    api = f"{github.api}/repos/{repo.path}"
    return {"name": name, "node_id": f"REF_{name}", "commit": {"sha": sha, "url": f"{api}/commits/{sha}"},
            "zipball_url": f"{api}/zipball/refs/tags/{name}", "tarball_url": f"{api}/tarball/refs/tags/{name}"}


def content(github: GitHub, repo: Repo, sha: str, path: str, kind: str, thing: str, size: int) -> dict:
    """One entry of a folder."""
    name, url = path.rsplit("/", 1)[-1], f"{github.api}/repos/{repo.path}/contents/{path}?ref={sha}"
    git_url = f"{github.api}/repos/{repo.path}/git/{'trees' if kind == 'tree' else 'blobs'}/{thing}"
    html = f"{github.url}/{repo.path}/{kind}/{sha}/{path}"
    download = f"{github.url}/{repo.path}/raw/{sha}/{path}" if kind == "blob" else None
    return {"name": name, "path": path, "sha": thing, "size": size, "url": url, "html_url": html, "git_url": git_url,
            "download_url": download, "type": KINDS[kind], "_links": {"self": url, "git": git_url, "html": html}}


def file(github: GitHub, repo: Repo, sha: str, path: str, thing: str, body: bytes) -> dict:
    """GitHub leaves the content of a file above 1 MB out of JSON."""
    small = len(body) <= 1_000_000
    return {**content(github, repo, sha, path, "blob", thing, len(body)),
            "content": base64.encodebytes(body).decode() if small else "", "encoding": "base64" if small else "none"}


def comparison(github: GitHub, repo: Repo, base: str, head: str, merge_base: str, page: int, per_page: int) -> dict:
    """Files come on the first page alone, 300 at most."""
    ahead = store.commits(repo.folder, f"{base}..{head}")[::-1]
    behind = int(store.text(repo.folder, "rev-list", "--count", f"{head}..{base}"))
    api, web = f"{github.api}/repos/{repo.path}/compare/{base}...{head}", f"{github.url}/{repo.path}/compare/{base}...{head}"
    files = [changed_file(github, repo, head, *each) for each in store.differences(repo.folder, merge_base, head)[:300]]
    return {"url": api, "html_url": web, "permalink_url": web, "diff_url": f"{web}.diff", "patch_url": f"{web}.patch",
            "base_commit": commit(github, repo, store.commit(repo.folder, base)),
            "merge_base_commit": commit(github, repo, store.commit(repo.folder, merge_base)),
            "status": {(0, 0): "identical", (1, 0): "ahead", (0, 1): "behind"}.get((bool(ahead), behind > 0), "diverged"),
            "ahead_by": len(ahead), "behind_by": behind, "total_commits": len(ahead),
            "commits": [commit(github, repo, each) for each in ahead[(page - 1) * per_page:page * per_page]],
            "files": files if page == 1 else []}


def changed_file(github: GitHub, repo: Repo, head: str, letter: str, path: str, added: int, removed: int) -> dict:
    found = store.entry(repo.folder, head, path)
    return {"sha": found[1] if found else "0" * 40, "filename": path, "status": STATES.get(letter, "changed"),
            "additions": added, "deletions": removed, "changes": added + removed,
            "blob_url": f"{github.url}/{repo.path}/blob/{head}/{path}", "raw_url": f"{github.url}/{repo.path}/raw/{head}/{path}",
            "contents_url": f"{github.api}/repos/{repo.path}/contents/{path}?ref={head}"}
