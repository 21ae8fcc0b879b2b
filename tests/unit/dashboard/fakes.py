"""The services behind the dashboard, by hand: they keep what they are told, and fail on request.

    world = World()
    world.down.add("dbproxy")        # answers 503
    world.slow["deployer"] = 0.2     # seconds before each answer
"""

from __future__ import annotations

import io
import itertools
import threading
import time
from datetime import datetime, timezone

import requests
from flask import Flask, Response, jsonify, request
from requests.adapters import BaseAdapter
from werkzeug.test import Client

from common.tokens import Signer, new_key
from dashboard.services import PooledClient, Services

from tests.unit.dashboard import github_fakes

NOW = "2026-11-22T21:00:00.000Z"


class World:
    """Everything that the fakes know."""

    def __init__(self) -> None:
        self.down: set[str] = set()
        self.slow: dict[str, float] = {}
        self.calls: list[tuple[str, str, str]] = []          # service, method, path
        self.bodies: list = []
        self.repos: dict[int, dict] = {}
        self.runs: dict[int, dict] = {}
        self.deployments: dict[int, dict] = {}
        self.lines: dict[tuple[int, str], list[list]] = {}   # (run, "build.1") -> rows
        self.complete: set[tuple[int, str]] = set()
        self.findings: dict[int, dict] = {}
        self.tests: dict[int, dict] = {}
        self.accounts: dict[int, dict] = {}
        self.passwords: dict[str, str] = {}
        self.members: dict[tuple[int, int], str] = {}
        self.sessions: dict[str, dict] = {}
        self.tokens: dict[str, dict] = {}
        self.secrets: dict[int, dict[str, dict]] = {}
        self.waivers: dict[int, dict] = {}
        self.invitations: dict[str, dict] = {}             # by the hash of their secret
        self.audit: list[dict] = []
        self.events: list[dict] = []
        self.files: dict[str, str] = {}
        self.kinds: dict[str, str | None] = dict.fromkeys(("full", "build", "scan", "deploy", "test"))
        self.ids = itertools.count(1)
        self.github = github_fakes.GitHub()
        self.revoked: set[int] = set()                       # accounts whose token GitHub took back
        self.stale: set[int] = set()                         # accounts whose former token orchestrator still holds
        self.rate: dict | None = None
        self.changed = threading.Condition()

    def add_account(self, login: str, password: str = "correct horse", role: str = "user") -> dict:
        number = next(self.ids)
        self.accounts[number] = {"id": number, "forge": "local", "login": login, "name": "", "role": role,
                                 "disabled": False, "created": NOW, "seen": NOW}
        self.passwords[login] = password
        return self.accounts[number]

    def add_repo(self, owner: str, name: str, private: bool = True) -> dict:
        number = next(self.ids)
        self.repos[number] = {"id": number, "forge": "local", "owner": owner, "name": name, "app": name, "url": "",
                              "default_branch": "main", "private": private, "description": "", "settings": {},
                              "created": NOW, "last_run": None, "live": None}
        return self.repos[number]

    def add_run(self, repo: int, state: str = "success", **values) -> dict:
        number = next(self.ids)
        self.runs[number] = {"id": number, "repo": repo, "kind": "full", "ref": "main", "commit": "3f2a1c" + "0" * 34,
                             "event": "manual", "actor": "ann", "message": "Sum the cart", "author": "Ann",
                             "state": state, "reason": "", "inputs": {}, "outputs": {}, "cancel_requested": False,
                             "created": NOW, "started": NOW, "ended": None, "jobs": [], **values}
        self.repos[repo]["last_run"] = {key: value for key, value in self.runs[number].items() if key != "repo"}
        return self.runs[number]

    def add_job(self, run: int, stage: str, state: str = "success", lines: list[str] = (), **values) -> dict:
        job = {"run": run, "stage": stage, "attempt": 1, "state": state, "reason": "done" if state == "success" else "",
               "worker": None, "outputs": {}, "steps": [], "progress": None, "lines": len(lines), "started": 1000,
               "ended": 2000 if state not in ("pending", "running") else None, "id": f"{run}.{stage}.1", **values}
        self.runs[run]["jobs"].append(job)
        key = (run, f"{stage}.{job['attempt']}")
        self.lines[key] = [[number, 1000 + number, 0, text, False] for number, text in enumerate(lines, 1)]
        if job["state"] not in ("pending", "running"):
            self.complete.add(key)
        return job

    def emit(self, kind: str, **about) -> None:
        with self.changed:
            self.events.append({"id": len(self.events) + 1, "kind": kind, "at": NOW, **about})
            self.changed.notify_all()


