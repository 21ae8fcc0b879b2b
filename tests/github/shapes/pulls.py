"""Pull requests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import store
from ..state import Account, Pull, Repo
from . import people, repository

if TYPE_CHECKING:
    from ..hub import GitHub


def listed(github: GitHub, pull: Pull) -> dict:
    api, web = f"{github.api}/repos/{pull.base.path}", f"{github.url}/{pull.base.path}/pull/{pull.number}"
    urls = {"url": f"{api}/pulls/{pull.number}", "html_url": web, "diff_url": f"{web}.diff", "patch_url": f"{web}.patch",
            "issue_url": f"{api}/issues/{pull.number}", "commits_url": f"{api}/pulls/{pull.number}/commits",
            "review_comments_url": f"{api}/pulls/{pull.number}/comments",
            "review_comment_url": f"{api}/pulls/comments{{/number}}",
            "comments_url": f"{api}/issues/{pull.number}/comments", "statuses_url": f"{api}/statuses/{pull.head_sha}"}
    links = {"self": "url", "html": "html_url", "issue": "issue_url", "comments": "comments_url", "statuses": "statuses_url",
             "review_comments": "review_comments_url", "review_comment": "review_comment_url", "commits": "commits_url"}
    return {"id": pull.id, "node_id": f"PR_{pull.id}", "number": pull.number, "state": pull.state, "title": pull.title,
            "locked": False, "active_lock_reason": None, "draft": pull.draft, "user": people.simple(github, pull.author), "body": None, **urls,
            "created_at": pull.created, "updated_at": pull.created, "merged_at": None,
            "closed_at": pull.created if pull.state == "closed" else None, "merge_commit_sha": None,
            "assignee": None, "assignees": [], "requested_reviewers": [], "requested_teams": [], "labels": [],
            "milestone": None, "auto_merge": None, "author_association": "CONTRIBUTOR",
            "head": _end(github, pull.head, pull.head_owner, pull.head_ref, pull.head_sha),
            "base": _end(github, pull.base, pull.base.owner, pull.base_ref, _base_sha(pull)),
            "_links": {name: {"href": urls[url]} for name, url in links.items()}}


def whole(github: GitHub, pull: Pull) -> dict:
    return {**listed(github, pull), "merged": False, "mergeable": None, "rebaseable": None, "mergeable_state": "unknown",
            "merged_by": None, "comments": 0, "review_comments": 0, "maintainer_can_modify": False, "commits": 1,
            "additions": 0, "deletions": 0, "changed_files": 1}


def _end(github: GitHub, repo: Repo | None, owner: Account, ref: str, sha: str) -> dict:
    """Of a fork that is gone, `repo` is null."""
    return {"label": f"{owner.login}:{ref}", "ref": ref, "sha": sha, "user": people.simple(github, owner),
            "repo": repository.listed(github, repo, None) if repo else None}


def _base_sha(pull: Pull) -> str:
    return store.commit_of(pull.base.folder, f"heads/{pull.base_ref}") or store.ZERO
