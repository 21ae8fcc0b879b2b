"""Reports to forges: written with the change that causes them, claimed in their order, replaced, forgotten."""

import uuid

import pytest

from common.wire.errors import Conflict, Forbidden, NotFound
from dbproxy.reports import store as reports

DIGEST = "sha256:" + "a" * 64


@pytest.fixture(autouse=True)
def alone(world):
    """No open report of another test is claimed here; the repository is at a forge, which gave it a number."""
    world.sql("DELETE FROM reports")
    world.repo = hosted(world)


def hosted(world) -> int:
    return world.orchestrator.put(f"/v1/repos/github/ann/site-{uuid.uuid4().hex[:8]}",
                                  {"external_id": uuid.uuid4().hex})["id"]


def written(world, repo=None):
    """[(place without its commit, state, was it replaced?)] in their order"""
    rows = world.sql("SELECT channel, about ->> 'stage', about ->> 'state', state = 'done' FROM reports WHERE repo = %s "
                     "ORDER BY id", (repo or world.repo,))
    return [(f"{channel} {stage}".strip(), state, replaced) for channel, stage, state, replaced in rows]


def open_ones(world):
    return [(place, state) for place, state, replaced in written(world) if not replaced]


def claim(world, owner="one", limit=10, wait=0):
    return world.orchestrator.post("/v1/reports/claim", {"owner": owner, "limit": limit, "wait": wait},
                                   timeout=wait + 10)["items"]


def end(world, report, owner="one", state="done", outcome="sent", **values):
    return world.orchestrator.patch(f"/v1/reports/{report['id']}", {
        "owner": owner, "attempt": report["attempts"], "state": state, "outcome": outcome, **values})


def deployed(world, run, **change):
    row = world.orchestrator.post("/v1/deployments", {
        "fence": run["fence"], "run": run["id"], "repo": world.repo, "digest": DIGEST, "repository": "x",
        "commit": run["commit"], "actor": "ann"})
    return world.orchestrator.patch(f"/v1/deployments/{row['id']}", change) if change else row


def test_a_run_is_reported_as_a_whole_and_stage_by_stage(world):
    run = world.claimed_run()
    world.put_job(run, "build.1", "running", worker="http://b")
    world.put_job(run, "build.1", "running", progress={"done": 1})
    world.put_job(run, "build.1", "success", reason="built")
    world.put_job(run, "deploy.1", "running", worker="http://d")
    deployed(world, run)
    world.put_job(run, "deploy.1", "success", reason="answers")
    world.put_job(run, "promote.1", "skipped", reason="not begun")
    world.change(run, state="failure", reason="test: 1 of 2 failed")
    assert open_ones(world) == [("status build", "success"), ("status deploy", "success"), ("status", "failure"),
                                ("deployment", "failure"), ("check", "failure")]
    assert [found for found in written(world) if found[2]] == [
        ("status", "pending", True), ("status build", "running", True), ("status deploy", "running", True),
        ("deployment", "in_progress", True)]


@pytest.mark.parametrize("kind", ["build", "scan", "test"])
def test_only_a_full_run_speaks_for_the_commit(world, kind):
    run = world.claimed_run(kind=kind)
    world.put_job(run, "build.1", "success")
    world.change(run, state="success", reason="built")
    assert written(world) == [("status build", "success", False)]


def test_a_pull_requests_run_has_a_comment(world):
    run = world.claimed_run(event="pull_request", ref="refs/pull/7/head")
    world.change(run, state="success", reason="all stages passed")
    assert open_ones(world) == [("status", "success"), ("check", "success"), ("comment", "success")]


def test_a_job_that_has_no_end_gets_that_of_its_run(world):
    run = world.claimed_run()
    world.put_job(run, "build.1", "running")
    world.change(run, state="error", reason="the orchestrator failed")
    assert open_ones(world)[:2] == [("status build", "error"), ("status", "error")]
    world.put_job(run, "build.1", "running", reason="late")
    assert open_ones(world)[:2] == [("status build", "error"), ("status", "error")]


def test_an_attempt_that_is_repeated_at_once_is_not_shown_as_an_error(world):
    run = world.claimed_run()
    world.put_job(run, "build.1", "error", reason="the builder is gone")
    end(world, claim(world)[0])
    assert claim(world) == []                  # it may be replaced for some seconds
    world.put_job(run, "build.2", "pending", reason="handed over")
    assert open_ones(world) == [("status build", "pending")]


def test_superseded_canceled_and_retried_runs_are_reported(world):
    first = world.new_run(ref="main", supersede=True)
    second = world.new_run(ref="main", supersede=True)
    world.orchestrator.post(f"/v1/runs/{second['id']}/cancel", {"actor": "ann"})
    rows = world.sql("SELECT run, about ->> 'state' FROM reports WHERE repo = %s AND channel = 'status' AND state = 'queued' "
                     "ORDER BY id", (world.repo,))
    assert rows == [(first["id"], "canceled"), (second["id"], "canceled")]
    world.orchestrator.post(f"/v1/runs/{second['id']}/retry", {"actor": "ann"})
    assert open_ones(world)[-1] == ("status", "pending")


@pytest.mark.parametrize("change, told", [
    ({"state": "failed", "reason": "it crashed", "crashed": True}, [("status", "failure"), ("deployment", "failure")]),
    ({"health": "down", "health_reason": "it crashed", "crashed": True}, [("status", "failure"), ("deployment", "failure")]),
    ({"state": "stopped", "reason": "stopped by ann"}, [("deployment", "canceled")]),
    ({"health": "down", "health_reason": "exited 1"}, [])])