class Fakes(Services):
    """All of the services, over one World."""

    def __init__(self, world: World):
        signer = Signer("dashboard", new_key()[0])
        apps = {"dbproxy": dbproxy(world), "orchestrator": orchestrator(world), "deployer": deployer(world),
                "scanner": scanner(world)}
        self._clients = {}
        for name, app in apps.items():
            client = PooledClient(signer, name, patience=0)
            client._session().mount("http://", InProcess(name, app, world))
            self._clients[name] = client


class InProcess(BaseAdapter):
    """requests, straight into a WSGI app."""

    def __init__(self, name: str, app: Flask, world: World):
        super().__init__()
        self._name, self._client, self._world = name, Client(app), world

    def send(self, sent, **_):
        self._world.calls.append((self._name, sent.method, sent.path_url))
        time.sleep(self._world.slow.get(self._name, 0))
        if self._name in self._world.down:
            raise requests.ConnectionError("nobody there")
        body = sent.body.read() if hasattr(sent.body, "read") else sent.body
        answer = self._client.open(sent.path_url, method=sent.method, data=body, headers=dict(sent.headers))
        response = requests.Response()
        response.status_code, response.request, response.url = answer.status_code, sent, sent.url
        response.headers.update(answer.headers)
        response.raw = io.BytesIO(answer.data)
        return response

    def close(self) -> None:
        """Nothing is held open."""


def refuse(status: int, error: str, detail: str):
    return jsonify(error=error, detail=detail), status


def unknown(*_):
    return refuse(404, "not_found", "unknown")


def listed(items: list):
    page, per_page = int(request.args.get("page", 1)), int(request.args.get("per_page", 30))
    return jsonify(items=items[(page - 1) * per_page:page * per_page], total=len(items), page=page, per_page=per_page)


def service(name: str, world: World) -> Flask:
    app = Flask(name)
    app.register_error_handler(KeyError, unknown)
    app.register_error_handler(404, unknown)
    app.get("/healthz", endpoint="healthz")(lambda: jsonify(status="ok"))
    return app


def dbproxy(world: World) -> Flask:
    app = service("dbproxy", world)
    _repos(app, world)
    _runs(app, world)
    _logs(app, world)
    _results(app, world)
    _people(app, world)
    _invitations(app, world)
    github_fakes.add_to_dbproxy(app, world)
    app.get("/v1/status", endpoint="status")(lambda: jsonify(
        log={"state": "connected", "store_problem": None, "queued": 0, "waiting": 2, "lag_seconds": 0.2,
             "dead_letters": 0}, database={"state": "ok", "size": 5e7, "log_size": 3e7, "connections": 9}))
    return app


