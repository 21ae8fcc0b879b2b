"""dbproxy: runs, their logs and results, and the events that tell of them."""

from __future__ import annotations

from flask import Flask, Response, jsonify, request

from common.api.results import Finding, FindingsPage, FindingsSummary, TestReport
from common.api.runs import Job, Run, RunWithStages, StageJob

from . import rows
from .known import NOW, World
from .rows import listed, row


def add_runs(app: Flask, world: World) -> None:
    @app.get("/v1/runs")
    def runs():
        repo, state, actor, commit = (request.args.get(name) for name in ("repo", "state", "actor", "commit"))
        found = [run for run in world.runs.values() if repo in (None, str(run["repo"]))
                 and (state is None or run["state"] in state.split(",")) and actor in (None, run["actor"]) and commit in (None, run["commit"])]
        model = RunWithStages if request.args.get("stages") == "true" else Run
        return listed([rows.run(run, model) for run in reversed(found)])

    @app.get("/v1/stages")
    def stages():
        wanted = [int(text) for text in request.args["runs"].split(",")]
        return listed([row(StageJob, job) for number in wanted for job in world.runs[number]["jobs"]])

    @app.get("/v1/runs/<int:run>")
    def run(run):
        return jsonify(rows.run(world.runs[run]))

    @app.get("/v1/runs/<int:run>/jobs/<stage>.<int:attempt>")
    def job(run, stage, attempt):
        for job in world.runs[run]["jobs"]:
            if (job["stage"], job["attempt"]) == (stage, attempt):
                return jsonify(row(Job, {"run": run, **job}))
        raise KeyError(stage)

    @app.get("/v1/events")
    def events():
        after = request.args.get("after", type=int)
        if after is None:
            return jsonify(events=[], last=len(world.events), missed=False)
        with world.changed:
            world.changed.wait_for(lambda: len(world.events) > after, float(request.args.get("wait", 0)))
            return jsonify(events=world.events[after:], last=len(world.events), missed=False)


def add_logs(app: Flask, world: World) -> None:
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


def add_results(app: Flask, world: World) -> None:
    @app.get("/v1/runs/<int:run>/findings")
    def findings(run):
        kept = world.findings[run]
        items = [row(Finding, item) for item in kept["findings"]]
        return jsonify(row(FindingsPage, {
            "items": items, "total": len(items), "page": 1, "per_page": 100, "gone": kept.get("gone", []), "attempt": 1,
            "digest": f"sha256:{'0' * 64}", "at": NOW, "caveat": None,
            "summary": dict.fromkeys(FindingsSummary.model_fields, 0) | {"counts": {}}}))

    @app.get("/v1/runs/<int:run>/tests")
    def tests(run):
        return jsonify(row(TestReport, {"attempt": 1, "declared": True, "notice": None, "at": NOW, "summary": {}, **world.tests[run]}))

    @app.get("/v1/images/<digest>/repos")
    def repos_of_image(digest):
        return jsonify(repos=sorted({run["repo"] for run in world.runs.values() for job in run["jobs"]
                                     if job["outputs"].get("image", {}).get("digest") == digest}))

    @app.get("/v1/images/<digest>/documents/<kind>")
    def document(digest, kind):
        return Response(b"{}", content_type="application/json")
