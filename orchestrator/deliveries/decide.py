"""What a webhook delivery asks of us. Rules alone, no input or output; the payload's names are checked here, once.

A payload is a hint, never the truth: what it names is looked up at the forge before anything happens. So one that was
recorded and sent again moves nothing, and one that arrives late says nothing old.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from common.errors import BadRequest
from forges.names import check_ref, check_repo, is_hash

REFS = {"branch": "refs/heads/", "tag": "refs/tags/"}
PULL_ACTIONS = {"opened", "synchronize", "reopened", "closed", "edited", "ready_for_review", "converted_to_draft"}
REPO_ACTIONS = {"renamed", "transferred", "archived", "unarchived", "deleted", "privatized", "publicized", "edited"}
INSTALLATION = {"installation", "installation_repositories"}


@dataclass(frozen=True)
class Decision:
    """`act`: look at the head `ref`; look at the pull request `number`; look at the repository itself; look where the
    App is installed, at `owner`'s repositories; or nothing.

    `why` is a sentence for people: of nothing, the whole outcome.
    """

    act: Literal["head", "pull", "repo", "app", "nothing"]
    why: str
    ref: str = ""
    number: int = 0
    owner: str = ""
    actor: str | None = None
    commit: str | None = None        # the head that the payload tells of a pull request, to know an answer that lags


def decide(event: str, payload: dict, repo: dict | None) -> Decision:
    """`repo`: the row of the repository that the payload is about; None: it is not connected here."""
    try:
        if event == "ping":
            return _nothing(f"the webhook {_number(payload, 'hook_id') or ''} answers: all is set".replace("  ", " "))
        if event in INSTALLATION:
            return _installation(event, payload)
        if event not in _RULES:
            return _ignored(event, payload)
        other = _other(payload, repo)
        return _nothing(other) if other else _RULES[event](event, payload)
    except BadRequest as odd:
        return _nothing(f"refused: {odd.detail}")


def _installation(event: str, payload: dict) -> Decision:
    owner = _text(_part(_part(payload, "installation"), "account"), "login")
    said = f"noted: {event} {_text(payload, 'action')[:100]}"
    if not owner:
        return _nothing(said)
    check_repo(owner, "any")
    return Decision("app", f"{said} of {owner}", owner=owner, actor=_actor(payload))


def repo_of(payload: dict) -> tuple[str, str, str]:
    """(number at the forge, owner, name), checked; raises BadRequest."""
    repository = _part(payload, "repository")
    number = _number(repository, "id")
    if not number:
        raise BadRequest("the payload names no repository")
    owner, _, name = _text(repository, "full_name").partition("/")
    check_repo(owner, name)
    return str(number), owner, name


def _other(payload: dict, repo: dict | None) -> str | None:
    """Why the payload is not about `repo`."""
    number, owner, name = repo_of(payload)
    if repo is None:
        return f"{owner}/{name} is not connected here: connect it on the page of repositories, or remove the webhook"
    if repo["external_id"] != number:
        return (f"refused: the payload is about {owner}/{name}, and this webhook belongs to "
                f"{repo['owner']}/{repo['name']}")
    return None


def _push(_: str, payload: dict) -> Decision:
    ref = _text(payload, "ref")
    if not ref.startswith(tuple(REFS.values())):
        return _nothing(f"ignored: {ref[:100]!r} is no branch and no tag")
    return _head(ref, payload)


def _create_or_delete(event: str, payload: dict) -> Decision:
    """Their `ref` is short."""
    kind = _text(payload, "ref_type")
    if kind not in REFS:
        return _nothing(f"ignored: a {kind[:100] or 'thing'} was {event}d")
    return _head(REFS[kind] + _text(payload, "ref"), payload)


def _head(ref: str, payload: dict) -> Decision:
    check_ref(ref.split("/", 2)[2])
    return Decision("head", f"look where {ref.split('/', 2)[2]} is", ref=ref, actor=_actor(payload))


def _pull_request(_: str, payload: dict) -> Decision:
    action = _text(payload, "action")
    number = _number(payload, "number") or _number(_part(payload, "pull_request"), "number")
    if not 0 < number < 2**31:
        raise BadRequest("the payload names no pull request")
    if action not in PULL_ACTIONS:
        return _nothing(f"ignored: pull request {number} was {action[:100]}, which moves no commit")
    told = _text(_part(_part(payload, "pull_request"), "head"), "sha")
    return Decision("pull", f"look at pull request {number}", number=number, actor=_actor(payload),
                    commit=told if is_hash(told) else None)


def _repository(_: str, payload: dict) -> Decision:
    action = _text(payload, "action")
    if action not in REPO_ACTIONS:
        return _nothing(f"ignored: the repository was {action[:100]}")
    return Decision("repo", f"the repository was {action}", actor=_actor(payload))


def _public(_: str, payload: dict) -> Decision:
    return Decision("repo", "the repository was made public", actor=_actor(payload))


def _ignored(event: str, payload: dict) -> Decision:
    action = _text(payload, "action")
    return _nothing(f"ignored: {event[:100]}{f' {action[:100]}' if action else ''} starts nothing")


_RULES = {"push": _push, "create": _create_or_delete, "delete": _create_or_delete, "pull_request": _pull_request,
          "repository": _repository, "public": _public}


def _nothing(why: str) -> Decision:
    return Decision("nothing", why)


def _actor(payload: dict) -> str | None:
    """Who did it, as the forge says; for reading alone, no right is made of it."""
    login = _text(_part(payload, "sender"), "login")
    plain = login.removesuffix("[bot]").replace("-", "").replace("_", "")
    return login if 0 < len(login) <= 100 and plain.isascii() and plain.isalnum() else None


def _part(payload: dict, name: str) -> dict:
    value = payload.get(name)
    return value if isinstance(value, dict) else {}


def _text(payload: dict, name: str) -> str:
    value = payload.get(name)
    return value if isinstance(value, str) else ""


def _number(payload: dict, name: str) -> int:
    value = payload.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0
