"""Who may do what in a repository of the local forge."""

from __future__ import annotations

from common.wire.errors import BadRequest

from ..auth.actor import current
from ..clients import db
from . import shapes
from .answers import Member, Page
from .audit import audit, repo_name
from .endpoint import endpoint
from .inputs import MemberRequest

TAG = "Members"


@endpoint("GET", "/repos/<id:repo>/members", right="admin", tag=TAG)
def list_members(repo: int) -> Page[Member]:
    """Accounts with a right of their own; owners of the installation have every right everywhere."""
    return shapes.whole([shapes.answer(Member, row) for row in db.members.of_repo(repo)], Member)


@endpoint("PUT", "/repos/<id:repo>/members/<id:account>", right="admin", status=204, tag=TAG)
def set_member(repo: int, account: int, body: MemberRequest) -> None:
    """Give an account a right: read (see), write (run, retry, cancel, roll back), admin (the rest)."""
    if account == current().id and not current().owner:
        raise BadRequest("another admin changes your own right")
    db.members.put(repo, account, body.right)
    audit("member.set", f"{repo_name()} account {account}", body.right)


@endpoint("DELETE", "/repos/<id:repo>/members/<id:account>", right="admin", status=204, tag=TAG)
def delete_member(repo: int, account: int) -> None:
    """Take the right away."""
    db.members.remove(repo, account)
    audit("member.delete", f"{repo_name()} account {account}")
