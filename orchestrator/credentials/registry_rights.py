"""Who may do what with which image, and the address where services get a token for it.

    builder     pushes and reads the images of a repository while it builds that one; looks for base images
    scanner     reads the images that we built
    deployer    the same, for the engine
    set-up      writes base images: `./continuum up`, by registry_setup.py
    removal     deletes one repository's images: `Images` hands builder a token for them, and one to measure them

Nobody else has any right, and nobody has one that lasts.
"""

from __future__ import annotations

from typing import Any

from flask import Flask, g, jsonify, request
from pydantic import BaseModel, ConfigDict, Field

from common.api.client import Dbproxy
from common.api.repos import PushedImage
from common.service.client import ServiceClient
from common.service.web import body_as
from common.wire.errors import Forbidden, NotFound
from common.wire.imagenames import NAMESPACE, repository
from common.wire.stages import TERMINAL

from .registry_tokens import Access, RegistryTokens

READERS = {"scanner", "deployer"}
CALLERS = {"builder", *READERS}


class TokenRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")

    access: list[Access] = Field(max_length=20)
    run: int | None = None                  # of the build that it is for; builder has no right without one


def add_registry_routes(app: Flask, db: Dbproxy, tokens: RegistryTokens) -> None:
    @app.post("/v1/registry/token")
    @body_as(TokenRequest)
    def registry_token(body: TokenRequest):
        """`{token, expires_in}` with those of the rights that the caller has: builder, scanner, deployer."""
        if g.caller not in CALLERS:
            raise Forbidden(f"{g.caller} has no business in the registry")
        own = building(db, body.run) if g.caller == "builder" else None
        granted = [Access(name=item.name, actions=[action for action in item.actions
                                                   if action in rights(g.caller, item.name, own)])
                   for item in body.access]
        return jsonify(tokens.sign(g.caller, granted))

    @app.before_request
    def nothing_else():
        """Workers are let in for tokens alone."""
        if g.get("caller") in CALLERS and request.endpoint != "registry_token":
            raise Forbidden(f"{g.caller} may not call this service")


def rights(caller: str, name: str, own: str | None = None) -> set[str]:
    """`own`: the name of the repository that is being built."""
    built = name.startswith(f"{NAMESPACE}/")
    if caller in READERS and built:
        return {"pull"}
    if caller == "builder" and own is not None:
        return {"pull", "push"} if name == own else set() if built else {"pull"}
    return set()


def building(db: Dbproxy, run: int | None) -> str:
    """The name of the image that `run` builds now. Raises Forbidden where it builds nothing."""
    try:
        row = db.runs.get(run) if run is not None else None
        jobs = [job for job in row.jobs if job.stage == "build"] if row else []
        if jobs and jobs[-1].state not in TERMINAL:
            repo = db.repos.get(row.repo)
            return repository(repo.owner, repo.name, repo.id)
    except NotFound as gone:
        raise Forbidden(str(gone)) from gone
    raise Forbidden(f"run {run} is not building, so it gets no token for the registry")


class Images:
    """What builder does with images for us, each time with a token for exactly their names."""

    def __init__(self, builder: ServiceClient, tokens: RegistryTokens):
        self._builder, self._tokens = builder, tokens

    def size(self, images: list[PushedImage], **options) -> int:
        """Return bytes in the registry. Raises ServiceDown, as `remove` does."""
        return self._ask("size", images, ["pull"], **options)["size"]

    def remove(self, images: list[PushedImage], **options) -> None:
        """A token that deletes also reads: builder looks up which images one is made of."""
        self._ask("remove", images, ["pull", "delete"], **options)

    def _ask(self, what: str, images: list[PushedImage], actions: list[str], **options: Any) -> Any:
        names = sorted({image.repository for image in images})
        token = self._tokens.sign(what, [Access(name=name, actions=actions) for name in names])["token"]
        asked = {"images": [image.model_dump() for image in images], "token": token}
        return self._builder.post(f"/v1/images/{what}", asked, **options)
