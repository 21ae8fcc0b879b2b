"""How much of what is allowed is used."""

from __future__ import annotations

from flask import current_app

from common.wire.contracts import RepoConfig
from common.wire.errors import Problem

from ..auth.actor import Actor, current
from ..clients import db
from .answers import Quota, Quotas
from .endpoint import endpoint

SECRETS = 100      # of a repository


@endpoint("GET", "/repos/<id:repo>/quotas", right="admin", tag="Settings")
def list_quotas(repo: int) -> Quotas:
    """Used and allowed; `allowed` is null where nothing limits it."""
    used = db.repos.usage(repo, current().login)
    return Quotas(items=[
        Quota(name="your waiting runs", used=used.waiting, allowed=most_waiting(current())),
        Quota(name="secrets", used=used.secrets, allowed=SECRETS),
        Quota(name="versions kept for rollback", used=used.kept, allowed=_keep(used.deploy))])


def most_waiting(actor: Actor) -> int | None:
    """Runs that may wait at once; owners of the installation set the limit, and have none."""
    return None if actor.owner else current_app.config["SETTINGS"].queued_runs_per_member


def check_secrets(repo: int, name: str) -> None:
    """Raises a 429 Problem where one more is one too many; replacing one is not."""
    known = db.secrets.page(repo, per_page=100)
    if known.total >= SECRETS and name not in {row.name for row in known.items}:
        raise Problem(f"{SECRETS} secrets are set, and {SECRETS} may be: delete one first", error="quota", status=429,
                      field="name")


def _keep(deploy: dict | str | None) -> int | None:
    """As the newest run's .continuum.yml said."""
    deploy = RepoConfig.model_validate({"deploy": deploy or {}}).deploy
    return None if deploy == "none" else deploy.keep
