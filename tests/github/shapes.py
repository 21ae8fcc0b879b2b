"""GitHub's JSON: every field that its own OpenAPI document asks for, and the ones that clients read."""

from __future__ import annotations

import base64
from datetime import datetime, timezone

from flask import request

from .gate import PREFIX, the_world, viewer
from .world import LEVELS, Hook, Installation, AppRegistration, Person, PullRequest, Repository

BORN = "2024-01-01T00:00:00Z"
_USER_URLS = ("followers", "following", "gists", "starred", "subscriptions", "organizations", "repos", "events",
              "received_events")
_REPO_URLS = ("archive", "assignees", "blobs", "branches", "collaborators", "comments", "commits", "compare",
              "contents", "contributors", "deployments", "downloads", "events", "forks", "git_commits", "git_refs",
              "git_tags", "hooks", "issue_comment", "issue_events", "issues", "keys", "labels", "languages", "merges",
              "milestones", "notifications", "pulls", "releases", "stargazers", "statuses", "subscribers",
              "subscription", "tags", "teams", "trees")


def api(path: str = "") -> str:
    return f"{request.host_url.rstrip('/')}{PREFIX}{path}"


def web(path: str = "") -> str:
    return f"{the_world().public_url}{path}"


def at(seconds: float) -> str:
    return datetime.fromtimestamp(int(seconds), timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def node(kind: str, number: int | str) -> str:
    return base64.b64encode(f"{kind}{number}".encode()).decode()


def user(person: Person) -> dict:
    url = api(f"/users/{person.login}")
    return {"login": person.login, "id": person.id, "node_id": node("User", person.id), "gravatar_id": "",
            "avatar_url": web(f"/avatars/{person.id}"), "url": url, "html_url": web(f"/{person.login}"),
            **{f"{name}_url": f"{url}/{name}" for name in _USER_URLS}, "type": person.kind, "site_admin": False}


def whoever(login: str) -> dict:
    """A person by their login, also an App's (`slug[bot]`)."""
    return user(the_world().people.get(login) or Person(abs(hash(login)) % 10**6, login, "Bot"))


def private_user(person: Person) -> dict:
    texts = ("bio", "blog", "company", "location", "twitter_username")
    counts = ("followers", "following", "public_gists", "public_repos", "collaborators", "disk_usage",
              "owned_private_repos", "private_gists", "total_private_repos")
    return {**user(person), **dict.fromkeys(texts), **dict.fromkeys(counts, 0), "name": person.login.title(),
            "email": person.email, "hireable": None, "created_at": BORN, "updated_at": BORN,
            "two_factor_authentication": True}


def organization(person: Person) -> dict:
    url = api(f"/orgs/{person.login}")
    return {"login": person.login, "id": person.id, "node_id": node("Org", person.id), "url": url, "repos_url": url,
            "events_url": url, "hooks_url": url, "issues_url": url, "members_url": url, "public_members_url": url,
            "avatar_url": web(f"/avatars/{person.id}"), "description": ""}


def repository(repo: Repository, full: bool = False) -> dict:
    url = api(f"/repos/{repo.path}")
    counts = ("forks", "forks_count", "open_issues", "open_issues_count", "size", "stargazers_count", "watchers",
              "watchers_count", *(("network_count", "subscribers_count") if full else ()))
    flags = ("has_pages", "has_discussions", "disabled")
    return {"id": repo.id, "node_id": node("Repository", repo.id), "name": repo.name, "full_name": repo.path,
            "owner": whoever(repo.owner), "private": repo.private, "html_url": web(f"/{repo.path}"), "url": url,
            "description": repo.description, "fork": repo.fork_of is not None, "archived": repo.archived,
            **{f"{name}_url": f"{url}/{name}" for name in _REPO_URLS}, "clone_url": web(f"/{repo.path}.git"),
            "git_url": f"git:{web(f'/{repo.path}.git').partition(':')[2]}",
            "ssh_url": f"git@github.invalid:{repo.path}.git", "svn_url": web(f"/{repo.path}"),
            **dict.fromkeys(("mirror_url", "homepage", "language", "license")),
            **dict.fromkeys(counts, 0), **dict.fromkeys(flags, False), "default_branch": repo.default_branch,
            "has_issues": True, "has_projects": True, "has_wiki": True, "has_downloads": True,
            "visibility": "private" if repo.private else "public", "pushed_at": at(repo.pushed), "created_at": BORN,
            "updated_at": at(repo.pushed), "permissions": permissions(viewer().level(repo))}


def permissions(level: str | None) -> dict:
    names = {"read": "pull", "triage": "triage", "write": "push", "maintain": "maintain", "admin": "admin"}
    has = LEVELS[:LEVELS.index(level) + 1] if level else ()
    return {name: step in has for step, name in names.items()}


def branch(repo: Repository, name: str, commit: str) -> dict:
    return {"name": name, "commit": {"sha": commit, "url": api(f"/repos/{repo.path}/commits/{commit}")},
            "protected": False}


def tag(repo: Repository, name: str, commit: str) -> dict:
    url = api(f"/repos/{repo.path}")
    return {"name": name, "commit": {"sha": commit, "url": f"{url}/commits/{commit}"}, "node_id": node("Ref", name),
            "zipball_url": f"{url}/zipball/refs/tags/{name}", "tarball_url": f"{url}/tarball/refs/tags/{name}"}


def commit(repo: Repository, sha: str) -> dict:
    shown, url = repo.git.show(sha), api(f"/repos/{repo.path}")
    signed = {"name": shown["name"], "email": shown["email"], "date": shown["date"]}
    return {"sha": sha, "node_id": node("Commit", sha), "url": f"{url}/commits/{sha}",
            "html_url": web(f"/{repo.path}/commit/{sha}"), "comments_url": f"{url}/commits/{sha}/comments",
            "commit": {"url": f"{url}/git/commits/{sha}", "author": signed, "committer": signed, "comment_count": 0,
                       "message": shown["message"],
                       "tree": {"sha": shown["tree"], "url": f"{url}/git/trees/{shown['tree']}"}},
            "author": None, "committer": None,
            "parents": [{"sha": parent, "url": f"{url}/commits/{parent}"} for parent in shown["parents"]]}


def entry(repo: Repository, path: str, kind: str, sha: str, size: int) -> dict:
    url = api(f"/repos/{repo.path}/contents/{path}")
    kinds = {"blob": "file", "tree": "dir", "commit": "submodule"}
    return {"type": kinds[kind], "size": size, "name": path.rpartition("/")[2], "path": path, "sha": sha, "url": url,
            "git_url": url, "html_url": web(f"/{repo.path}/blob/HEAD/{path}"), "download_url": None,
            "_links": {"git": url, "self": url, "html": web(f"/{repo.path}/blob/HEAD/{path}")}}


def content(repo: Repository, path: str, sha: str) -> dict:
    """Past 1 MiB GitHub leaves the content out."""
    data = repo.git.blob(sha)
    small = len(data) <= 1024 * 1024
    return {**entry(repo, path, "blob", sha, len(data)), "encoding": "base64" if small else "none",
            "content": base64.encodebytes(data).decode() if small else ""}


def comparison(repo: Repository, start: str, base: str, end: str, files: list[dict], commits: list[str],
               behind: int) -> dict:
    url = api(f"/repos/{repo.path}/compare/{start}...{end}")
    ahead = len(repo.git.between(base, end))
    status = "diverged" if ahead and behind else "ahead" if ahead else "behind" if behind else "identical"
    return {"url": url, "html_url": url, "permalink_url": url, "diff_url": f"{url}.diff", "patch_url": f"{url}.patch",
            "base_commit": commit(repo, start), "merge_base_commit": commit(repo, base), "status": status,
            "ahead_by": ahead, "behind_by": behind, "total_commits": ahead,
            "commits": [commit(repo, sha) for sha in commits], "files": files}


def changed_file(repo: Repository, end: str, status: str, name: str, former: str | None) -> dict:
    url = api(f"/repos/{repo.path}/contents/{name}?ref={end}")
    found = {"sha": (repo.git.entry(end, name) or ("", None))[1], "filename": name, "status": status, "additions": 1,
             "deletions": 1, "changes": 2, "blob_url": url, "raw_url": url, "contents_url": url, "patch": "@@"}
    return {**found, **({"previous_filename": former} if former else {})}


def pull(repo: Repository, item: PullRequest, full: bool = False) -> dict:
    url, page = api(f"/repos/{repo.path}/pulls/{item.number}"), web(f"/{repo.path}/pull/{item.number}")
    issue = api(f"/repos/{repo.path}/issues/{item.number}")
    base_commit = repo.git.head(f"refs/heads/{item.base_ref}")
    links = {name: {"href": url} for name in ("self", "html", "issue", "comments", "commits", "statuses",
                                              "review_comments", "review_comment")}
    counts = ("additions", "changed_files", "comments", "commits", "deletions", "review_comments")
    more = {**dict.fromkeys(counts, 0), "mergeable": None, "mergeable_state": "unknown", "merged": False,
            "maintainer_can_modify": False, "merged_by": None} if full else {}
    return {"id": item.number, "node_id": node("PR", item.number), "number": item.number, "state": item.state,
            "locked": False, "title": item.title, "user": whoever(item.author), "body": None, "labels": [],
            "milestone": None, "assignee": None, "created_at": BORN, "updated_at": BORN, "closed_at": None,
            "merged_at": None, "merge_commit_sha": None, "auto_merge": None, "draft": False,
            "author_association": "CONTRIBUTOR", "url": url, "html_url": page, "diff_url": f"{page}.diff",
            "patch_url": f"{page}.patch", "issue_url": issue, "comments_url": f"{issue}/comments",
            "commits_url": f"{url}/commits", "review_comments_url": f"{url}/comments",
            "review_comment_url": f"{url}/comments/1", "statuses_url": api(f"/repos/{repo.path}/statuses/{item.head}"),
            "head": _side(the_world().repos.get(item.head_repo or 0), item.head_ref, item.head, item.author),
            "base": _side(repo, item.base_ref, base_commit, repo.owner), "_links": links, **more}


def _side(repo: Repository | None, ref: str, sha: str, login: str) -> dict:
    return {"label": f"{login}:{ref}", "ref": ref, "sha": sha, "user": whoever(login),
            "repo": repository(repo) if repo else None}


def hook(repo: Repository, item: Hook) -> dict:
    url = api(f"/repos/{repo.path}/hooks/{item.id}")
    return {"type": "Repository", "id": item.id, "name": "web", "active": item.active, "events": item.events,
            "config": {"url": item.url, "content_type": "json", "insecure_ssl": "0", "secret": "********"},
            "created_at": BORN, "updated_at": BORN, "url": url, "test_url": f"{url}/test", "ping_url": f"{url}/pings",
            "deliveries_url": f"{url}/deliveries", "last_response": {"code": None, "status": "unused", "message": None}}


def integration(app: AppRegistration) -> dict:
    return {"id": app.app_id, "slug": app.slug, "node_id": node("App", app.slug), "client_id": app.client_id,
            "owner": whoever(app.owner), "name": app.slug, "description": "", "external_url": web(),
            "html_url": web(f"/apps/{app.slug}"), "created_at": BORN, "updated_at": BORN, "events": ["push"],
            "permissions": {"contents": "read", "metadata": "read"}}


def installation(item: Installation, app: AppRegistration) -> dict:
    url = api(f"/app/installations/{item.id}")
    return {"id": item.id, "account": whoever(item.account), "app_id": item.app_id, "app_slug": app.slug,
            "target_id": 1, "target_type": "User", "single_file_name": None, "repository_selection": "selected",
            "access_tokens_url": f"{url}/access_tokens", "repositories_url": api("/installation/repositories"),
            "html_url": web(f"/settings/installations/{item.id}"), "events": ["push"], "created_at": BORN,
            "updated_at": BORN, "permissions": {"contents": "read"}, "suspended_by": None, "suspended_at": None}
