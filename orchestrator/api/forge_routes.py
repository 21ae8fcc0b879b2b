"""The part of the REST API that speaks of forges; docs/contracts.md lists it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict

from flask import Flask, jsonify, request
from pydantic import BaseModel, Field, SecretStr

from common.api.client import Dbproxy
from common.api.repos import Repo
from common.service.web import body_as
from common.wire.contracts import Commit
from common.wire.errors import BadRequest, NotFound, Problem, shortened
from forges import Account, Forge
from forges.registrations import Registrations

from ..scm.connect import Connect
from ..scm.pulls import Pulls

MOST = 100


class ByAccount(BaseModel):
    account: int = Field(ge=1)


class HookChange(ByAccount):
    generation: int = Field(ge=1, lt=2**63)
    actor: str = Field(min_length=1, max_length=200)


class Hook(HookChange):
    url: str = Field(pattern=r"^https?://", max_length=1000)
    secret: SecretStr = Field(min_length=20, max_length=200)


class Approval(ByAccount):
    commit: Commit
    actor: str = Field(min_length=1, max_length=200)


class Credentials(BaseModel):
    client_id: str = Field(min_length=1, max_length=200)
    client_secret: SecretStr = Field(min_length=1, max_length=500)


class Manifest(BaseModel):
    code: str = Field(min_length=1, max_length=200)


class Again(BaseModel):
    actor: str = Field(min_length=1, max_length=200)


def add_forge_routes(app: Flask, forges: dict[str, Forge], connect: Connect) -> None:
    """What a forge says. `?account=` asks as that person; without it Continuum asks for itself."""
    def named(name: str) -> Forge:
        if name not in forges:
            raise NotFound(f"there is no forge {shortened(name)!r} here; FORGES names those that are set up")
        return forges[name]
    _add_contents(app, named, connect)
    _add_people(app, named, connect)


def _add_contents(app: Flask, named: Callable[[str], Forge], connect: Connect) -> None:
    def who() -> Account | None:
        number = _number("account", 0, 2**62, least=0)
        return connect.account(number) if number else None

    @app.get("/v1/forges/<forge>/repos")
    def repos(forge: str):
        """What the `?account=` can push to, by `?q=&page=&per_page=`: `{items, total, page, per_page, refreshed, refreshing,
        rate}`; an item's `dockerfile` is true, false or null."""
        page, per_page = _number("page", 1, 1_000_000), _number("per_page", 30, MOST)
        found = named(forge).repos(request.args.get("q", ""), page, per_page, who())
        return jsonify({**asdict(found), "items": [{**asdict(repo), "path": repo.path} for repo in found.items]})

    @app.get("/v1/forges/<forge>/repos/<owner>/<name>/refs")
    def refs(forge: str, owner: str, name: str):
        """Branches and tags, as the forge says."""
        return jsonify(asdict(named(forge).refs(owner, name, who())))

    @app.get("/v1/forges/<forge>/repos/<owner>/<name>/commit")
    def commit(forge: str, owner: str, name: str):
        """The commit of `?ref=`."""
        return jsonify(asdict(named(forge).resolve(owner, name, request.args.get("ref", ""), who())))

    @app.get("/v1/forges/<forge>/repos/<owner>/<name>/file")
    def file(forge: str, owner: str, name: str):
        """Of `?ref=&path=`: `{path, ref, size, binary, text}`."""
        ref, path = request.args.get("ref", ""), request.args.get("path", "")
        content = named(forge).file(owner, name, ref, path, who())
        return jsonify(path=path, ref=ref, size=len(content), binary=b"\0" in content,
                       text=content.decode(errors="replace"))


def _add_people(app: Flask, named: Callable[[str], Forge], connect: Connect) -> None:
    @app.get("/v1/forges/<forge>/repos/<owner>/<name>/right")
    def right(forge: str, owner: str, name: str):
        """`{right: read|write|admin|null}` of the `?account=`, asked of the forge and kept at most 60 s."""
        named(forge)
        return jsonify(right=connect.right(forge, owner, name, _number("account", 0, 2**62)))

    @app.get("/v1/forges/<forge>/rights")
    def rights(forge: str):
        """`{rights: {external_id: right}, fresh}` on all repositories, of the person's list; `fresh`: not older than a minute."""
        return jsonify(asdict(named(forge).rights_of(connect.account(_number("account", 0, 2**62)))))

    @app.get("/v1/forges/<forge>/organisations/<organisation>/member")
    def member(forge: str, organisation: str):
        """`{member}`: is the `?account=` one of the organisation?"""
        named(forge)
        return jsonify(member=connect.member(forge, organisation, _number("account", 0, 2**62)))

    @app.post("/v1/forges/<forge>/repos/<owner>/<name>")
    @body_as(ByAccount)
    def connected(forge: str, owner: str, name: str, body: ByAccount):
        """201 the repo of dbproxy; its heads now start no run."""
        named(forge)
        return jsonify(connect.connect(forge, owner, name, body.account).model_dump(mode="json")), 201