def test_what_was_live_and_fell_is_reported_once(world, change, told):
    run = world.claimed_run()
    row = deployed(world, run, state="live")
    world.change(run, state="success", reason="live")
    world.sql("DELETE FROM reports")
    for _ in range(2):
        world.orchestrator.patch(f"/v1/deployments/{row['id']}", change)
    assert written(world) == [(*found, False) for found in told]


def test_a_change_that_is_refused_reports_nothing(world):
    run = world.claimed_run()
    before = written(world)
    with pytest.raises(Conflict):
        world.change({**run, "fence": run["fence"] + 1}, state="failure")
    assert written(world) == before


def test_a_repository_in_a_folder_has_nobody_to_tell(world):
    repo = world.new_repo()["id"]
    run = world.claimed_run(repo=repo)
    world.put_job(run, "build.1", "success")
    world.change(run, state="success")
    assert written(world, repo) == []


def test_an_older_run_of_the_same_commit_says_nothing_after_a_newer_one(world):
    older = world.claimed_run()
    world.new_run(commit=older["commit"], event="pull_request", ref="refs/pull/7/head")
    world.change(older, state="failure")
    assert [state for place, state in open_ones(world) if place == "status"] == ["pending"]


def test_reports_of_one_commit_are_claimed_in_their_order_one_at_a_time(world):
    run, other = world.claimed_run(), world.new_run(repo=hosted(world))
    world.put_job(run, "build.1", "success")
    first, elsewhere = claim(world)
    assert (first["about"]["state"], first["commit"], elsewhere["run"]) == ("pending", run["commit"], other["id"])
    assert claim(world, "two") == []
    end(world, first)
    assert [item["about"]["stage"] for item in claim(world, "two")] == ["build"]


def test_a_claim_waits_for_the_next_report(world):
    run = world.claimed_run(kind="build")
    world.put_job(run, "build.1", "running")
    assert [item["about"]["state"] for item in claim(world, wait=20)] == ["running"]      # it lasts


def test_a_report_of_an_owner_that_died_is_claimed_again_and_the_dead_writes_nothing(world):
    world.new_run()
    (dead,) = claim(world)
    assert (dead["tried"], claim(world, "two")) == (False, [])
    world.sql("UPDATE reports SET lease_until = now() - interval '1 s'")
    (again,) = claim(world, "one")            # the same owner: only the attempt tells its claims apart
    assert again["tried"] and again["attempts"] == 2
    with pytest.raises(Conflict) as refused:
        end(world, dead, outcome="of the dead")
    assert refused.value.error == "old_owner"
    assert end(world, again)["outcome"] == end(world, again)["outcome"] == "sent"


def test_what_was_given_back_waits_unless_a_newer_one_took_its_place(world):
    run = world.claimed_run()
    (first,) = claim(world)
    end(world, first, state="queued", outcome="the forge is away", wait=3600)
    assert claim(world) == []
    world.sql("UPDATE reports SET not_before = now()")
    (first,) = claim(world)
    world.change(run, state="failure")
    given_back = end(world, first, state="queued", outcome="the forge is away", wait=3600)
    assert given_back["state"] == "done" and "replaced by report" in given_back["outcome"]
    assert [item["about"]["state"] for item in claim(world) if item["channel"] == "status"] == ["failure"]


def test_the_forges_id_is_known_to_the_next_report_of_the_place(world):
    run = world.claimed_run()
    world.put_job(run, "deploy.1", "running")
    begun = next(item for item in claim(world) if item["channel"] == "deployment")
    assert begun["known"] is None and end(world, begun, known="42")
    deployed(world, run)
    world.change(run, state="failure")
    later = next(item for item in claim(world) if item["channel"] == "deployment")
    assert (later["known"], later["tried"]) == ("42", True)


def test_status_says_what_waits_since_when_and_why(world):
    told = lambda: world.dashboard.get("/v1/status")["reports"]      # noqa: E731
    world.new_run()
    assert told() == []                       # nothing went wrong yet
    (first,) = claim(world)
    world.new_run()
    end(world, first, state="queued", outcome="GitHub does not answer", wait=60)
    (waits,) = told()
    assert (waits["forge"], waits["waiting"], waits["reason"], waits["failed"]) == ("github", 2, "GitHub does not answer", 0)
    assert waits["since"] == first["created"]
    world.sql("UPDATE reports SET not_before = NULL")
    for report in claim(world):
        end(world, report, state="failed", outcome="the token is refused")
    (failed,) = told()
    assert (failed["waiting"], failed["failed"], failed["failure"]) == (0, 2, "the token is refused")


def test_only_orchestrator_claims_and_ends(world):
    with pytest.raises(Forbidden):
        world.dashboard.post("/v1/reports/claim", {"owner": "one"})
    with pytest.raises(NotFound):
        end(world, {"id": 10**9, "attempts": 1})


def test_they_are_forgotten_after_thirty_days_and_never_while_they_wait(world, store):
    for _ in range(3):
        world.new_run()
    (old, *_), waiting = claim(world, limit=2), 1
    world.sql("UPDATE reports SET created = now() - interval '31 days'")
    world.sql("UPDATE reports SET state = 'done', ended = now() - interval '31 days' WHERE id = %s", (old["id"],))
    assert store.run(reports.prune) == 1
    assert world.sql("SELECT count(*) FROM reports WHERE state IN ('queued', 'working')")[0][0] == 1 + waiting


def test_they_go_with_their_repository(world):
    world.new_run()
    world.sql("UPDATE runs SET state = 'canceled', ended = now() WHERE repo = %s", (world.repo,))
    world.orchestrator.delete(f"/v1/repos/{world.repo}", json={"actor": "ann"})
    assert written(world) == []
