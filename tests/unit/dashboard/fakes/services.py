"""The services put together, over one World."""

from __future__ import annotations

from flask import Flask, Response, jsonify, request

from common.api.events import StoreStatus
from common.api.runs import Run
from common.secrets.tokens import Signer, new_key
from dashboard.clients import PooledClient, Services
from tests.unit.dashboard import github_fakes

from . import rows
from .known import NOW, World
from .people import add_invitations, add_people
from .repos import add_repos
from .runs import add_logs, add_results, add_runs
from .wire import InProcess, refuse, service


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


def dbproxy(world: World) -> Flask:
    app = service("dbproxy", world)
    add_repos(app, world)
    add_runs(app, world)
    add_logs(app, world)
    add_results(app, world)
    add_people(app, world)
    add_invitations(app, world)
    github_fakes.add_to_dbproxy(app, world)
    app.get("/v1/status", endpoint="status")(lambda: jsonify(rows.row(StoreStatus, {
        "log": {"state": "connected", "store_problem": None, "queued": 0, "waiting": 2, "lag_seconds": 0.2, "dead_letters": 0,
                "last_write_delay_seconds": 0, "last_rejection": None, "lines_stored": 0, "writes": 0},
        "database": {"state": "ok", "version": "17", "size": 50_000_000, "log_size": 30_000_000, "connections": 9},
        "runs": {"waiting": 0, "running": 0}, "reports": world.reports})))
    return app


def orchestrator(world: World) -> Flask:
    app = service("orchestrator", world)
    github_fakes.add_to_orchestrator(app, world)

    @app.get("/v1/repos/<int:repo>/disk")
    def disk(repo):
        return jsonify(volumes=3 * 2**30, containers=2**20, images=0)

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
                return jsonify(rows.run(run, Run)), 200
        return jsonify(rows.run(world.add_run(given["repo"], "pending", kind=given["kind"], actor=given["actor"],
                                              event=given["event"], ref=given.get("ref", "main")), Run)), 201

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
        return jsonify(rows.run(world.add_run(repo, "pending", kind="rollback"), Run)), 201

    @app.post("/v1/deployments/<int:deployment>/stop")
    def stop(deployment):
        world.deployments[deployment]["state"] = "stopped"
        return jsonify({}), 202

    @app.get("/v1/repos/<int:repo>/kinds")
    def kinds(repo):
        return jsonify({**world.kinds, **world.kinds_of.get(request.args.get("ref"), {})})

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
        return Response('{"at": 5, "stamp": 5000001, "line": "hello"}\n\n{"at": 5, "stamp": 5000002, "line": "bye"}\n', content_type="application/x-ndjson")

    app.get("/v1/engine", endpoint="engine")(lambda: jsonify(version="26.1.5", disk={"used_percent": 61}))
    return app


def scanner(world: World) -> Flask:
    app = service("scanner", world)

    @app.route("/v1/database", methods=["GET", "POST"])
    def database():
        if request.method == "POST":
            world.bodies.append(request.get_data())
            return jsonify(built=NOW)
        return jsonify(source="imported", full=False, age_hours=3, valid=True, notice="This is not the full vulnerability database.")
    return app
