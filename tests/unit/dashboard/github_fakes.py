"""GitHub itself and what our services know of it, by hand: PKCE is verified, a code counts once, tokens can be revoked.

    github = world.github
    github.code_for("ann", challenge)        # what GitHub's page would have given the browser
    github.revoked.add("gho_ann")
    github.down = True                       # answers 502
"""

from __future__ import annotations

import base64
import hashlib
import itertools
from urllib.parse import parse_qs, urlsplit

import requests
from flask import Flask, jsonify, request
from requests.structures import CaseInsensitiveDict
from werkzeug.test import Client

from common.api.forges import Delivery, DeliveryWithPayload, ForgeApp, PullRequest, PullRun
from common.api.runs import Run
from forges.github.reply import Reply
from tests.unit.dashboard.fakes import rows
from tests.unit.dashboard.fakes.rows import row

NOW = "2026-11-22T21:00:00.000Z"
NUMBERS = {"ann": 101, "wes": 102, "sam": 103, "eve": 104}


class GitHub:
    """One GitHub, with the people of NUMBERS."""

    def __init__(self) -> None:
        self.codes: dict[str, dict] = {}             # code -> {login, challenge, redirect_uri}
        self.numbers = dict(NUMBERS)
        self.orgs: dict[str, set[str]] = {}          # org -> logins
        self.revoked: set[str] = set()
        self.granted: dict[str, str] = {}            # login -> scopes, comma-separated
        self.secret = "s" * 40
        self.down, self.html, self.refuses_tokens = False, False, False
        self.limited: dict[str, str] = {}            # headers of the 403 that the API answers while there are some
        self.moved: str | None = None                # where everything is redirected to
        self.expiring = False                        # its tokens end, and come with a refresh token
        self.asked: list[str] = []                   # paths
        self.seen: list[dict] = []                   # forms of the token endpoint
        self._ids = itertools.count(1)

    def authorize(self, location: str, login: str) -> dict[str, str]:
        """The person pressed Authorize on the page at `location`; what the browser brings back."""
        query = {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}
        code = f"code-{next(self._ids)}"
        self.codes[code] = {"login": login, "challenge": query["code_challenge"], "redirect_uri": query["redirect_uri"]}
        self.granted[login] = query.get("scope", "").replace(" ", ",")
        return {"code": code, "state": query["state"]}


def github_app(github: GitHub) -> Flask:
    app = Flask("github")

    @app.before_request
    def trouble():
        github.asked.append(request.path)
        if github.down:
            return "bad gateway", 502
        if github.limited and request.path.startswith("/api/"):
            return jsonify(message="API rate limit exceeded"), 403, github.limited
        if github.moved:
            return "", 307, {"Location": github.moved}
        return ("<html>proxy</html>", 200) if github.html else None

    @app.post("/login/oauth/access_token")
    def token():
        given = request.get_json()
        github.seen.append(given)
        kept = github.codes.pop(given["code"], None)
        verifier = base64.urlsafe_b64encode(hashlib.sha256(given.get("code_verifier", "").encode()).digest())
        if given.get("client_secret") != github.secret:
            return jsonify(error="incorrect_client_credentials")
        if kept is None or kept["challenge"] != verifier.decode().rstrip("="):
            return jsonify(error="bad_verification_code", error_description=f"secret {given['code']}")
        login = kept["login"]
        ends = {"expires_in": 28800, "refresh_token": f"ghr_{login}"} if github.expiring else {}
        return jsonify(access_token=f"gho_{login}", token_type="bearer", scope=github.granted[login], **ends)

    @app.get("/api/v3/user")
    def user():
        if github.refuses_tokens:
            return jsonify(message="Bad credentials"), 401
        login = request.headers["Authorization"].removeprefix("Bearer gho_")
        return jsonify(id=github.numbers[login], login=login, name=login.title(), avatar_url=None)

    @app.get("/api/v3/user/memberships/orgs/<org>")
    def membership(org):
        login = request.headers["Authorization"].removeprefix("Bearer gho_")
        return jsonify(state="active") if login in github.orgs.get(org, ()) else (jsonify(message="Not Found"), 404)

    return app


