"""Rights on repositories of GitHub: GitHub's to say. orchestrator asks it, and keeps what it said for at most 60 s."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from urllib.parse import quote

from common.errors import Forbidden, NotFound, Unauthorized

from ..services import dbproxy, orchestrator
from ..web.together import together
from .actor import Actor

FORGE = "/v1/forges/github/repos"
AT_ONCE = 8      # questions
REFUSED_THEIRS, NONE_OF_THEIRS = "forge_token_refused", "sign_in_again"      # orchestrator's words
REFUSED = "GitHub does not accept your sign-in any more, since it was revoked there or has ended: sign in with GitHub again"


class Revoked(Unauthorized):
    """GitHub took back the person's token: their session here ends with it."""

    error = "revoked"


def check_token(actor: Actor) -> None:
    """Somebody of GitHub without a token is one whose token GitHub refused, whoever noticed it. Raises Revoked."""
    if actor.forge == "github" and actor.forge_scopes is None:
        raise Revoked(REFUSED)


def right(actor: Actor, repo: dict) -> str | None:
    """read, write, admin, or None, also where GitHub knows the repository no more. Raises Revoked."""
    try:
        return ask(actor, f"{FORGE}/{path(repo)}/right")["right"]
    except NotFound:
        return None


@dataclass(frozen=True)
class Seen:
    """Repo -> the person's right, of those connected repositories that they may see, by GitHub's list of all that is
    theirs. `fresh`: as GitHub said within the last minute; else what is shown of it is to be asked for once more."""

    rights: dict[int, str]
    fresh: bool


def seen(actor: Actor) -> Seen:
    """One question, however many repositories there are. Raises Revoked."""
    answer = ask(actor, "/v1/forges/github/rights")
    theirs, known = answer["rights"], connected()
    public = {repo["id"]: "read" for repo in known if not repo["private"]}
    named = {repo["id"]: theirs[repo["external_id"]] for repo in known if repo["external_id"] in theirs}
    return Seen(public | named, answer["fresh"])


def rights_now(actor: Actor, repos: list[dict]) -> dict[int, str]:
    """The same of a few repositories, asked for each; those that they may not see are left out. Raises Revoked."""
    found = []
    for first in range(0, len(repos), AT_ONCE):
        found += together(*(partial(right, actor, repo) for repo in repos[first:first + AT_ONCE]))
    return {repo["id"]: held for repo, held in zip(repos, found) if held is not None}


def connected() -> list[dict]:
    """Every repository of GitHub that was registered here: `{id, owner, name, private, external_id}`."""
    return dbproxy.get("/v1/repos/known", params={"forge": "github"})["items"]


def ask(actor: Actor, address: str, **query):
    """orchestrator's answer to what `actor` wants to know. Raises Revoked, and what orchestrator says."""
    return call(actor, "GET", address, params={"account": actor.id, **query})


def ask_as(account: int, address: str):
    """The same for somebody who is not in yet; raises Unauthorized where their token is worth nothing."""
    return orchestrator.get(address, params={"account": account})


def call(actor: Actor, method: str, address: str, **options):
    """Once more where GitHub refused a token: orchestrator forgot it, and whoever signed in anew has another by now."""
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
        if not actor.on_github:
            raise Forbidden("GitHub does not know you here: link it to your account first, on your account's page") from None
        raise Revoked(REFUSED) from None


def path(repo: dict) -> str:
    return f"{quote(repo['owner'], safe='')}/{quote(repo['name'], safe='')}"
