"""What of a payload is kept: the names that a decision needs and a reader understands, in GitHub's own shape.

The rest (thousands of lines about people, URLs, file lists) is dropped, so that a row stays small. What a payload says
is a hint in any case: orchestrator asks GitHub before it acts.
"""

from __future__ import annotations

import json

LARGEST = 64 * 1024       # bytes of JSON
LONGEST = 1000            # characters of one text; more than any ref has
MOST = 20                 # items of one list

PERSON = {"login": True, "id": True, "type": True}
REPOSITORY = {"id": True, "name": True, "full_name": True, "private": True, "default_branch": True, "archived": True,
              "owner": PERSON}
COMMIT = {"id": True, "message": True, "timestamp": True, "author": {"name": True, "username": True}}
END = {"ref": True, "sha": True, "repo": {"id": True, "full_name": True}}
PAYLOAD = {
    "action": True, "ref": True, "ref_type": True, "before": True, "after": True, "created": True, "deleted": True,
    "forced": True, "master_branch": True, "number": True, "zen": True, "hook_id": True, "pusher": {"name": True},
    "repository": REPOSITORY, "sender": PERSON, "installation": {"id": True, "account": PERSON},
    "head_commit": COMMIT, "organization": PERSON,
    "pull_request": {"number": True, "title": True, "state": True, "draft": True, "merged": True, "user": PERSON,
                     "head": END, "base": END},
    "check_run": {"id": True, "name": True, "head_sha": True}, "check_suite": {"id": True, "head_sha": True},
    "changes": {"repository": {"name": {"from": True}}, "owner": {"from": {"user": PERSON, "organization": PERSON}},
                "default_branch": {"from": True}},
    "repositories_added": [{"id": True, "full_name": True}], "repositories_removed": [{"id": True, "full_name": True}],
}


def of(payload: dict) -> dict:
    """The essentials, at most LARGEST bytes as JSON."""
    kept = _pick(payload, PAYLOAD)
    if len(json.dumps(kept).encode()) > LARGEST:      # bounded texts and lists leave no way there, but a promise is one
        return _pick(payload, {"action": True, "repository": {"id": True, "full_name": True}})
    return kept


def repo_path(payload: dict) -> str | None:
    """owner/name of the repository that a payload is about."""
    repository = payload.get("repository")
    found = repository.get("full_name") if isinstance(repository, dict) else None
    return found[:300] if isinstance(found, str) and found.count("/") == 1 else None


def action(payload: dict) -> str | None:
    found = payload.get("action")
    return found[:100] if isinstance(found, str) and found.isprintable() and found else None


def _pick(value, wanted):
    if wanted is True:
        return _plain(value)
    if isinstance(wanted, list):
        return [_pick(item, wanted[0]) for item in value[:MOST]] if isinstance(value, list) else None
    if not isinstance(value, dict):
        return None
    return {name: _pick(value[name], inner) for name, inner in wanted.items() if name in value}


def _plain(value):
    """A text without what Postgres cannot hold, a number, true or false; nothing nested."""
    if isinstance(value, str):
        return value[:LONGEST].encode("utf-8", "replace").decode().replace("\0", "")
    return value if value is None or (isinstance(value, (bool, int)) and abs(value) < 2**63) else None
