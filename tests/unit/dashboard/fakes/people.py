"""dbproxy: accounts, sessions, tokens, members, invitations, audit."""

from __future__ import annotations

from datetime import datetime, timezone

from flask import Flask, jsonify, request

from common.api.people import (
    Account,
    AuditEntry,
    Invitation,
    MadeSession,
    SessionOfAccount,
    SessionWithAccount,
    Token,
    TokenWithAccount,
)
from common.api.repos import Member, Membership

from .known import NOW, World
from .rows import listed, row
from .wire import refuse

WEAK = "password1234"      # what this dbproxy refuses


def add_people(app: Flask, world: World) -> None:
    def with_account(found: dict) -> dict:
        return {**found, "account": row(Account, world.accounts[found["account"]])}

    def member_of(account: int, right: str) -> dict:
        return row(Member, {"account": account, "right": right, "at": NOW, **{
            name: world.accounts[account][name] for name in ("forge", "login", "name")}})

    @app.get("/v1/accounts")
    def accounts():
        wanted = {name: request.args[name] for name in ("forge", "external_id") if name in request.args}
        return listed([row(Account, account) for account in world.accounts.values()
                       if all(account.get(name) == value for name, value in wanted.items())])

    @app.post("/v1/accounts")
    def create():
        given = request.json
        if given["forge"] != "local":
            known = next((item for item in world.accounts.values() if item["forge"] == given["forge"]
                          and item["external_id"] == given["external_id"]), None)
            found = known or world.add_account(f"github:{given['login']}", role=given["role"])
            found.update({key: value for key, value in given.items() if key != "role"})
            return jsonify(row(Account, found)), 200 if known else 201
        if given["login"] in world.passwords:
            return refuse(409, "taken", f"the login {given['login']} is taken")
        return jsonify(row(Account, world.add_account(given["login"], given["password"], given["role"]))), 201

    @app.route("/v1/accounts/<int:account>", methods=["GET", "PATCH"])
    def account(account):
        found = world.accounts[account]
        if request.method == "PATCH":
            given = dict(request.json)
            if given.get("password") == WEAK:
                return refuse(400, "weak_password", "it is one of the first that a program would guess", "password")
            if "password" in given:
                world.passwords[found["login"]] = given.pop("password")
                end(account, keep_session=given.pop("keep_session", None), keep_tokens=given.pop("keep_tokens", False))
            found.update(given)
        return jsonify(row(Account, found))

    def end(account: int, *, keep_session: str | None = None, keep_tokens: bool = False) -> None:
        world.sessions = {key: item for key, item in world.sessions.items()
                          if item["account"] != account or key == keep_session}
        world.tokens = {key: item for key, item in world.tokens.items()
                        if keep_tokens or item["account"] != account}

    @app.delete("/v1/accounts/<int:account>")
    def delete(account):
        found = world.accounts[account]
        if [item["id"] for item in world.accounts.values() if item["role"] == "owner"] == [account]:
            return refuse(409, "last_owner", "this is the last owner: make another one first")
        world.passwords.pop(found["login"], None)
        world.gone.append(world.accounts.pop(account)["login"])
        end(account)
        return "", 204

    @app.post("/v1/accounts/refused")
    def refused():
        world.audit.insert(0, {"action": "sign.refused", **request.json})
        return "", 204

    @app.get("/v1/accounts/deleted-logins")
    def deleted_logins():
        return jsonify(logins=world.gone)

    @app.post("/v1/accounts/verify")
    def verify():
        given = request.json
        if world.passwords.get(given["login"]) != given["password"]:
            return refuse(401, "unauthorized", "name or password is wrong")
        return jsonify(row(Account, next(item for item in world.accounts.values() if item["login"] == given["login"])))

    @app.route("/v1/repos/<int:repo>/members/<int:account>", methods=["GET", "PUT", "DELETE"])
    def member(repo, account):
        if request.method == "PUT":
            world.members[repo, account] = request.json["right"]
            return "", 204
        if request.method == "DELETE":
            del world.members[repo, account]
            return "", 204
        return jsonify(member_of(account, world.members[repo, account]))

    @app.get("/v1/repos/<int:repo>/members")
    def members(repo):
        return listed([member_of(account, right) for (number, account), right in world.members.items() if number == repo])

    @app.post("/v1/sessions")
    def open_session():
        number = next(world.ids)
        given = dict(request.json)
        given["secret_hash"] = given.pop("hash")
        world.sessions[given["secret_hash"]] = {**given, "id": number, "created": NOW, "seen": NOW}
        return jsonify(row(MadeSession, world.sessions[given["secret_hash"]])), 201

    @app.route("/v1/sessions/<secret>", methods=["GET", "DELETE"])
    def session(secret):
        if request.method == "DELETE":
            world.sessions.pop(secret, None)
            return "", 204
        return jsonify(row(SessionWithAccount, with_account(world.sessions[secret])))

    @app.get("/v1/accounts/<int:account>/repos")
    def repos_of(account):
        return listed([row(Membership, {"repo": repo, "right": right}) for (repo, number), right in world.members.items()
                       if number == account])

    @app.get("/v1/accounts/<int:account>/sessions")
    def sessions(account):
        return listed([row(SessionOfAccount, item) for item in world.sessions.values() if item["account"] == account])

    @app.route("/v1/accounts/<int:account>/tokens", methods=["GET", "POST"])
    def tokens(account):
        if request.method == "POST":
            number = next(world.ids)
            world.tokens[request.json["hash"]] = {**request.json, "id": number, "account": account, "created": NOW}
            return jsonify(row(Token, world.tokens[request.json["hash"]])), 201
        return listed([row(Token, item) for item in world.tokens.values() if item["account"] == account])

    @app.delete("/v1/tokens/<int:token>")
    def delete_token(token):
        world.tokens = {key: item for key, item in world.tokens.items() if item["id"] != token}
        return "", 204

    @app.get("/v1/tokens/by-hash/<secret>")
    def by_hash(secret):
        return jsonify(row(TokenWithAccount, with_account(row(Token, world.tokens[secret]))))

    @app.route("/v1/audit", methods=["GET", "POST"])
    def audit():
        if request.method == "POST":
            world.audit.insert(0, {"id": len(world.audit) + 1, "at": datetime.now(timezone.utc).isoformat(),
                                   **request.json})
            return jsonify(row(AuditEntry, world.audit[0])), 201
        return listed([row(AuditEntry, entry) for entry in world.audit if "at" in entry])


def add_invitations(app: Flask, world: World) -> None:
    @app.route("/v1/invitations", methods=["GET", "POST"])
    def invitations():
        if request.method == "POST":
            number = next(world.ids)
            world.invitations[request.json["hash"]] = {**request.json, "id": number, "created": NOW}
            return jsonify(row(Invitation, world.invitations[request.json["hash"]])), 201
        return listed([row(Invitation, item) for item in world.invitations.values()])

    @app.get("/v1/invitations/by-hash/<secret>")
    def invitation(secret):
        return jsonify(row(Invitation, world.invitations[secret]))

    @app.delete("/v1/invitations/<int:number>")
    def delete_invitation(number):
        world.invitations = {key: item for key, item in world.invitations.items() if item["id"] != number}
        return "", 204

    @app.post("/v1/invitations/accept")
    def accept():
        given = request.json
        found = world.invitations[given["hash"]]
        if given["login"] in world.passwords:
            return refuse(409, "taken", "taken")
        del world.invitations[given["hash"]]
        return jsonify(row(Account, world.add_account(found.get("login") or given["login"], given["password"], found["role"]))), 201
