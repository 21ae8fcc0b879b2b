"""From what an address names to the repo that it belongs to; what was fetched on the way stays in `g`."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

from flask import g

from common.wire.errors import NotFound

from ..clients import dbproxy


def find_repo(names: dict) -> dict:
    """The repo of `{repo}`, `{forge, owner, name}`, `{run}`, `{deployment}` or `{waiver}`; raises NotFound."""
    if "repo" in names:
        return repo(names["repo"])
    if "owner" in names:
        path = "/".join(quote(names[part], safe="") for part in ("forge", "owner", "name"))
        return dbproxy.get(f"/v1/repos/by-name/{path}")
    if "run" in names:
        g.run = dbproxy.get(f"/v1/runs/{names['run']}")
        return repo(repo_id(g.run))
    if "deployment" in names:
        g.deployment = dbproxy.get(f"/v1/deployments/{names['deployment']}")
        return repo(repo_id(g.deployment))
    if "waiver" in names:
        g.waiver = dbproxy.get(f"/v1/waivers/{names['waiver']}")
        return repo(repo_id(g.waiver))
    raise NotFound("the address names no repository")


def repos_of_image(digest: str) -> Iterator[dict]:
    """An image belongs to each repo that scanned it; rights choose among them."""
    for number in dbproxy.get(f"/v1/images/{digest}/repos")["repos"]:
        yield repo(number)


def repo(number: int) -> dict:
    return dbproxy.get(f"/v1/repos/{number}")


def repo_id(thing: dict) -> int:
    """dbproxy names the repo of a run or deployment by its id, or by an object that has it."""
    value = thing["repo"]
    return value["id"] if isinstance(value, dict) else value
