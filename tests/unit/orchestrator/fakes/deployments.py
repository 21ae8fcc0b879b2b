"""What was put live."""

from common.wire.errors import NotFound
from common.wire.stages import UNFINISHED
from dbproxy.reports import rules
from tests.harness.rows import AT, DEPLOYMENT, OF_ITS_RUN

from .client import fresh, route
from .lists import listed


class Deployments:
    @route("POST", r"/v1/deployments")
    def create_deployment(self, body):
        self._fenced(body["run"], body["fence"])
        row = self.deployment_of(body["run"])
        if row is None:
            number = next(self._ids) + 100
            row = self.deployments[number] = {**fresh(DEPLOYMENT), **body, "id": number}
        elif row["state"] in ("failed", "removed"):
            row.update(state="candidate", reason="")
        return self._told(row)

    @route("PATCH", r"/v1/deployments/(\d+)")
    def change_deployment(self, number, body):
        row, run = self.deployments[number], self.runs[self.deployments[number]["run"]]
        if "fence" in body:
            self._fenced(run["id"], body.pop("fence"))
        failed = body.get("crashed") and run["state"] == "success"
        if failed:
            run.update(state="failure", reason=body.get("reason", ""))
        self._report_fall(row, run, "failed" if failed else body.get("state"), body)
        if body.get("state") == "live":
            for other in self.deployments.values():
                if other["repo"] == row["repo"] and other["state"] == "live" and other is not row:
                    other.update(state="kept", reason=f"replaced by deployment {number}", ended=AT)
            row.update(live_since=AT, ended=None)
        elif body.get("state"):
            row["ended"] = row.get("ended") or AT
        row.update({name: value for name, value in body.items() if value is not None})
        return self._told(row)

    def _report_fall(self, row, run, state, body):
        if row["state"] == "live" and state in ("failed", "stopped") and run["state"] not in UNFINISHED:
            self.add_reports(run, rules.fell(run, state, body.get("reason") or body.get("health_reason") or ""))

    @route("GET", r"/v1/deployments/(\d+)")
    def show_deployment(self, number, _):
        if number not in self.deployments:
            raise NotFound(f"deployment {number}")
        return self._told(self.deployments[number])

    @route("GET", r"/v1/deployments")
    @route("GET", r"/v1/repos/(\d+)/deployments")
    def list_deployments(self, *arguments):
        params = arguments[-1]
        rows = [self._told(row) for row in self.deployments.values() if len(arguments) == 1 or row["repo"] == arguments[0]]
        return listed(rows, params, ("repo", "run", "state"))

    def deployment_of(self, run):
        return next((row for row in self.deployments.values() if row["run"] == run), None)

    def _told(self, row):
        run = self.runs[row["run"]]
        return {**DEPLOYMENT, **row, "run_state": run["state"], "run_kind": run["kind"],
                **{name: run[name] for name in OF_ITS_RUN}}