class Wire:
    """A transport of our GitHub, straight into the fake."""

    def __init__(self, github: GitHub):
        self._client = Client(github_app(github))

    def send(self, method, url, auth, headers, json=None) -> Reply:
        sent = requests.Request(method, url, headers=dict(headers), json=json, auth=auth).prepare()
        answer = self._client.open(sent.path_url, method=method, headers=dict(sent.headers), data=sent.body)
        return Reply(answer.status_code, CaseInsensitiveDict(answer.headers), answer.data, method)


def pull_of(repo: int, values: dict) -> dict:
    return row(PullRequest, {"repo": repo, **values, "run": values.get("run") and row(PullRun, values["run"])})


def add_to_dbproxy(app: Flask, world) -> None:
    world.forge_apps, world.forge_tokens, world.deliveries, world.pulls = {}, {}, {}, {}

    @app.route("/v1/forge-apps/<forge>", methods=["GET", "PUT", "DELETE"])
    def forge_app(forge):
        if request.method == "PUT":
            world.forge_apps[forge] = request.json
        if request.method == "DELETE":
            world.forge_apps.pop(forge, None)
            return "", 204
        kept = world.forge_apps[forge]
        return jsonify(row(ForgeApp, {"forge": forge, "app_id": None, "slug": None, "html_url": None, "changed": NOW, **kept,
                                      "sealed": {"dashboard": kept["sealed"]["dashboard"]}}))

    @app.route("/v1/accounts/<int:account>/forge-token", methods=["PUT", "DELETE"])
    def forge_token(account):
        if request.method == "PUT":
            world.forge_tokens[account] = request.json
            world.accounts[account]["forge_scopes"] = request.json["scopes"]
        else:
            world.forge_tokens.pop(account, None)
            world.accounts[account]["forge_scopes"] = None
        return "", 204

    @app.put("/v1/deliveries/<forge>/<guid>")
    def put_delivery(forge, guid):
        repo, generation = world.repos.get(request.json.get("repo")), request.json.get("generation")
        if request.json.get("repo") and repo is None:
            raise KeyError(request.json["repo"])
        if generation and (repo["settings"].get("webhook") or {}).get("generation") != generation:
            return jsonify(error="generation", detail="another webhook by now"), 409
        for known in world.deliveries.values():
            if (known["guid"], known["repo"]) == (guid, request.json.get("repo")):
                return jsonify(row(DeliveryWithPayload, known)), 200
        number = next(world.ids)
        world.deliveries[number] = {"id": number, "forge": forge, "guid": guid, "state": "queued", "outcome": "",
                                    "run": None, "attempts": 0, "repo": None, "received": NOW, "ended": None,
                                    **{name: value for name, value in request.json.items() if name != "generation"}}
        return jsonify(row(DeliveryWithPayload, world.deliveries[number])), 201

    @app.get("/v1/deliveries")
    def deliveries():
        repo, state = request.args.get("repo", type=int), request.args.get("state")
        found = [row(Delivery, item) for item in reversed(world.deliveries.values())
                 if item["repo"] == repo and state in (None, item["state"])]
        return jsonify(items=found, total=len(found), page=1, per_page=30)

    @app.get("/v1/deliveries/<int:delivery>")
    def delivery(delivery):
        return jsonify(row(DeliveryWithPayload, world.deliveries[delivery]))

    @app.get("/v1/repos/<int:repo>/pulls")
    def pulls(repo):
        found = [pull_of(number, item) for (number, _), item in world.pulls.items()
                 if number == repo and request.args.get("state") in (None, item["state"])]
        return jsonify(items=found, total=len(found), page=1, per_page=100)

    @app.get("/v1/repos/<int:repo>/pulls/<int:number>")
    def pull(repo, number):
        return jsonify(pull_of(repo, world.pulls[repo, number]))


