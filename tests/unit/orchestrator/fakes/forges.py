"""What a forge brings: pull requests, deliveries, accounts and their tokens; and who holds a lease."""

from common.wire.errors import NotFound
from tests.harness.rows import ACCOUNT, AT, DELIVERY, PULL

from .client import route
from .lists import listed


class Forges:
    @route("GET", r"/v1/repos/(\d+)/pulls")
    def list_pulls(self, repo, params):
        rows = [self._pull(key) for key in self.pulls if key[0] == repo]
        return listed(rows, params, ("state", "head_commit", "fork"), sort="-number", sorts=("number",))

    @route("GET", r"/v1/repos/(\d+)/pulls/(\d+)")
    def show_pull(self, repo, number, _):
        if (repo, number) not in self.pulls:
            raise NotFound(f"pull request {number}")
        return self._pull((repo, number))

    @route("PUT", r"/v1/repos/(\d+)/pulls/(\d+)")
    @route("PATCH", r"/v1/repos/(\d+)/pulls/(\d+)")
    def put_pull(self, repo, number, body):
        row = self.pulls.setdefault((repo, number), {"comment": None, "approvals": []})
        row.update(body)
        return self._pull((repo, number))

    @route("POST", r"/v1/repos/(\d+)/pulls/(\d+)/approvals")
    def approve_pull(self, repo, number, body):
        self.pulls[repo, number]["approvals"].append({**body, "at": AT})
        return self._pull((repo, number))

    def _pull(self, key):
        runs = [run for run in self.runs.values() if run["event"] == "pull_request" and run["repo"] == key[0]
                and run["ref"] == f"refs/pull/{key[1]}/head"]
        return {**PULL, "repo": key[0], "number": key[1], **self.pulls[key], "run": {**runs[-1]} if runs else None}

    @route("POST", r"/v1/deliveries/claim")
    def claim_deliveries(self, body):
        found = [row for row in self.deliveries.values() if row["state"] == "queued"][:body["limit"]]
        for row in found:
            row.update(state="working", owner=body["owner"], attempts=row["attempts"] + 1)
        return {"items": [{**DELIVERY, **row} for row in found]}

    @route("PATCH", r"/v1/deliveries/(\d+)")
    def change_delivery(self, number, body):
        self.deliveries[number].update(body)
        return {**DELIVERY, **self.deliveries[number]}

    @route("GET", r"/v1/accounts/(\d+)")
    def account(self, number, _):
        if number not in self.accounts:
            raise NotFound(f"account {number}")
        return {**ACCOUNT, **self.accounts[number]}

    @route("GET", r"/v1/accounts/(\d+)/forge-token")
    def forge_token(self, number, _):
        if number not in self.tokens:
            raise NotFound("no token")
        return {"account": number, "sealed": self.tokens[number], "scopes": self.scopes.get(number, []), "changed": AT}

    @route("PUT", r"/v1/accounts/(\d+)/forge-token")
    def keep_token(self, number, body):
        self.tokens[number], self.scopes[number] = body["sealed"], body["scopes"]

    @route("DELETE", r"/v1/accounts/(\d+)/forge-token")
    def drop_token(self, number, _):
        self.tokens.pop(number, None)

    @route("PUT", r"/v1/leases/(.+)")
    def claim_lease(self, name, body):
        now, (owner, until) = self.lease_clock(), self.leases.get(name, (None, 0))
        if owner not in (None, body["owner"]) and now < until:
            return {"held": False}
        self.leases[name] = body["owner"], now + body["seconds"]
        return {"held": True}

    @route("DELETE", r"/v1/leases/(.+)")
    def release_lease(self, name, body):
        if self.leases.get(name, (None,))[0] == body["owner"]:
            del self.leases[name]
