"""The account endpoints; no answer ever holds a password hash."""

from __future__ import annotations

from typing import Annotated, Literal, NoReturn

from flask import Blueprint, request
from pydantic import Field, SecretStr

from common.api.base import Page
from common.api.people import Account, DeletedLogins
from common.service.web import body_as
from common.wire import localforge
from common.wire.errors import Problem, Unauthorized

from ..access import callers
from ..answers import answers
from ..bodies import Body, Name, Sha256
from ..database import Transaction, database, transactional
from ..like import contains
from ..paging import Filters, paged, sorting
from . import attempts, deletion, passwords, refusals, store

bp = Blueprint("accounts", __name__)

Password = Annotated[SecretStr, Field(min_length=1, max_length=1024)]
Role = Literal["owner", "user"]
SORTS = {"login": "lower(login)", "created": "created", "seen": "seen", "id": "id"}


class NewAccount(Body):
    forge: Name = localforge.NAME
    login: Name
    name: str = ""
    role: Role = "user"
    password: Password | None = None
    external_id: str | None = None
    avatar_url: str | None = None


class AccountChange(Body):
    name: str | None = None
    role: Role | None = None
    disabled: bool | None = None
    password: Password | None = None
    avatar_url: str | None = None
    external_id: str | None = None      # links a local account with a person of another forge; "" unlinks it
    keep_session: Sha256 | None = None  # the one session that outlives a new password: of whoever sets it
    keep_tokens: bool = False           # whether the tokens outlive a new password, too


class SignIn(Body):
    forge: Name = localforge.NAME
    login: Name
    password: Password
    ip: Annotated[str, Field(max_length=100)] = ""


class Refusal(Body):
    login: Name
    why: Annotated[str, Field(min_length=1, max_length=500)]
    ip: Annotated[str, Field(max_length=100)] = ""


@bp.post("/v1/accounts")
@callers("dashboard")
@answers(Account)
@body_as(NewAccount)
def create(body: NewAccount):
    """201, or 200 for a person of another forge who is known. 409 `taken`, 400 `weak_password`, 403 `deleted`."""
    kept = body.password and passwords.chosen(body.password.get_secret_value(), body.login, body.name)
    account, new = database().run(store.create, body.model_dump(exclude={"password"}), kept)
    return account, 201 if new else 200


@bp.get("/v1/accounts")
@callers("dashboard")
@answers(Page[Account])
@transactional
def index(transaction: Transaction):
    """Filters: `q forge role login external_id`; sorted by `login created seen id`."""
    filters = Filters()
    filters.add("deleted IS NULL")
    for name in ("forge", "role", "login", "external_id"):
        filters.equal(name, name)
    if request.args.get("q"):
        pattern = contains(request.args["q"])
        filters.add("(login ILIKE %s OR name ILIKE %s)", pattern, pattern)
    return paged(transaction, store.ACCOUNT, "accounts", filters, sorting(SORTS, "login"))


@bp.get("/v1/accounts/deleted-logins")
@callers("dashboard")
@answers(DeletedLogins)
@transactional
def deleted_logins(transaction: Transaction):
    """In lower case; without those that a living account has, too, at another forge."""
    return {"logins": deletion.logins(transaction)}


@bp.get("/v1/accounts/<int:account>")
@callers("dashboard", "orchestrator")
@answers(Account)
@transactional
def show(transaction: Transaction, account: int):
    """404 also for a deleted account."""
    return store.get(transaction, account)


@bp.patch("/v1/accounts/<int:account>")
@callers("dashboard")
@answers(Account)
@body_as(AccountChange)
def change(account: int, body: AccountChange):
    """A new password ends sessions and tokens, unless they are named to stay; 409 `last_owner`."""
    values = body.model_dump(exclude={"password", "keep_session", "keep_tokens"}, exclude_none=True)
    if body.password is not None:
        known = database().run(store.get, account)
        values["password_hash"] = passwords.chosen(body.password.get_secret_value(), known["login"], known["name"])
    return database().run(store.change, account, values, body.keep_session, body.keep_tokens)


@bp.delete("/v1/accounts/<int:account>")
@callers("dashboard")
@transactional
def remove(transaction: Transaction, account: int):
    """204, again and again; 409 `last_owner`."""
    deletion.delete(transaction, account)
    return "", 204


@bp.post("/v1/accounts/verify")
@callers("dashboard")
@answers(Account)
@body_as(SignIn)
def verify(body: SignIn):
    """401 for a wrong login or password, 429 `too_many` after several.

    The failure is counted before the password is looked at, so that tries side by side count too.
    """
    who = (body.forge, body.login.lower(), body.ip)
    wait = database().run(attempts.count, who)
    if wait:
        refusal = Problem(f"too many wrong passwords; try again in {wait} s", error="too_many", status=429)
        refusal.retry_after = wait
        raise refusal
    account, kept = database().run(store.with_hash, body.forge, body.login)
    right = passwords.matches(kept, body.password.get_secret_value())
    if not right or account["disabled"]:
        _refuse(account, "the account is disabled" if right else "wrong password", body.ip)
    database().run(attempts.forget, who, account["id"])
    return account


@bp.post("/v1/accounts/refused")
@callers("dashboard")
@body_as(Refusal)
@transactional
def refused(transaction: Transaction, body: Refusal):
    """A sign-in that another forge vouched for failed; 204, also where the audit log has enough of them."""
    refusals.note(transaction, body.login, body.why, body.ip)
    return "", 204


def _refuse(account: dict | None, why: str, ip: str) -> NoReturn:
    login, why = (account["login"], why) if account else ("unknown", "no account of that name")
    database().run(refusals.note, login, why, ip)
    raise Unauthorized("login or password is wrong")