def _repos(app: Flask, world: World) -> None:
    @app.get("/v1/repos")
    def repos():
        account, text = request.args.get("visible_to", type=int), request.args.get("q", "").lower()
        return listed([repo for repo in world.repos.values()
                       if text in f"{repo['owner']}/{repo['name']}" and request.args.get("forge") in (None, repo["forge"])
                       and (account is None or not repo["private"] or (repo["id"], account) in world.members)])

    @app.post("/v1/repos/visible")
    def visible_repos():
        account, seen, text = request.json["account"], request.json["on_github"], request.args.get("q", "").lower()
        return listed([repo for repo in world.repos.values() if text in f"{repo['owner']}/{repo['name']}" and (
            repo["id"] in seen if repo["forge"] == "github"
            else not repo["private"] or (repo["id"], account) in world.members)])

    @app.get("/v1/repos/known")
    def known_repos():
        return jsonify(items=[repo for repo in world.repos.values() if repo["forge"] == request.args["forge"]])

    @app.get("/v1/repos/<int:repo>")
    def repo(repo):
        return jsonify(world.repos[repo])

    @app.patch("/v1/repos/<int:repo>")
    def patch_repo(repo):
        given = request.json
        world.repos[repo].update({**given, "settings": {**world.repos[repo]["settings"], **given.get("settings", {})}})
        return jsonify(world.repos[repo])

    @app.put("/v1/repos/<forge>/<owner>/<name>")
    def put_repo(forge, owner, name):
        return jsonify(world.add_repo(owner, name, request.json["private"]))

    @app.get("/v1/repos/by-name/<forge>/<owner>/<name>")
    def by_name(forge, owner, name):
        for repo in world.repos.values():
            if (repo["forge"], repo["owner"], repo["name"]) == (forge, owner, name):
                return jsonify(repo)
        raise KeyError(name)

    @app.get("/v1/repos/<int:repo>/stats")
    def stats(repo):
        states = [run["state"] for run in world.runs.values() if run["repo"] == repo]
        counts = {state: states.count(state) for state in ("success", "failure", "error", "canceled")}
        return jsonify({**counts, "waiting": states.count("pending"), "days": []})

    @app.get("/v1/repos/<int:repo>/deployments")
    def deployments(repo):
        return listed([item for item in world.deployments.values() if item["repo"] == repo])

    @app.get("/v1/deployments/<int:deployment>")
    def deployment(deployment):
        return jsonify(world.deployments[deployment])

    @app.get("/v1/repos/<int:repo>/secrets")
    def secrets(repo):
        return listed([{key: value for key, value in item.items() if key != "sealed"}
                       for item in world.secrets.get(repo, {}).values()])

    @app.put("/v1/repos/<int:repo>/secrets/<name>")
    def put_secret(repo, name):
        world.secrets.setdefault(repo, {})[name] = {"name": name, "set_at": NOW, "set_by": request.json["actor"],
                                                    "use": request.json["use"], "sealed": request.json["sealed"]}
        return "", 204

    @app.delete("/v1/repos/<int:repo>/secrets/<name>")
    def delete_secret(repo, name):
        del world.secrets[repo][name]
        return "", 204

    @app.route("/v1/repos/<int:repo>/waivers", methods=["GET", "POST"])
    def waivers(repo):
        if request.method == "POST":
            number = next(world.ids)
            world.waivers[number] = {"id": number, "repo": repo, "created": NOW, **request.json}
            return jsonify(world.waivers[number]), 201
        return listed([item for item in world.waivers.values() if item["repo"] == repo])

    @app.route("/v1/waivers/<int:waiver>", methods=["GET", "DELETE"])
    def waiver(waiver):
        if request.method == "DELETE":
            del world.waivers[waiver]
            return "", 204
        return jsonify(world.waivers[waiver])


def _runs(app: Flask, world: World) -> None:
    @app.get("/v1/runs")
    def runs():
        repo, state, actor = (request.args.get(name) for name in ("repo", "state", "actor"))
        found = [run for run in world.runs.values() if repo in (None, str(run["repo"]))
                 and (state is None or run["state"] in state.split(",")) and actor in (None, run["actor"])]
        return listed([{key: value for key, value in run.items() if key != "jobs"} for run in reversed(found)])

    @app.get("/v1/stages")
    def stages():
        wanted = [int(text) for text in request.args["runs"].split(",")]
        return listed([job for number in wanted for job in world.runs[number]["jobs"]])

    @app.get("/v1/runs/<int:run>")
    def run(run):
        return jsonify(world.runs[run])

    @app.get("/v1/runs/<int:run>/jobs/<stage>.<int:attempt>")
    def job(run, stage, attempt):
        for job in world.runs[run]["jobs"]:
            if (job["stage"], job["attempt"]) == (stage, attempt):
                return jsonify(job)
        raise KeyError(stage)

    @app.get("/v1/events")
    def events():
        after = request.args.get("after", type=int)
        if after is None:
            return jsonify(events=[], last=len(world.events), missed=False)
        with world.changed:
            world.changed.wait_for(lambda: len(world.events) > after, float(request.args.get("wait", 0)))
            return jsonify(events=world.events[after:], last=len(world.events), missed=False)


def _logs(app: Flask, world: World) -> None:
    @app.get("/v1/log/<int:run>/<job>")
    def lines(run, job):
        rows = world.lines.get((run, job), [])
        first, count = int(request.args.get("from", 1)), int(request.args.get("count", 1000))
        return jsonify(lines=rows[first - 1:first - 1 + count], last=len(rows), complete=(run, job) in world.complete)

    @app.get("/v1/log/<int:run>/<job>/find")
    def find(run, job):
        step = int(request.args.get("step", 0))
        numbers = [row[0] for row in world.lines[run, job] if request.args["q"] in row[3] and step in (0, row[2])]
        return jsonify(numbers=numbers, truncated=False)

    @app.get("/v1/log/<int:run>/<job>/ranges")
    def ranges(run, job):
        lines = [row[0] for row in world.lines[run, job] if row[2] == int(request.args["step"])]
        return jsonify(ranges=[[line, line] for line in lines], truncated=False)

    @app.get("/v1/log/<int:run>/<job>/text")
    def text(run, job):
        return Response("".join(row[3] + "\n" for row in world.lines[run, job]), content_type="text/plain")


