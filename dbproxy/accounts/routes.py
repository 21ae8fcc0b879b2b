"""The account endpoints; no answer ever holds a password hash."""

from __future__ import annotations

from typing import Annotated, Literal

from flask import Blueprint, jsonify, request
from pydantic import Field, SecretStr

from common.errors import Unauthorized
from common.web import body_as

from ..access import callers
from ..bodies import Body, Name
from ..database import Transaction, database, transactional
from ..like import contains
from ..paging import Filters, paged, sorting
from . import attempts, passwords, store

bp = Blueprint("accounts", __name__)

Password = Annotated[SecretStr, Field(min_length=1, max_length=1024)]
Role = Literal["owner", "user"]
SORTS = {"login": "lower(login)", "created": "created", "seen": "seen", "id": "id"}


class NewAccount(Body):
    forge: Name = "local"
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


class SignIn(Body):
    forge: Name = "local"
    login: Name
    password: Password
    ip: Annotated[str, Field(max_length=100)] = ""


@bp.post("/v1/accounts")
@callers("dashboard")
@body_as(NewAccount)
def create(body: NewAccount):
    account, new = database().run(store.create, body.model_dump(exclude={"password"}), _hash(body.password))
    return jsonify(account), 201 if new else 200


@bp.get("/v1/accounts")
@callers("dashboard")
@transactional
def index(transaction: Transaction):
    filters = Filters()
    for name in ("forge", "role", "login", "external_id"):
        filters.equal(name, name)
    if request.args.get("q"):
        pattern = contains(request.args["q"])
        filters.add("(login ILIKE %s OR name ILIKE %s)", pattern, pattern)
    return jsonify(paged(transaction, store.ACCOUNT, "accounts", filters, sorting(SORTS, "login")))


@bp.get("/v1/accounts/<int:account>")
@callers("dashboard", "orchestrator")
@transactional
def show(transaction: Transaction, account: int):
    return jsonify(store.get(transaction, account))


@bp.patch("/v1/accounts/<int:account>")
@callers("dashboard")
@body_as(AccountChange)
def change(account: int, body: AccountChange):
    values = body.model_dump(exclude={"password"}, exclude_none=True)
    if body.password is not None:
        values["password_hash"] = _hash(body.password)
    return jsonify(database().run(store.change, account, values))


@bp.post("/v1/accounts/verify")
@callers("dashboard")
@body_as(SignIn)
def verify(body: SignIn):
    """The failure is counted before the password is looked at, so that tries side by side count too."""
    who = (body.forge, body.login.lower(), body.ip)
    wait = database().run(attempts.count, who)
    if wait:
        detail = f"too many wrong passwords; try again in {wait} s"
        return jsonify(error="too_many", detail=detail, retry_after=wait), 429, {"Retry-After": str(wait)}
    account, kept = database().run(store.with_hash, body.forge, body.login)
    if not passwords.matches(kept, body.password.get_secret_value()) or account["disabled"]:
        raise Unauthorized("login or password is wrong")
    database().run(attempts.forget, who, account["id"])
    return jsonify(account)


def _hash(password: SecretStr | None) -> str | None:
    return None if password is None else passwords.hash_password(password.get_secret_value())
