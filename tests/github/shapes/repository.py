"""Repositories, in the API and in webhooks."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from ..state import RIGHTS, Repo
from . import people

if TYPE_CHECKING:
    from ..hub import GitHub

LINKS = {name + "_url": path for name, path in {
    "archive": "{archive_format}{/ref}", "assignees": "assignees{/user}", "blobs": "git/blobs{/sha}",
    "branches": "branches{/branch}", "collaborators": "collaborators{/collaborator}", "comments": "comments{/number}",
    "commits": "commits{/sha}", "compare": "compare/{base}...{head}", "contents": "contents/{+path}",
    "contributors": "contributors", "deployments": "deployments", "downloads": "downloads", "events": "events",
    "forks": "forks", "git_commits": "git/commits{/sha}", "git_refs": "git/refs{/sha}", "git_tags": "git/tags{/sha}",
    "hooks": "hooks", "issue_comment": "issues/comments{/number}", "issue_events": "issues/events{/number}",
    "issues": "issues{/number}", "keys": "keys{/key_id}", "labels": "labels{/name}", "languages": "languages",
    "merges": "merges", "milestones": "milestones{/number}",
    "notifications": "notifications{?since,all,participating}", "pulls": "pulls{/number}", "releases": "releases{/id}",
    "stargazers": "stargazers", "statuses": "statuses/{sha}", "subscribers": "subscribers",
    "subscription": "subscription", "tags": "tags", "teams": "teams", "trees": "git/trees{/sha}"}.items()}
COUNTS = dict.fromkeys(("forks", "forks_count", "open_issues", "open_issues_count", "stargazers_count", "watchers", "watchers_count", "size"), 0)
YES = ("has_downloads", "has_issues", "has_projects", "has_wiki", "allow_forking")
NO = ("has_pages", "has_discussions", "disabled", "is_template", "web_commit_signoff_required")


def listed(github: GitHub, repo: Repo, right: str | None) -> dict:
    """`right`: of whoever asks; None leaves `permissions` out."""
    api, web = f"{github.api}/repos/{repo.path}", f"{github.url}/{repo.path}"
    host = web.split("://", 1)[1]
    shape = {"id": repo.id, "node_id": f"R_{repo.id}", "name": repo.name, "full_name": repo.path,
             "private": repo.private, "owner": people.simple(github, repo.owner), "html_url": web, "url": api,
             "description": repo.description, "fork": repo.parent is not None,
             **{name: f"{api}/{path}" for name, path in LINKS.items()},
             "git_url": f"git://{host}.git", "ssh_url": f"git@{host.replace('/', ':', 1)}.git", "clone_url": f"{web}.git",
             "svn_url": web, "mirror_url": None, "homepage": None, "language": None, "license": None, "topics": [],
             "visibility": "private" if repo.private else "public", "default_branch": repo.default_branch,
             "archived": repo.archived, **COUNTS, **dict.fromkeys(YES, True), **dict.fromkeys(NO, False),
             "created_at": repo.created, "updated_at": repo.created, "pushed_at": repo.pushed or repo.created}
    return shape if right is None else {**shape, "permissions": permissions(right)}


def whole(github: GitHub, repo: Repo, right: str | None) -> dict:
    shape = {**listed(github, repo, right), "network_count": 0, "subscribers_count": 0, "temp_clone_token": None}
    if repo.owner.kind == "Organization":
        shape["organization"] = people.simple(github, repo.owner)
    if repo.parent:
        shape |= {"parent": listed(github, repo.parent, None), "source": listed(github, repo.parent, None)}
    return shape


def permissions(right: str | None) -> dict[str, bool]:
    held = RIGHTS.index(right) if right else -1
    return {name: RIGHTS.index(name) <= held for name in reversed(RIGHTS)}


def in_webhook(github: GitHub, repo: Repo) -> dict:
    return listed(github, repo, None)


def in_push(github: GitHub, repo: Repo) -> dict:
    """Of a push alone: times are numbers, the owner has name and email, and master_branch is there."""
    shape = in_webhook(github, repo)
    times = {name: _seconds(shape[name]) for name in ("created_at", "pushed_at")}
    owner = {**shape["owner"], "name": repo.owner.login, "email": None}
    org = {"organization": repo.owner.login} if repo.owner.kind == "Organization" else {}
    return {**shape, **times, "owner": owner, **org, "url": shape["html_url"], "stargazers": 0,
            "master_branch": repo.default_branch}


def _seconds(moment: str) -> int:
    return int(datetime.fromisoformat(moment.replace("Z", "+00:00")).timestamp())
