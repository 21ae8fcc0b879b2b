"""Reports to forges, by dbproxy's own rules: one at a time of a line, in their order; a later one replaces a waiting one."""

from dataclasses import asdict

from common.wire.errors import Conflict
from common.wire.stages import UNFINISHED
from dbproxy.reports import rules

from .client import route

OPEN = ("queued", "working")


class Reports:
    """`report_clock`: seconds; rows have `due` and `created` by it."""

    def add_reports(self, run, reports):
        if self.repos[run["repo"]].get("external_id") is None:
            return
        for report in reports:
            same = [row for row in self.reports.values() if (row["repo"], row["place"]) == (run["repo"], report.place)]
            if any(row["run"] > run["id"] for row in same):
                continue
            number, now = len(self.reports) + 1, self.report_clock()
            for row in same:
                if row["state"] == "queued":
                    row.update(state="done", outcome=f"replaced by report {number}")
            self.reports[number] = {
                **asdict(report), "id": number, "repo": run["repo"], "run": run["id"], "state": "queued", "outcome": "",
                "known": None, "attempts": 0, "due": now + report.delay, "created": now,
                "about": {"stage": report.stage, "state": report.state, "reason": report.reason}}

    def add_end(self, run):
        stages = sorted({stage for (number, stage, _), job in self.jobs.items()
                         if number == run["id"] and job["state"] in UNFINISHED})
        begun = any(row["place"] == f"deployment {run['id']}" for row in self.reports.values())
        self.add_reports(run, rules.ended(run, stages, begun or self.deployment_of(run["id"]) is not None))

    @route("POST", r"/v1/reports/claim")
    def claim_reports(self, body):
        lines = {}
        for row in self.reports.values():
            if row["state"] in OPEN:
                lines.setdefault((row["repo"], row["line"]), row)
        free = [row for row in lines.values() if row["state"] == "queued" and row["due"] <= self.report_clock()]
        return {"items": [self._claimed(row) for row in sorted(free, key=lambda row: row["id"])[:body["limit"]]]}

    def _claimed(self, row):
        row.update(state="working", attempts=row["attempts"] + 1)
        before = [other for other in self.reports.values() if (other["repo"], other["place"]) == (row["repo"], row["place"])]
        run = self.runs[row["run"]]
        known = [other["known"] for other in before if other["known"]]
        return {**{name: row[name] for name in ("id", "repo", "run", "channel", "about", "attempts")},
                **{name: run[name] for name in ("forge", "commit", "ref", "event", "kind")},
                "created": _moment(row["created"]), "now": _moment(self.report_clock()), "known": known[-1] if known else None,
                "tried": row["attempts"] > 1 or any(other["attempts"] for other in before if other["id"] < row["id"])}

    @route("PATCH", r"/v1/reports/(\d+)")
    def change_report(self, number, body):
        row = self.reports[number]
        if (row["state"], row["attempts"]) != ("working", body["attempt"]):
            raise Conflict("another owner", error="old_owner")
        row.update(state=body["state"], outcome=body["outcome"], known=body.get("known") or row["known"],
                   due=self.report_clock() + body.get("wait", 0))
        newer = [other["id"] for other in self.reports.values()
                 if (other["repo"], other["place"]) == (row["repo"], row["place"]) and other["id"] > number]
        if newer and row["state"] == "queued":
            row.update(state="done", outcome=f"replaced by report {newer[-1]}")
        return {**row}

    def waiting_reports(self):
        return [row for row in self.reports.values() if row["state"] in OPEN]


def _moment(seconds):
    days, rest = divmod(int(seconds), 86400)
    return f"2026-01-{days + 1:02}T{rest // 3600:02}:{rest // 60 % 60:02}:{rest % 60:02}Z"