def _results(app: Flask, world: World) -> None:
    @app.get("/v1/runs/<int:run>/findings")
    def findings(run):
        kept = world.findings[run]
        return jsonify(items=kept["findings"], total=len(kept["findings"]), page=1, per_page=100,
                       gone=kept.get("gone", []), summary={})

    @app.get("/v1/runs/<int:run>/tests")
    def tests(run):
        return jsonify(world.tests[run])

    @app.get("/v1/images/<digest>/repos")
    def repos_of_image(digest):
        return jsonify(repos=sorted({run["repo"] for run in world.runs.values() for job in run["jobs"]
                                     if job["outputs"].get("image", {}).get("digest") == digest}))

    @app.get("/v1/images/<digest>/documents/<kind>")
    def document(digest, kind):
        return Response(b"{}", content_type="application/json")


def _invitations(app: Flask, world: World) -> None:
    @app.route("/v1/invitations", methods=["GET", "POST"])
    def invitations():
        if request.method == "POST":
            number = next(world.ids)
            world.invitations[request.json["hash"]] = {**request.json, "id": number, "created": NOW}
            return jsonify(world.invitations[request.json["hash"]]), 201
        return listed(list(world.invitations.values()))

    @app.get("/v1/invitations/by-hash/<secret>")
    def invitation(secret):
        return jsonify(world.invitations[secret])

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
        return jsonify(world.add_account(found["login"] or given["login"], given["password"], found["role"])), 201


def _people(app: Flask, world: World) -> None:
    @app.get("/v1/accounts")
    def accounts():
        wanted = {name: request.args[name] for name in ("forge", "external_id") if name in request.args}
        return listed([account for account in world.accounts.values()
                       if all(account.get(name) == value for name, value in wanted.items())])

    @app.post("/v1/accounts")
    def create():
        given = request.json
        if given["forge"] == "github":
            known = next((item for item in world.accounts.values() if item["forge"] == "github"
                          and item["external_id"] == given["external_id"]), None)
            found = known or world.add_account(f"github:{given['login']}", role=given["role"])
            found.update({key: value for key, value in given.items() if key != "role"})
            return jsonify(found), 200 if known else 201
        if given["login"] in world.passwords:
            return jsonify(next(item for item in world.accounts.values() if item["login"] == given["login"])), 200
        return jsonify(world.add_account(given["login"], given["password"], given["role"])), 201

    @app.route("/v1/accounts/<int:account>", methods=["GET", "PATCH"])
    def account(account):
        found = world.accounts[account]
        if request.method == "PATCH":
            given = dict(request.json)
            if "password" in given:
                world.passwords[found["login"]] = given.pop("password")
            found.update(given)
        return jsonify(found)

    @app.post("/v1/accounts/verify")
    def verify():
        given = request.json
        if world.passwords.get(given["login"]) != given["password"]:
            return refuse(401, "unauthorized", "name or password is wrong")
        return jsonify(next(item for item in world.accounts.values() if item["login"] == given["login"]))

    @app.route("/v1/repos/<int:repo>/members/<int:account>", methods=["GET", "PUT", "DELETE"])
    def member(repo, account):
        if request.method == "PUT":
            world.members[repo, account] = request.json["right"]
            return "", 204
        if request.method == "DELETE":
            del world.members[repo, account]
            return "", 204
        return jsonify(account=account, right=world.members[repo, account])

    @app.get("/v1/repos/<int:repo>/members")
    def members(repo):
        return listed([{"account": account, "right": right, "login": world.accounts[account]["login"]}
                       for (number, account), right in world.members.items() if number == repo])

    @app.post("/v1/sessions")
    def open_session():
        number = next(world.ids)
        given = dict(request.json)
        given["secret_hash"] = given.pop("hash")
        world.sessions[given["secret_hash"]] = {**given, "id": number, "created": NOW, "seen": NOW}
        return jsonify(id=number), 201

    @app.route("/v1/sessions/<secret>", methods=["GET", "DELETE"])
    def session(secret):
        if request.method == "DELETE":
            world.sessions.pop(secret, None)
            return "", 204
        found = world.sessions[secret]
        return jsonify({**found, "account": world.accounts[found["account"]]})

    @app.get("/v1/accounts/<int:account>/repos")
    def repos_of(account):
        return listed([{"repo": repo, "right": right} for (repo, number), right in world.members.items()
                       if number == account])

    @app.get("/v1/accounts/<int:account>/sessions")
    def sessions(account):
        return listed([item for item in world.sessions.values() if item["account"] == account])

    @app.route("/v1/accounts/<int:account>/tokens", methods=["GET", "POST"])
    def tokens(account):
        if request.method == "POST":
            number = next(world.ids)
            world.tokens[request.json["hash"]] = {**request.json, "id": number, "account": account, "created": NOW}
            return jsonify(world.tokens[request.json["hash"]]), 201
        return listed([item for item in world.tokens.values() if item["account"] == account])

    @app.delete("/v1/tokens/<int:token>")
    def delete_token(token):
        world.tokens = {key: item for key, item in world.tokens.items() if item["id"] != token}
        return "", 204

    @app.get("/v1/tokens/by-hash/<secret>")
    def by_hash(secret):
        found = world.tokens[secret]
        return jsonify({**found, "account": world.accounts[found["account"]]})

    @app.route("/v1/audit", methods=["GET", "POST"])
    def audit():
        if request.method == "POST":
            world.audit.insert(0, {"id": len(world.audit) + 1, "at": datetime.now(timezone.utc).isoformat(),
                                   **request.json})
            return jsonify(world.audit[0]), 201
        return listed(world.audit)


