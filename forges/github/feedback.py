"""What is told on GitHub of a run: commit statuses, deployments, the comment on a pull request, check runs."""

from __future__ import annotations

import json

from common.wire.errors import Forbidden, NotFound

from ..base import Annotation, Check, DeploymentState, Grant, Status
from .client import Client, repo_path

LONGEST = 140            # characters of a description
LONGEST_COMMENT = 65_536
MOST_ANNOTATIONS = 50    # of one request
PREVIEW = "preview"


class Feedback:
    """`grant` is whoever acts for the repository."""

    def __init__(self, client: Client):
        self._client = client

    def set_status(self, grant: Grant, owner: str, name: str, status: Status, again: bool) -> None:
        body = {"state": status.state, "context": status.context, "description": status.description[:LONGEST],
                **({"target_url": status.url} if status.url else {})}
        path = repo_path(owner, name, "commits", status.commit, "statuses")
        if again and self._newest(grant, path, {"context": status.context}, body):
            return
        self._client.change("POST", repo_path(owner, name, "statuses", status.commit), grant.token, body)

    def start_deployment(self, grant: Grant, owner: str, name: str, commit: str, environment: str,
                         description: str, mark: str, again: bool) -> str:
        """Our gates have judged the commit, so GitHub is to ask for no statuses and to merge nothing into it."""
        known = self._find_deployment(grant, owner, name, commit, environment, mark) if again else None
        if known:
            return known
        body = {"ref": commit, "environment": environment, "description": description[:LONGEST], "auto_merge": False,
                "payload": {"run": mark}, "required_contexts": [], "production_environment": environment != PREVIEW,
                "transient_environment": environment == PREVIEW}
        return str(self._client.change("POST", repo_path(owner, name, "deployments"), grant.token, body)["id"])

    def _find_deployment(self, grant: Grant, owner: str, name: str, commit: str, environment: str, mark: str) -> str | None:
        path, wanted = repo_path(owner, name, "deployments"), {"sha": commit, "environment": environment}
        for page in self._client.pages(path, grant.token, wanted):
            for found in page:
                if _mark_of(found.get("payload")) == mark:
                    return str(found["id"])
        return None

    def set_deployment(self, grant: Grant, owner: str, name: str, deployment: str, state: DeploymentState,
                       description: str, log_url: str, environment_url: str, again: bool) -> None:
        path = repo_path(owner, name, "deployments", deployment, "statuses")
        urls = {"log_url": log_url, "environment_url": environment_url}
        body = {"state": state, "description": description[:LONGEST], **{key: url for key, url in urls.items() if url}}
        if again and self._newest(grant, path, {}, body):
            return
        self._client.change("POST", path, grant.token, {**body, "auto_inactive": state == "success"})

    def _newest(self, grant: Grant, path: str, of: dict, wanted: dict) -> bool:
        """Is the newest entry of the list (newest first) that has the values `of` the `wanted` one?"""
        for page in self._client.pages(path, grant.token):
            for entry in page:
                if _has(entry, of):
                    return _has(entry, wanted)
        return False

    def upsert_comment(self, grant: Grant, owner: str, name: str, number: int, body: str, known: str | None) -> str:
        """Without `known`, or where that was deleted, ours is found by its first line, and by who wrote it: anyone may
        write that line, and theirs is not ours to change."""
        content = {"body": body[:LONGEST_COMMENT]}
        if known and self._edited(grant, owner, name, known, content):
            return known
        found = self._find_comment(grant, owner, name, number, body.partition("\n")[0])
        if found and self._edited(grant, owner, name, found, content):
            return found
        path = repo_path(owner, name, "issues", number, "comments")
        return str(self._client.change("POST", path, grant.token, content)["id"])

    def set_check(self, grant: Grant, owner: str, name: str, check: Check, again: bool) -> str:
        """GitHub takes fifty annotations a request, and adds those of the next ones to them."""
        if again and (made := self._find_check(grant, owner, name, check)):
            return made
        batches = [check.annotations[first:first + MOST_ANNOTATIONS]
                   for first in range(0, max(1, len(check.annotations)), MOST_ANNOTATIONS)]
        body, path = _check(check), repo_path(owner, name, "check-runs")
        known = check.known
        for batch in batches:
            output = {**body["output"], "annotations": [_annotation(item) for item in batch]}
            if known:
                self._client.change("PATCH", f"{path}/{known}", grant.token, {**body, "output": output})
            else:
                known = str(self._client.change("POST", path, grant.token,
                                                {**body, "head_sha": check.commit, "output": output})["id"])
        return known

    def _find_check(self, grant: Grant, owner: str, name: str, check: Check) -> str | None:
        """GitHub may show the texts in its own way, all but the title."""
        path, wanted = repo_path(owner, name, "commits", check.commit, "check-runs"), _check(check)
        title = wanted.pop("output")["title"]
        for page in self._client.pages(path, grant.token, {"check_name": check.name}):
            for found in page["check_runs"]:
                if _has(found, wanted) and found["output"]["title"] == title:
                    return str(found["id"])
        return None

    def _edited(self, grant: Grant, owner: str, name: str, comment: str, content: dict) -> bool:
        try:
            self._client.change("PATCH", repo_path(owner, name, "issues", "comments", comment), grant.token, content)
        except (NotFound, Forbidden):
            return False             # somebody deleted it, or it is another's: whoever acted here before
        return True

    def _find_comment(self, grant: Grant, owner: str, name: str, number: int, mark: str) -> str | None:
        author = f"{grant.who}[bot]" if grant.kind == "installation" else grant.who
        for page in self._client.pages(repo_path(owner, name, "issues", number, "comments"), grant.token):
            for comment in page:
                wrote = (comment["user"] or {}).get("login", "").casefold() == author.casefold()
                if wrote and (comment.get("body") or "").partition("\n")[0].strip() == mark.strip():
                    return str(comment["id"])
        return None


def _has(entry: dict, wanted: dict) -> bool:
    return all(entry.get(key) == value for key, value in wanted.items())


def _mark_of(payload) -> str | None:
    """GitHub answers an object, or the text of one."""
    if isinstance(payload, str):
        try:
            payload = json.loads(payload)
        except ValueError:
            return None
    return payload.get("run") if isinstance(payload, dict) else None


def _check(check: Check) -> dict:
    """What POST and PATCH have in common."""
    ended = {"status": "completed", "conclusion": check.conclusion} if check.conclusion else {"status": "in_progress"}
    return {"name": check.name, **ended, **({"details_url": check.url} if check.url else {}),
            "output": {"title": check.title, "summary": check.summary[:LONGEST_COMMENT - 1]}}


def _annotation(item: Annotation) -> dict:
    return {"path": item.path, "start_line": item.line, "end_line": item.line, "annotation_level": item.level,
            "title": item.title[:255], "message": item.message[:64_000]}
