"""What follows when branches, tags or names change: pull requests move along, and hooks are told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import store
from .shapes import commits, pulls
from .state import Account, Pull, Repo
from .store import ZERO

if TYPE_CHECKING:
    from .hub import GitHub

TAGS_TOLD = 3          # "Events will not be created if more than three tags are pushed at once"
COMMITS_TOLD = 2048    # a payload has no more


def arrived(github: GitHub, repo: Repo, before: dict[str, str], by: Account) -> None:
    """Compare the refs with those `before` a push and tell what differs."""
    after = store.refs(repo.folder)
    moved = {name: (before.get(name, ZERO), after.get(name, ZERO)) for name in {**before, **after}
             if before.get(name) != after.get(name) and name.startswith(("refs/heads/", "refs/tags/"))}
    if moved:
        repo.pushed = github.now()
    tags = [name for name in moved if name.startswith("refs/tags/")]
    for name, (old, new) in moved.items():
        if name not in tags or len(tags) <= TAGS_TOLD:
            _tell(github, repo, name, old, new, by)
    for name in moved:
        if name.startswith("refs/heads/"):
            _move_pulls(github, repo, name.removeprefix("refs/heads/"), by)


def _tell(github: GitHub, repo: Repo, name: str, old: str, new: str, by: Account) -> None:
    github.outbox.tell(repo, "push", push(github, repo, name, old, new, by), by)
    if ZERO in (old, new):
        kind, short = ("tag" if name.startswith("refs/tags/") else "branch"), name.split("/", 2)[2]
        payload = {"ref": short, "ref_type": kind, "pusher_type": "user"}
        if old == ZERO:
            payload |= {"master_branch": repo.default_branch, "description": repo.description}
        github.outbox.tell(repo, "create" if old == ZERO else "delete", payload, by)


def push(github: GitHub, repo: Repo, name: str, old: str, new: str, by: Account) -> dict:
    """GitHub's payload of a push, without repository and sender."""
    short = name.split("/", 2)[2]
    told = [] if new == ZERO else _spelled(github, repo, *_new_commits(repo, name, old, new))
    head = None if new == ZERO else _spelled(github, repo, "-1", new)[0]
    return {"ref": name, "before": old, "after": new, "base_ref": None, "created": old == ZERO, "deleted": new == ZERO,
            "forced": _forced(repo, old, new), "commits": told, "head_commit": head,
            "compare": f"{github.url}/{repo.path}/compare/{old[:12]}...{new[:12]}" if ZERO not in (old, new)
            else f"{github.url}/{repo.path}/compare/{short}",
            "pusher": {"name": by.login, "email": f"{by.login}@localhost"}}


def _spelled(github: GitHub, repo: Repo, *range_: str) -> list[dict]:
    """Oldest first."""
    touched = store.touched(repo.folder, *range_)
    return [commits.in_webhook(github, repo, each, touched[each.sha]) for each in store.commits(repo.folder, *range_)[::-1]]


def _new_commits(repo: Repo, name: str, old: str, new: str) -> list[str]:
    """As words for git. Of a new branch: what no other branch has."""
    others = [f"^{sha}" for other, sha in store.refs(repo.folder, "refs/heads/").items() if other != name]
    without = others if old == ZERO else [f"^{old}"] if _known(repo, old) else []
    return [f"--max-count={COMMITS_TOLD}", new, *without]


def _known(repo: Repo, sha: str) -> bool:
    return store.commit_of(repo.folder, sha) is not None


def _forced(repo: Repo, old: str, new: str) -> bool:
    if ZERO in (old, new):
        return False
    try:
        store.git(repo.folder, "merge-base", "--is-ancestor", old, new)
    except store.GitSaysNo:
        return True
    return False


def open_pull(github: GitHub, base: Repo, head: Repo, head_ref: str, title: str, author: Account,
              base_ref: str | None) -> Pull:
    with github.lock:
        number = max([*base.pulls, 0]) + 1
        sha = store.commit_of(head.folder, f"heads/{head_ref}")
        if sha is None:
            raise ValueError(f"{head.path} has no branch {head_ref}")
        pull = Pull(github.next_id(), number, title, author, head, head.owner, head_ref, base, base_ref or base.default_branch, sha,
                    github.now())
        base.pulls[number] = pull
        _show_head(pull)
    tell_pull(github, pull, "opened", author)
    return pull


def close_pull(github: GitHub, pull: Pull) -> None:
    pull.state = "closed"
    tell_pull(github, pull, "closed", pull.author)


def tell_pull(github: GitHub, pull: Pull, action: str, by: Account, **more) -> None:
    github.outbox.tell(pull.base, "pull_request", {"action": action, "number": pull.number,
                                                   "pull_request": pulls.whole(github, pull), **more}, by)


def _move_pulls(github: GitHub, repo: Repo, branch: str, by: Account) -> None:
    for base in list(github.repos.values()):
        for pull in base.pulls.values():
            if pull.state == "open" and pull.head is repo and pull.head_ref == branch:
                _move(github, pull, store.commit_of(repo.folder, f"heads/{branch}"), by)


def _move(github: GitHub, pull: Pull, sha: str | None, by: Account) -> None:
    if sha is None:                     # its branch is gone: GitHub closes it
        close_pull(github, pull)
    elif sha != pull.head_sha:
        before, pull.head_sha = pull.head_sha, sha
        _show_head(pull)
        tell_pull(github, pull, "synchronize", by, before=before, after=sha)


def _show_head(pull: Pull) -> None:
    """The base has the pull request's commit under refs/pull, from a fork too."""
    store.git(pull.base.folder, "fetch", "--quiet", str(pull.head.folder),
              f"+refs/heads/{pull.head_ref}:refs/pull/{pull.number}/head")


def moved(github: GitHub, repo: Repo, path: str) -> None:
    owner, name = path.split("/")
    with github.lock:
        before, old_owner, old_name = repo.path.lower(), repo.owner, repo.name
        repo.owner, repo.name = github.account(owner), name
        github.moved[before] = repo.id
        github.moved.pop(repo.path.lower(), None)
    if old_owner is repo.owner:
        told = {"action": "renamed", "changes": {"repository": {"name": {"from": old_name}}}}
    else:
        kind = "user" if old_owner.kind == "User" else "organization"
        told = {"action": "transferred", "changes": {"owner": {"from": {kind: {"login": old_owner.login,
                                                                              "id": old_owner.id}}}}}
    github.outbox.tell(repo, "repository", told, repo.owner)
