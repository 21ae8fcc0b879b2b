"""From what an address names to the repo that it belongs to; what was fetched on the way stays in `g`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from flask import g

from common.api.repos import Repo
from common.wire.errors import NotFound

from ..clients import db


def find_repo(names: Mapping[str, Any]) -> Repo:
    """The repo of `{repo}`, `{forge, owner, name}`, `{run}`, `{deployment}` or `{waiver}`; raises NotFound."""
    if "repo" in names:
        return db.repos.get(names["repo"])
    if "owner" in names:
        return db.repos.by_name(names["forge"], names["owner"], names["name"])
    if "run" in names:
        g.run = db.runs.get(names["run"])
        return db.repos.get(g.run.repo)
    if "deployment" in names:
        g.deployment = db.deployments.get(names["deployment"])
        return db.repos.get(g.deployment.repo)
    if "waiver" in names:
        g.waiver = db.waivers.get(names["waiver"])
        return db.repos.get(g.waiver.repo)
    raise NotFound("the address names no repository")


def repos_of_image(digest: str) -> Iterator[Repo]:
    """An image belongs to each repo that scanned it; rights choose among them."""
    for number in db.documents.repos_with(digest):
        yield db.repos.get(number)