def add_repo_routes(app: Flask, db: Dbproxy, forges: dict[str, Forge], connect: Connect, pulls: Pulls) -> None:
    @app.put("/v1/repos/<int:repo>/webhook")
    @body_as(Hook)
    def add_webhook(repo: int, body: Hook):
        """`{id, url, events}`; repeatable; 409 while it is being changed."""
        return jsonify(connect.add_webhook(repo, body.url, body.secret, body.generation, body.account, body.actor))

    @app.delete("/v1/repos/<int:repo>/webhook")
    @body_as(HookChange)
    def remove_webhook(repo: int, body: HookChange):
        """`generation` is a new one, so that the secret ends, too; repeatable."""
        return jsonify(connect.remove_webhook(repo, body.generation, body.account))

    @app.post("/v1/repos/<int:repo>/pulls/<int:number>/approve")
    @body_as(Approval)
    def approve(repo: int, number: int, body: Approval):
        """201 the run, 200 where that commit has one; 403 without the right to write; 409 `moved` for another head, `closed`."""
        row = db.repos.get(repo)
        connect.require_write(row.forge, row.owner, row.name, body.account)
        run, new = pulls.approve(row, number, body.commit, body.actor)
        return jsonify(run.model_dump(mode="json")), 201 if new else 200

    @app.post("/v1/deliveries/<int:delivery>/again")
    @body_as(Again)
    def again(delivery: int, body: Again):
        """202 the delivery, queued again."""
        return jsonify(db.deliveries.again(delivery, body.actor).model_dump(mode="json")), 202

    @app.get("/v1/forges/<forge>/grant")
    def grant(forge: str):
        """`{kind: installation|person|none, who, problem?}`: who acts for us in `?repo=`."""
        row = db.repos.get(_number("repo", 0, 2**62))
        return jsonify(_grant(forges, forge, row))


def add_registration_routes(app: Flask, forges: dict[str, Forge], registrations: dict[str, Registrations]) -> None:
    """What the setup page of a forge asks. `forges`: those at which this installation can be registered."""
    def registering(name: str) -> Forge:
        if name not in forges:
            raise NotFound(f"at the forge {shortened(name)!r} nothing is registered")
        return forges[name]

    @app.post("/v1/forges/<forge>/app/check")
    @body_as(Credentials)
    def check(forge: str, body: Credentials):
        """`{ok, problem?}`: does the forge know these?"""
        problem = registering(forge).check_credentials(body.client_id, body.client_secret)
        return jsonify(ok=problem is None, **({"problem": problem} if problem else {}))

    @app.post("/v1/forges/<forge>/app/manifest")
    @body_as(Manifest)
    def manifest(forge: str, body: Manifest):
        """Converts the manifest's code, seals and stores what it gave: `{app_id, slug, client_id, html_url}`."""
        made = registering(forge).registered(body.code)
        registrations[forge].store(made)
        return jsonify(app_id=made.app_id, slug=made.slug, client_id=made.client_id, html_url=made.html_url)


def _grant(forges: dict[str, Forge], forge: str, row: Repo) -> dict:
    """`{kind, who, problem?}`: what acts on the repository when nobody asks."""
    if forge not in forges or row.forge != forge:
        raise NotFound(f"repository {row.id} is not of the forge {forge!r}")
    try:
        found = forges[forge].grant(row.owner, row.name)
    except Problem as problem:
        return {"kind": "none", "who": None, "problem": problem.detail}
    return {"kind": found.kind, "who": found.who} if found else {"kind": "none", "who": None}


def _number(name: str, default: int, most: int, least: int = 1) -> int:
    text = request.args.get(name) or str(default)
    if not text.isdecimal() or not least <= int(text) <= most:
        raise BadRequest(f"{name} is a number from {least} to {most}")
    return int(text)
