"""What of a webhook's payload travels on: dashboard trims it at the entrance, dbproxy keeps it, orchestrator judges it.

The shape stays the forge's own, so a whole payload is judged like a trimmed one. Lists (commits, labels, …) are left
out: a push is a hint to compare heads, whatever it says of itself.
"""

from __future__ import annotations

LONGEST_TEXT = 1000      # characters

_ACCOUNT = {"id": ..., "login": ...}
_REPO = {"id": ..., "name": ..., "full_name": ..., "owner": _ACCOUNT, "default_branch": ..., "private": ...,
         "archived": ..., "html_url": ..., "description": ...}
_FROM = {"from": ...}
KEPT = {
    "action": ..., "repository": _REPO, "sender": _ACCOUNT, "installation": {"id": ..., "account": _ACCOUNT},
    # push, create, delete
    "ref": ..., "ref_type": ..., "before": ..., "after": ..., "created": ..., "deleted": ..., "forced": ...,
    "head_commit": {"id": ..., "message": ...}, "pusher": {"name": ...},
    # pull_request
    "number": ...,
    "pull_request": {"number": ..., "title": ..., "state": ..., "draft": ..., "merged": ..., "user": _ACCOUNT,
                     "head": {"ref": ..., "sha": ..., "repo": _REPO}, "base": {"ref": ..., "sha": ..., "repo": _REPO}},
    # ping
    "zen": ..., "hook_id": ..., "hook": {"id": ..., "type": ..., "active": ...},
    # repository: renamed, transferred, edited
    "changes": {"repository": {"name": _FROM}, "owner": {"from": {"user": _ACCOUNT, "organization": _ACCOUNT}},
                "default_branch": _FROM},
}


def trimmed(payload: dict, kept: dict = KEPT) -> dict:
    """What the decision needs of a payload; texts are cut."""
    found = {}
    for name, part in kept.items():
        value = payload.get(name)
        if isinstance(part, dict):
            if isinstance(value, dict):
                found[name] = trimmed(value, part)
            elif name in payload and value is None:
                found[name] = None
        elif isinstance(value, str):
            found[name] = value[:LONGEST_TEXT]
        elif isinstance(value, (bool, int)) or value is None and name in payload:
            found[name] = value
    return found
