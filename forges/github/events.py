"""What a delivery of GitHub's says, in Continuum's words. Rules alone, no input or output; the names in the payload are
checked here, once.

A payload is a hint, never the truth: what it names is looked up at GitHub before anything happens. So one that was
recorded and sent again moves nothing, and one that arrives late says nothing old.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from common.wire.errors import BadRequest

from ..events import About, ForgeEvent, Ignored, Move
from ..names import check_ref, check_repo, is_hash

REFS = {"branch": "refs/heads/", "tag": "refs/tags/"}
PULL_ACTIONS = {"opened", "synchronize", "reopened", "closed", "edited", "ready_for_review", "converted_to_draft"}
REPO_ACTIONS = {"renamed", "transferred", "archived", "unarchived", "deleted", "privatized", "publicized", "edited"}
INSTALLATION = {"installation", "installation_repositories"}

Payload = Mapping[str, Any]


def read(event: str, payload: Payload) -> ForgeEvent | Ignored:
    try:
        if event == "ping":
            return Ignored(f"the webhook {_number(payload, 'hook_id') or ''} answers: all is set".replace("  ", " "))
        if event in INSTALLATION:
            return _installation(event, payload)
        if event not in _RULES:
            return _ignored(event, payload)
        about = _about(payload)
    except BadRequest as odd:
        return Ignored(f"refused: {odd.detail}")
    try:
        return _RULES[event](event, payload, about)
    except BadRequest as odd:
        return Ignored(f"refused: {odd.detail}", about)


def _about(payload: Payload) -> About:
    repository = _part(payload, "repository")
    number = _number(repository, "id")
    if not number:
        raise BadRequest("the payload names no repository")
    owner, _, name = _text(repository, "full_name").partition("/")
    check_repo(owner, name)
    return About(str(number), owner, name)


def _installation(event: str, payload: Payload) -> ForgeEvent | Ignored:
    owner = _text(_part(_part(payload, "installation"), "account"), "login")
    said = f"noted: {event} {_text(payload, 'action')[:100]}"
    if not owner:
        return Ignored(said)
    check_repo(owner, "any")
    return ForgeEvent("access", f"{said} of {owner}", owner=owner, actor=_actor(payload))


def _push(_: str, payload: Payload, about: About) -> ForgeEvent | Ignored:
    ref = _text(payload, "ref")
    if not ref.startswith(tuple(REFS.values())):
        return Ignored(f"ignored: {ref[:100]!r} is no branch and no tag", about)
    return _head(ref, payload, about)


def _create_or_delete(event: str, payload: Payload, about: About) -> ForgeEvent | Ignored:
    """Their `ref` is short."""
    kind = _text(payload, "ref_type")
    if kind not in REFS:
        return Ignored(f"ignored: a {kind[:100] or 'thing'} was {event}d", about)
    return _head(REFS[kind] + _text(payload, "ref"), payload, about)


def _head(ref: str, payload: Payload, about: About) -> ForgeEvent:
    short = ref.split("/", 2)[2]
    check_ref(short)
    move = Move(_text(payload, "before") or None, _text(payload, "after") or None, bool(payload.get("created")),
                bool(payload.get("deleted")))
    return ForgeEvent("head", f"look where {short} is", about, _actor(payload), ref=ref, move=move)


def _pull_request(_: str, payload: Payload, about: About) -> ForgeEvent | Ignored:
    action = _text(payload, "action")
    number = _number(payload, "number") or _number(_part(payload, "pull_request"), "number")
    if not 0 < number < 2**31:
        raise BadRequest("the payload names no pull request")
    if action not in PULL_ACTIONS:
        return Ignored(f"ignored: pull request {number} was {action[:100]}, which moves no commit", about)
    told = _text(_part(_part(payload, "pull_request"), "head"), "sha")
    return ForgeEvent("pull", f"look at pull request {number}", about, _actor(payload), number=number,
                      commit=told if is_hash(told) else None)


def _repository(_: str, payload: Payload, about: About) -> ForgeEvent | Ignored:
    action = _text(payload, "action")
    if action not in REPO_ACTIONS:
        return Ignored(f"ignored: the repository was {action[:100]}", about)
    return ForgeEvent("repo", f"the repository was {action}", about, _actor(payload))


def _public(_: str, payload: Payload, about: About) -> ForgeEvent:
    return ForgeEvent("repo", "the repository was made public", about, _actor(payload))


def _ignored(event: str, payload: Payload) -> Ignored:
    action = _text(payload, "action")
    return Ignored(f"ignored: {event[:100]}{f' {action[:100]}' if action else ''} starts nothing")


_RULES = {"push": _push, "create": _create_or_delete, "delete": _create_or_delete, "pull_request": _pull_request,
          "repository": _repository, "public": _public}


def _actor(payload: Payload) -> str | None:
    """Who did it, as GitHub says; for reading alone, no right is made of it."""
    login = _text(_part(payload, "sender"), "login")
    plain = login.removesuffix("[bot]").replace("-", "").replace("_", "")
    return login if 0 < len(login) <= 100 and plain.isascii() and plain.isalnum() else None


def _part(payload: Payload, name: str) -> Payload:
    value = payload.get(name)
    return value if isinstance(value, dict) else {}


def _text(payload: Payload, name: str) -> str:
    value = payload.get(name)
    return value if isinstance(value, str) else ""


def _number(payload: Payload, name: str) -> int:
    value = payload.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0
