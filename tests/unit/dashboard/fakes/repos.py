"""dbproxy: repositories, and what belongs to one."""

from __future__ import annotations

from flask import Flask, jsonify, request

from common.api.deployments import Deployment
from common.api.repos import KnownRepo, RefUpdate, Secret
from common.api.results import Waiver
from common.wire.contracts import Limits

from . import rows
from .known import NOW, World
from .rows import listed, row
from .wire import refuse

MACHINE = 16 * 1024**3      # bytes of memory


def named(repo: dict) -> bool:
    """Is it among the `ids` of the question, where it has some?"""
    return "ids" not in request.args or str(repo["id"]) in request.args["ids"].split(",")


def waiver_of(values: dict) -> dict:
    return row(Waiver, {"package": None, "actor": "ann", "created": NOW, "expired": False, **values})


def add_repos(app: Flask, world: World) -> None:
    @app.get("/v1/repos")
    def repos():
        account, text = request.args.get("visible_to", type=int), request.args.get("q", "").lower()
        return listed([rows.repo(repo) for repo in world.repos.values()
                       if text in f"{repo['owner']}/{repo['name']}" and request.args.get("forge") in (None, repo["forge"])
                       and named(repo)
                       and (account is None or not repo["private"] or (repo["id"], account) in world.members)])

    @app.post("/v1/repos/visible")
    def visible_repos():
        account, seen, text = request.json["account"], request.json["theirs"], request.args.get("q", "").lower()
        return listed([rows.repo(repo) for repo in world.repos.values() if text in f"{repo['owner']}/{repo['name']}" and named(repo) and (
            repo["id"] in seen if repo["forge"] == "github"
            else not repo["private"] or (repo["id"], account) in world.members)])

    @app.get("/v1/repos/known")
    def known_repos():
        return jsonify(items=[row(KnownRepo, {"external_id": None, **repo}) for repo in world.repos.values()
                              if repo["forge"] == request.args["forge"]])

    @app.get("/v1/repos/<int:repo>")
    def repo(repo):
        return jsonify(rows.repo(world.repos[repo]))

    @app.patch("/v1/repos/<int:repo>")
    def patch_repo(repo):
        given = request.json
        world.repos[repo].update({**given, "settings": {**world.repos[repo]["settings"], **given.get("settings", {})}})
        return jsonify(rows.repo(world.repos[repo]))

    @app.route("/v1/limits", methods=["GET", "PATCH"])
    @app.route("/v1/repos/<int:repo>/limits", methods=["GET", "PATCH"])
    def limits(repo=None):
        own = world.limits.setdefault(repo, {})
        if request.method == "PATCH":
            given = {name: value for name, value in request.json.items() if name != "actor"}
            if (given.get("memory") or 0) > MACHINE:
                return refuse(400, "bad_request", "this machine has 16384m, which is less than that", "memory")
            own.update(given)
        world.limits[repo] = own = {name: value for name, value in own.items() if value is not None}
        otherwise = Limits(memory=MACHINE).model_dump() | (world.limits.get(None, {}) if repo else {})
        return jsonify(limits=otherwise | own, set=own, otherwise=otherwise)

    @app.put("/v1/repos/<forge>/<owner>/<name>")
    def put_repo(forge, owner, name):
        return jsonify(rows.repo(world.add_repo(owner, name, request.json["private"])))

    @app.get("/v1/repos/by-name/<forge>/<owner>/<name>")
    def by_name(forge, owner, name):
        for repo in world.repos.values():
            if (repo["forge"], repo["owner"], repo["name"]) == (forge, owner, name):
                return jsonify(rows.repo(repo))
        raise KeyError(name)

    @app.get("/v1/repos/<int:repo>/stats")
    def stats(repo):
        states = [run["state"] for run in world.runs.values() if run["repo"] == repo]
        counts = {state: states.count(state) for state in ("success", "failure", "error", "canceled")}
        return jsonify({**counts, "waiting": states.count("pending") + states.count("running"), "days": []})

    @app.get("/v1/repos/<int:repo>/ref-updates")
    def ref_updates(repo):
        return listed([row(RefUpdate, {"repo": repo, **update}) for update in world.ref_updates.get(repo, [])])

    @app.get("/v1/repos/<int:repo>/usage")
    def usage(repo):
        waiting = [run for run in world.runs.values() if (run["actor"], run["state"]) == (request.args["actor"], "pending")]
        kept = [item for item in world.deployments.values() if (item["repo"], item["state"]) == (repo, "kept")]
        newest = max((run for run in world.runs.values() if run["repo"] == repo), key=lambda run: run["id"], default={})
        return jsonify(waiting=len(waiting), secrets=len(world.secrets.get(repo, {})), kept=len(kept),
                       deploy=(newest.get("config") or {}).get("deploy"))

    @app.get("/v1/deployments")
    def deployments():
        wanted = {name: request.args[name] for name in ("repo", "state", "digest") if name in request.args}
        found = [row(Deployment, item) for _, item in sorted(world.deployments.items(), reverse=True)]
        return listed([item for item in found if all(str(item[name]) == value for name, value in wanted.items())])

    @app.get("/v1/deployments/<int:deployment>")
    def deployment(deployment):
        return jsonify(row(Deployment, world.deployments[deployment]))

    @app.get("/v1/repos/<int:repo>/secrets")
    def secrets(repo):
        return listed([row(Secret, item) for item in world.secrets.get(repo, {}).values()])

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
            return jsonify(waiver_of(world.waivers[number])), 201
        return listed([waiver_of(item) for item in world.waivers.values() if item["repo"] == repo])

    @app.route("/v1/waivers/<int:waiver>", methods=["GET", "DELETE"])
    def waiver(waiver):
        if request.method == "DELETE":
            del world.waivers[waiver]
            return "", 204
        return jsonify(waiver_of(world.waivers[waiver]))
