"""Secrets of a repository: sealed in this process to the services that use them, and never read again by us."""

from __future__ import annotations

from flask import current_app

from common.secrets.sealing import seal
from common.wire.errors import NotFound, Unavailable
from common.wire.stages import WITH_SECRETS

from ..auth.actor import current
from ..clients import db
from . import shapes
from .answers import Page, Secret
from .audit import audit, repo_name
from .endpoint import endpoint, parse
from .inputs import Paging, SecretPath, SecretRequest
from .quotas import check_secrets

TAG = "Secrets"


@endpoint("GET", "/repos/<id:repo>/secrets", right="admin", tag=TAG)
def list_secrets(repo: int, query: Paging) -> Page[Secret]:
    """Names, uses, and who set them; no answer of ours holds a value."""
    return shapes.page(db.secrets.page(repo, **query.filters()), Secret)


@endpoint("PUT", "/repos/<id:repo>/secrets/<string:name>", right="admin", status=204, tag=TAG)
def set_secret(repo: int, name: str, body: SecretRequest) -> None:
    """Set or replace: for builds (a BuildKit secret mount), for the app (its environment), or both."""
    parse(SecretPath, {"name": name})
    check_secrets(repo, name)
    db.secrets.put(repo, name, sorted(set(body.use)), sealed(body.value, body.use), current().login)
    audit("secret.set", f"{repo_name()} {name}", "for " + " and ".join(sorted(set(body.use))))


@endpoint("DELETE", "/repos/<id:repo>/secrets/<string:name>", right="admin", status=204, tag=TAG)
def delete_secret(repo: int, name: str) -> None:
    """Forget a secret; what runs keeps the value that it was started with."""
    parse(SecretPath, {"name": name})
    if name not in {row.name for row in db.secrets.page(repo).items}:
        raise NotFound(f"{repo_name()} has no secret {name}")
    db.secrets.remove(repo, name, current().login)
    audit("secret.delete", f"{repo_name()} {name}")


def sealed(value: str, uses: list[str]) -> dict[str, str]:
    """Service -> the value, readable by it alone."""
    keys = current_app.config["SETTINGS"].seal_keys
    services = [WITH_SECRETS[use] for use in uses]
    missing = [service for service in services if service not in keys]
    if missing:
        raise Unavailable(f"SEAL_PUBLIC_KEYS has no key of {', '.join(missing)}: run ./continuum up")
    return {service: seal(value, keys[service]) for service in services}
