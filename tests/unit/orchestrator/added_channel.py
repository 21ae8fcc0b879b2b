"""What the channel of docs/where.md sends (test_where.py)."""

from orchestrator.background.threads import Threads
from orchestrator.outbox import Outbox
from orchestrator.outbox.channels import CHANNELS
from tests.unit.orchestrator.hub import HubWorld
from tests.unit.orchestrator.on_github import send_all


def test_a_run_that_is_over_is_reported_through_it():
    db = HubWorld().db
    run = db.runs[db.new_run(event="push")]
    db.patch(f"/v1/runs/{run['id']}", {"fence": run["fence"], "state": "success", "reason": ""})
    send_all(db, Outbox(db.api, [channel(db.api, {}) for channel in CHANNELS], "https://ci.example.org", Threads()))
    told = {row["channel"]: (row["state"], row["outcome"]) for row in db.reports.values()}
    assert told["greeting"] == ("done", f"run {run['id']} is success")
