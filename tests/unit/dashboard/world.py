"""An app over the fakes, with people in it: an owner, and others with each right on one repository."""

from __future__ import annotations

import re

from flask import Flask

from dashboard.auth.identity import hashed
from dashboard.live import add_live
from tests.unit.dashboard.fakes import Fakes, World


class People:
    """`ann` owns the installation; `ros`, `wes`, `ada` may read, write, admin acme/shop; `sam` may nothing there."""

    def __init__(self, app: Flask):
        """`app`: one for all tests, since making one compiles its templates; what it keeps is new each time."""
        self.world, self.app = World(), app
        app.extensions["services"] = Fakes(self.world)
        app.background, app.closing = [], []
        app.extensions.pop("webhook_generations", None)
        app.extensions.pop("gone", None)
        add_live(app, app.config["SETTINGS"])
        self.repo = self.world.add_repo("acme", "shop")
        self.owner = self.world.add_account("ann", role="owner")
        self.accounts = {"ann": self.owner}
        for login, right in (("ros", "read"), ("wes", "write"), ("ada", "admin"), ("sam", None)):
            self.accounts[login] = self.world.add_account(login)
            if right:
                self.world.members[self.repo["id"], self.accounts[login]["id"]] = right

    def browser(self, login: str | None = None):
        """A client with a cookie, signed in through the form."""
        client = self.app.test_client()
        if login:
            answer = client.post("/signin", data={"login": login, "password": "correct horse"})
            assert answer.status_code == 303, answer.text
        return client

    def token(self, login: str, scope: str = "admin") -> dict:
        """Headers of a program."""
        secret = f"ct_{login}_{scope}"
        self.world.tokens[hashed(secret)] = {"id": next(self.world.ids), "account": self.accounts[login]["id"],
                                             "name": "t", "scope": scope, "hash": hashed(secret), "ends": None}
        return {"Authorization": f"Bearer {secret}"}


def csrf_of(client, path: str = "/account") -> str:
    """The token that our own pages put into their forms."""
    return re.search(r'name="csrf" (?:content|value)="([0-9a-f]+)"', client.get(path).text)[1]