def orchestrator(world: World) -> Flask:
    app = service("orchestrator", world)
    github_fakes.add_to_orchestrator(app, world)

    @app.post("/v1/runs")
    def start():
        given = request.json
        if world.kinds.get(given["kind"]):
            return refuse(409, "conflict", world.kinds[given["kind"]])
        waiting = [run for run in world.runs.values() if run["actor"] == given["actor"] and run["state"] == "pending"]
        if given.get("most_waiting") and len(waiting) >= given["most_waiting"]:
            return refuse(429, "quota", f"{len(waiting)} of your runs wait already")
        for run in world.runs.values():
            if run["repo"] == given["repo"] and run["kind"] == given["kind"] and run["state"] in ("pending", "running"):
                return jsonify(run), 200
        return jsonify(world.add_run(given["repo"], "pending", kind=given["kind"], actor=given["actor"],
                                     event=given["event"], ref=given.get("ref", "main"))), 201

    @app.post("/v1/runs/<int:run>/<word>")
    def change(run, word):
        world.runs[run]["cancel_requested"] = word == "cancel"
        return jsonify(world.runs[run]), 202

    @app.delete("/v1/repos/<int:repo>")
    def remove(repo):
        del world.repos[repo]
        return "", 204

    @app.post("/v1/repos/<int:repo>/rollback")
    def rollback(repo):
        return jsonify(world.add_run(repo, "pending", kind="rollback")), 201

    @app.post("/v1/deployments/<int:deployment>/stop")
    def stop(deployment):
        world.deployments[deployment]["state"] = "stopped"
        return jsonify({}), 202

    @app.get("/v1/repos/<int:repo>/kinds")
    def kinds(repo):
        return jsonify(world.kinds)

    @app.get("/v1/forges/<forge>/repos")
    def found(forge):
        return jsonify(items=[{"owner": "acme", "name": "new", "default_branch": "main", "private": False}], total=1)

    @app.get("/v1/forges/<forge>/repos/<owner>/<name>/refs")
    def refs(forge, owner, name):
        return jsonify(default_branch="main", tags=[], branches=[{"name": "main", "commit": "3f2a1c"},
                                                                {"name": "next", "commit": "77e0b1"}])

    @app.get("/v1/forges/<forge>/repos/<owner>/<name>/file")
    def file(forge, owner, name):
        return jsonify(text=world.files[request.args["path"]])

    app.get("/v1/status", endpoint="status")(lambda: jsonify(
        workers={"builder": [{"url": "http://b", "ok": True, "detail": "", "jobs": []}]}, leases=[]))
    return app


def deployer(world: World) -> Flask:
    app = service("deployer", world)

    @app.get("/v1/deployments/<int:deployment>/usage")
    def usage(deployment):
        return jsonify(cpu=0.03, memory=81e6, memory_limit=512e6, samples=[{"cpu": n % 7 / 50, "memory": 8e7 + n * 1e5}
                                                                             for n in range(60)])

    @app.get("/v1/deployments/<int:deployment>/logs")
    def logs(deployment):
        return Response('{"at": 5, "line": "hello"}\n\n{"at": 6, "line": "bye"}\n', content_type="application/x-ndjson")

    app.get("/v1/engine", endpoint="engine")(lambda: jsonify(version="26.1.5", disk={"used_percent": 61}))
    return app


def scanner(world: World) -> Flask:
    app = service("scanner", world)

    @app.route("/v1/database", methods=["GET", "POST"])
    def database():
        if request.method == "POST":
            world.bodies.append(request.get_data())
            return jsonify(built=NOW)
        return jsonify(source="starter", age_hours=3)
    return app
