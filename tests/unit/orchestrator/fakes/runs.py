"""Runs, their jobs, results and events."""

from contextlib import suppress

from common.wire.errors import Conflict, NotFound
from common.wire.stages import LASTING, TERMINAL, UNFINISHED
from dbproxy.reports import rules
from tests.harness.rows import AT, JOB, RUN, findings_page, report_of_tests

from .client import fresh, route
from .lists import listed


class Runs:
    @route("POST", r"/v1/runs")
    def create_run(self, body):
        for row in self.runs.values():
            if body.get("key") and row["key"] == body["key"] and row["repo"] == body["repo"]:
                return {**row}
        number = self.new_run(**{name: value for name, value in body.items() if name in RUN})
        superseded = [row["id"] for row in self.runs.values() if body["supersede"] and row["state"] == "pending"
                      and not row["claimed"] and row["ref"] == body["ref"] and row["repo"] == body["repo"] and row["id"] < number]
        for other in superseded:
            self.runs[other].update(state="canceled", reason=f"superseded by run {number}", cancel_requested=True, ended=AT)
        self.add_reports(self.runs[number], rules.waits(self.runs[number]))
        for other in superseded:
            self.add_end(self.runs[other])
        return {**self.runs[number], "_new": True}

    @route("POST", r"/v1/runs/claim")
    def claim_runs(self, body):
        """Waits like dbproxy does, and wakes at every write."""
        found = self._claim_free(body)
        if not found and body["wait"]:
            self.claim_waits.set()
            self.changed.wait_for(lambda: found or found.extend(self._claim_free(body)) or found, body["wait"])
        return {"items": found, "total": len(found)}

    def _claim_free(self, body):
        found = []
        for run in self.runs.values():
            busy = any(other["claimed"] and other["state"] not in TERMINAL and other["repo"] == run["repo"]
                       and other is not run for other in self.runs.values())
            free = run["state"] not in TERMINAL and run["owner"] is None and (run["claimed"] or not busy)
            if free and len(found) < body["limit"]:
                run.update(claimed=True, owner=body["owner"], fence=run["fence"] + 1)
                found.append({**run})
        return found

    @route("POST", r"/v1/runs/(\d+)/lease")
    def renew(self, number, body):
        run = self._fenced(number, body["fence"])
        return {"cancel_requested": run["cancel_requested"], "fence": run["fence"], "lease_until": AT}

    @route("PATCH", r"/v1/runs/(\d+)")
    def change_run(self, number, body):
        run = self._fenced(number, body["fence"])
        over = run["state"] in TERMINAL
        if over and body.get("state") not in (None, run["state"]):
            raise Conflict("over", error="final")
        if body.get("reason") is not None:
            run.update(code="", params={})
        run.update({name: value for name, value in body.items() if name not in ("fence", "release")
                    and value is not None})
        if body.get("release") or run["state"] in TERMINAL:
            run["owner"] = None
        if run["state"] in TERMINAL and not over:
            run["ended"] = AT
            self.add_end(run)
        return {**run}

    @route("POST", r"/v1/runs/(\d+)/cancel")
    def cancel_run(self, number, body):
        run = self._run(number)
        run.update(cancel_requested=True, canceled_by=body["actor"])
        if run["state"] == "pending" and not run["claimed"]:
            run.update(state="canceled", reason=f"canceled by {body['actor']}", ended=AT)
            self.add_end(run)
        self.events.append({"id": len(self.events) + 1, "kind": "run.updated", "run": number, "at": AT})
        return {**run}

    @route("POST", r"/v1/runs/(\d+)/retry")
    def retry_run(self, number, body):
        run = self._run(number)
        run.update(state="pending", claimed=False, cancel_requested=False, canceled_by=None, ended=None, fence=run["fence"] + 1,
                   retries=run["retries"] + 1)
        self.add_reports(run, rules.waits(run))
        return {**run}

    @route("GET", r"/v1/runs")
    def list_runs(self, params):
        rows = [{**run} for run in self.runs.values()
                if "active" not in params or (run["state"] in UNFINISHED) == (params["active"] == "true")]
        return listed(rows, params, ("repo", "ref", "state", "kind", "event", "commit"), others=("active",))

    @route("GET", r"/v1/runs/(\d+)")
    def show_run(self, number, _):
        return {**self._run(number), "jobs": [self._job(key) for key in self.jobs if key[0] == number]}

    @route("PUT", r"/v1/runs/(\d+)/jobs/([a-z]+)\.(\d+)")
    def put_job(self, number, stage, attempt, body):
        self._fenced(number, body["fence"])
        row = self.jobs.get((number, stage, attempt))
        if row and row["state"] in TERMINAL and row["state"] != body["state"]:
            raise Conflict("job is over", error="final")
        before = {**row} if row else None
        row = self.jobs.setdefault((number, stage, attempt), {
            **fresh(JOB), "run": number, "stage": stage, "attempt": attempt})
        row.update(code="", params={})
        row.update({name: value for name, value in body.items() if name != "fence" and value is not None})
        self._show_jobs(number)
        self.add_reports(self.runs[number], rules.stage(self.runs[number], row, before))
        return self._job((number, stage, attempt))

    def _job(self, key):
        run, stage, attempt = key
        return {**JOB, "run": run, "stage": stage, "attempt": attempt, "id": f"{run}.{stage}.{attempt}", **self.jobs[key]}

    def _show_jobs(self, number):
        """As dbproxy does it: the run is what its jobs are."""
        handed_over = [row for (run, _, _), row in self.jobs.items() if run == number and row["worker"]
                       and row["state"] in UNFINISHED]
        for row in sorted(handed_over, key=lambda row: row["state"] != "running")[:1]:
            reason = "running" if row["state"] == "running" else f"{row['stage']}: {row['reason']}"
            self.runs[number].update(state=row["state"], reason=reason, code=row["code"],
                                     params={**row["params"], "stage": row["stage"]})
            if row["state"] == "running":
                self.runs[number]["started"] = self.runs[number]["started"] or AT

    @route("GET", r"/v1/repos/(\d+)/newest")
    def newest(self, repo, params):
        rows = [self._job(key) for key, row in self.jobs.items() if key[1] == params["stage"]
                and row["state"] == "success" and self.runs[key[0]]["repo"] == repo
                and self.runs[key[0]]["ref"] == params["ref"]]
        if not rows:
            raise NotFound("nothing newest")
        row = max(rows, key=lambda row: (row["run"], row["attempt"]))
        return {**row, "run_id": row["run"], "run": {**self.runs[row["run"]]}}

    @route("GET", r"/v1/repos/(\d+)/starts")
    def starts(self, repo, params):
        row = self.repo(repo, None)
        ref = params.get("ref", row["default_branch"])
        rows = self.list_deployments(repo, {"state": "live,kept,stopped"})["items"]
        newest = dict.fromkeys(LASTING)
        for stage in newest:
            with suppress(NotFound):
                newest[stage] = self.newest(repo, {"stage": stage, "ref": ref})
        return {"repo": row, "ref": ref, "newest": newest, "deployments": rows,
                "runs": [self.show_run(row["run"], None) for row in rows[:2]]}

    @route("GET", r"/v1/runs/(\d+)/(findings|tests)")
    def results(self, run, what, _):
        if (run, what) not in self.found:
            raise NotFound(what)
        made = findings_page if what == "findings" else report_of_tests
        return made(**self.found[run, what]).model_dump(mode="json")

    @route("GET", r"/v1/events")
    def list_events(self, params):
        if "after" not in params:
            return {"events": [], "last": len(self.events), "missed": False}
        after = int(params["after"])
        self.changed.wait_for(lambda: len(self.events) > after, float(params["wait"]))
        return {"events": self.events[after:], "last": len(self.events), "missed": False}

    def _run(self, number):
        if number not in self.runs:
            raise NotFound(f"run {number}")
        return self.runs[number]

    def _fenced(self, number, fence):
        run = self._run(number)
        if run["fence"] != fence:
            raise Conflict("old", error="old_fence")
        return run
