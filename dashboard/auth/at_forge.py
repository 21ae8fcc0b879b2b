"""Rights on repositories of a forge that has rights of its own: the forge's to say. orchestrator asks it, and keeps what
it said for at most 60 s."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Protocol
from urllib.parse import quote

from common.api.repos import KnownRepo, Repo
from common.wire.errors import Forbidden, NotFound, Unauthorized
from forges import can, named

from ..clients import db, orchestrator
from ..forge import usual_hub
from ..web.together import together
from .actor import Actor

AT_ONCE = 8      # questions
REFUSED_THEIRS, NONE_OF_THEIRS = "forge_token_refused", "sign_in_again"      # orchestrator's words


class Revoked(Unauthorized):
    """The forge took back the person's token: their session here ends with it."""

    error = "revoked"


def check_token(actor: Actor) -> None:
    """Somebody of a forge without a token is one whose token the forge refused, whoever noticed it. Raises Revoked."""
    if can(actor.forge, "signin") and actor.forge_scopes is None:
        raise _revoked(actor)


def right(actor: Actor, repo: Named) -> str | None:
    """read, write, admin, or None, also where the forge knows the repository no more. Raises Revoked."""
    try:
        return ask(actor, f"{address(repo)}/right")["right"]
    except NotFound:
        return None


class Named(Protocol):
    """What names a repository at a forge."""

    forge: str
    owner: str
    name: str


@dataclass(frozen=True)
class Unconnected:
    """A repository that may not be connected here."""

    forge: str
    owner: str
    name: str


@dataclass(frozen=True)
class Seen:
    """Repo -> the person's right, of those connected repositories that they may see, by the forge's list of all that
    is theirs. `fresh`: as the forge said within the last minute; else what is shown of it is to be asked for once more."""

    rights: dict[int, str]
    fresh: bool


def seen(actor: Actor) -> Seen:
    """One question, however many repositories there are. Raises Revoked."""
    forge = hub_of(actor)
    answer = ask(actor, f"/v1/forges/{forge}/rights")
    theirs, known = answer["rights"], connected(forge)
    public = {repo.id: "read" for repo in known if not repo.private}
    named = {repo.id: theirs[repo.external_id] for repo in known if repo.external_id in theirs}
    return Seen(public | named, answer["fresh"])


def rights_now(actor: Actor, repos: list[Repo]) -> dict[int, str]:
    """The same of a few repositories, asked for each; those that they may not see are left out. Raises Revoked."""
    found = []
    for first in range(0, len(repos), AT_ONCE):
        found += together(*(partial(right, actor, repo) for repo in repos[first:first + AT_ONCE]))
    return {repo.id: held for repo, held in zip(repos, found) if held is not None}


def connected(forge: str) -> list[KnownRepo]:
    """Every repository of the forge that was registered here."""
    return db.repos.known(forge)


def asks(actor: Actor, repo: Repo) -> bool:
    """Is the forge asked what `actor` may do with the repository? Otherwise its members are Continuum's own."""
    return actor.known_at_forge and can(repo.forge, "rights")


def hub_of(actor: Actor) -> str:
    """The forge at which the person is known: their own, or the one that their account is linked with."""
    return actor.forge if can(actor.forge, "signin") else usual_hub().name


def ask(actor: Actor, address: str, **query):
    """orchestrator's answer to what `actor` wants to know. Raises Revoked, and what orchestrator says."""
    return call(actor, "GET", address, params={"account": actor.id, **query})


def ask_as(account: int, address: str):
    """The same for somebody who is not in yet; raises Unauthorized where their token is worth nothing."""
    return orchestrator.get(address, params={"account": account})


def call(actor: Actor, method: str, address: str, **options):
    """Once more where the forge refused a token: orchestrator forgot it, and whoever signed in anew has another by now."""
    try:
        try:
            return orchestrator.call(method, address, **options)
        except Unauthorized as problem:
            if problem.error != REFUSED_THEIRS:
                raise
            return orchestrator.call(method, address, **options)
    except Unauthorized as problem:
        if problem.error not in (REFUSED_THEIRS, NONE_OF_THEIRS):      # ours, not the person's: for the log, not for them
            raise
        if not actor.known_at_forge:
            raise Forbidden(f"{named(hub_of(actor)).title} does not know you here: link it to your account first, on your "
                            "account's page") from None
        raise _revoked(actor) from None


def address(repo: Named) -> str:
    """Return the repository's address in orchestrator's API."""
    return f"/v1/forges/{repo.forge}/repos/{quote(repo.owner, safe='')}/{quote(repo.name, safe='')}"


def _revoked(actor: Actor) -> Revoked:
    title = named(hub_of(actor)).title
    return Revoked(f"{title} does not accept your sign-in any more, since it was revoked there or has ended: sign in with "
                   f"{title} again")