def add_to_orchestrator(app: Flask, world) -> None:
    world.github_rights, world.theirs, world.hooks, world.again = {}, [], {}, []
    world.refuses_hooks, world.listed_rights = None, None      # a status
    world.grant = {"kind": "person", "who": "ann", "problem": None}

    @app.before_request
    def revoked():
        account = request.args.get("account", type=int) or (request.get_json(silent=True) or {}).get("account")
        if account in world.revoked:      # as orchestrator does: refused once, then there is none
            word = "forge_token_refused" if world.forge_tokens.pop(account, None) else "sign_in_again"
            return jsonify(error=word, detail="GitHub does not accept this token any more"), 401
        if account in world.stale:        # of somebody who signed in anew a moment ago
            world.stale.discard(account)
            return jsonify(error="forge_token_refused", detail="GitHub does not accept this token any more"), 401
        return None

    @app.get("/v1/forges/github/repos/<owner>/<name>/right")
    def right(owner, name):
        return jsonify(right=world.github_rights.get((request.args.get("account", type=int), f"{owner}/{name}")))

    @app.get("/v1/forges/github/rights")
    def rights():
        """GitHub's list of what is somebody's, as old as the test says."""
        mine, listed = request.args.get("account", type=int), world.listed_rights or world.github_rights
        known = {f"{repo['owner']}/{repo['name']}": repo.get("external_id") for repo in world.repos.values()}
        return jsonify(fresh=world.listed_rights is None, rights={
            known[path]: right for (account, path), right in listed.items() if account == mine and right and path in known})

    @app.get("/v1/forges/github/organisations/<org>/member")
    def member(org):
        if world.github.down:
            return jsonify(error="forge_broken", detail="GitHub answered 502"), 503
        return jsonify(member=world.accounts[request.args.get("account", type=int)]["login"] in world.github.orgs.get(org, ()))

    @app.get("/v1/forges/github/repos")
    def repos():
        found = [item for item in world.theirs if request.args.get("q", "") in f"{item['owner']}/{item['name']}"]
        return jsonify(items=found, total=len(found), page=1, per_page=30, refreshed=1.7e9, refreshing=False, rate=world.rate)

    @app.post("/v1/forges/github/repos/<owner>/<name>")
    def connect(owner, name):
        made = world.add_repo(owner, name)
        made.update(forge="github", settings={"forge_account": request.json["account"]})
        return jsonify(rows.repo(made)), 201

    @app.route("/v1/repos/<int:repo>/webhook", methods=["PUT", "DELETE"])
    def webhook(repo):
        if request.method == "DELETE":
            world.hooks.pop(repo, None)
            world.repos[repo]["settings"]["webhook"] = {"generation": request.json["generation"]}
            return jsonify(id=None, url=None, events=[])
        if world.refuses_hooks:
            return jsonify(error="refused", detail="GitHub does not make it"), world.refuses_hooks
        world.hooks[repo] = request.json
        world.repos[repo]["settings"]["webhook"] = {
            "id": 7, "generation": request.json["generation"], "url": request.json["url"], "by": request.json["actor"]}
        return jsonify(id=7, url=request.json["url"], events=["push"])

    @app.post("/v1/deliveries/<int:delivery>/again")
    def again(delivery):
        world.again.append((delivery, request.json["actor"]))
        return jsonify({}), 202

    @app.post("/v1/repos/<int:repo>/pulls/<int:number>/approve")
    def approve(repo, number):
        pull = world.pulls[repo, number]
        if pull["head_commit"] != request.json["commit"]:
            return jsonify(error="moved", detail="the pull request is at another commit by now"), 409
        pull["approvals"].append({"commit": request.json["commit"], "actor": request.json["actor"], "at": NOW})
        return jsonify(rows.run(world.add_run(repo, "pending", event="pull_request", ref=f"refs/pull/{number}/head"), Run)), 201

    @app.post("/v1/forges/github/app/check")
    def check():
        return jsonify(ok=request.json["client_secret"] == world.github.secret, problem=None
                       if request.json["client_secret"] == world.github.secret else "GitHub does not know this pair")

    @app.post("/v1/forges/github/app/manifest")
    def manifest():
        if request.json["code"] != "manifest-code":
            return jsonify(error="not_found", detail="GitHub does not know this code (any more)"), 404
        return jsonify(app_id=9, slug="continuum-ci", client_id="Iv23", html_url="https://github.com/apps/continuum-ci")

    @app.get("/v1/forges/github/grant")
    def grant():
        return jsonify(world.grant)
