"""What happens at GitHub and what becomes of it here, on the stand-in."""

import pytest

from orchestrator.scm.pulls import ref_of
from tests.github import pushes, serve, store
from tests.unit.orchestrator.on_github import GitHubWorld


@pytest.fixture
def world(tmp_path):
    with serve(tmp_path / "github") as github:
        yield GitHubWorld(github)


def outcomes(rows):
    return [row["outcome"] for row in rows]


def test_a_push_is_a_run_of_its_commit_for_three_requests(world):
    commit = world.github.commit(world.site, {"app.py": "x"}, message="Greet")
    (row,) = world.judge_all()
    assert row["run"] and row["outcome"] == f"main moved to {commit[:12]}: run {row['run']}"
    run = world.db.runs[row["run"]]
    assert (run["commit"], run["ref"], run["message"], run["actor"]) == (commit, "main", "Greet", "ann")
    assert len(world.asked()) <= 3


def test_connecting_started_nothing(world):
    assert world.runs() == [] and world.repo["external_id"] == str(world.site.id)


def test_a_push_of_two_thousand_commits_is_one_run(world):
    text = "".join(f"commit refs/heads/main\ncommitter a <a@b> {n} +0000\ndata 1\nx\n"
                   + ("from refs/heads/main^0\n" if n == 0 else "") + "\n" for n in range(2000))
    store.git(world.site.folder, "fast-import", "--quiet", given=text.encode())
    row = world.deliver("push", {"ref": "refs/heads/main", "repository": {"id": world.site.id, "full_name": "ann/site"}},
                        repo=world.repo["id"])
    assert row["state"] == "done" and len(world.db.runs) == 1 and len(world.asked()) <= 3


@pytest.mark.parametrize("files, options, why", [
    ({"a": "1"}, {"message": "typo [skip ci]"}, "[skip ci]"), ({"a": "1"}, {"branch": "topic"}, "on.push is not set, so only the default branch, main"),
    ({"docs/a": "1"}, {}, "it changes nothing that on.paths names"), ({"src/a": "1"}, {}, None)])
def test_skip_ci_other_branches_and_paths(world, files, options, why):
    world.github.commit(world.site, {".continuum.yml": "on: {paths: [src]}"})
    world.judge_all()
    before = len(world.db.runs)
    world.github.commit(world.site, files, **options)
    row = world.judge_all()[0]
    assert (why is None) == bool(row["run"]) and (why or "run") in row["outcome"]
    assert len(world.db.runs) == before + (why is None)


def test_a_force_push_to_an_older_commit_is_a_run_of_it(world):
    first = store.commit_of(world.site.folder, "main")
    world.github.commit(world.site, {"a": "1"})
    world.judge_all()
    before = store.refs(world.site.folder)
    store.git(world.site.folder, "update-ref", "refs/heads/main", first)
    pushes.arrived(world.github, world.site, before, world.site.owner)
    (row,) = world.judge_all()
    assert world.db.runs[row["run"]]["commit"] == first


def test_a_deleted_branch_is_forgotten(world):
    world.github.commit(world.site, {".continuum.yml": "on: {push: ['*']}"}, branch="topic")
    world.judge_all()
    before = store.refs(world.site.folder)
    store.git(world.site.folder, "update-ref", "-d", "refs/heads/topic")
    pushes.arrived(world.github, world.site, before, world.site.owner)
    assert any("topic was deleted" in text for text in outcomes(world.judge_all()))
    assert "refs/heads/topic" not in world.repo["last_heads"]


def test_a_pull_request_of_a_branch_runs_and_closing_ends_it(world):
    commit = world.github.commit(world.site, {"a": "1"}, branch="topic")
    pull = world.github.pull(world.site, world.site, "topic", author="ann")
    rows = world.judge_all()
    run = world.db.runs[rows[-1]["run"]]
    assert (run["event"], run["ref"], run["commit"]) == ("pull_request", ref_of(pull.number), commit)
    newer = world.github.commit(world.site, {"a": "2"}, branch="topic")
    rows = world.judge_all()
    assert run["state"] == "canceled" and world.db.runs[rows[-1]["run"]]["commit"] == newer
    world.github.close(pull)
    world.judge_all()
    assert list(world.db.runs.values())[-1]["state"] == "canceled"


def test_a_fork_waits_and_runs_for_the_commit_that_was_approved(world):
    fork = world.github.fork(world.site, "eve")
    first = world.github.commit(fork, {"a": "1"}, branch="evil", by="eve")
    pull = world.github.pull(world.site, fork, "evil", author="eve")
    assert "of a fork: it waits" in outcomes(world.judge_all())[-1] and world.runs() == []
    record = world.db.pulls[world.repo["id"], pull.number]
    assert record["fork"] is True and record["author_id"] == str(world.github.account("eve").id)
    run, _ = world.pulls.approve(world.row(), pull.number, first, "ann")
    assert run.commit == first and run.inputs["pull"]["fork"] is True
    world.github.commit(fork, {"a": "2"}, branch="evil", by="eve")
    assert "it waits" in outcomes(world.judge_all())[-1] and len(world.db.runs) == 1


def test_a_renamed_repository_goes_on(world):
    world.github.move(world.site, "ann/shop")
    assert any("it is ann/shop now" in text for text in outcomes(world.judge_all()))
    world.github.commit(world.site, {"a": "1"})
    (row,) = world.judge_all()
    assert row["run"] and world.repo["name"] == "shop" and len(world.db.repos) == 1


def test_a_rename_that_nobody_told_of_is_found_by_the_poller(world):
    world.github.move(world.site, "ann/shop")
    commit = world.github.commit(world.site, {"a": "1"})
    world.github.outbox.deliveries.clear()
    world.poller.visit(world.row())
    assert [run["commit"] for run in world.db.runs.values()] == [commit]


def test_archived_privatized_deleted(world):
    world.github.change(world.site, "archived", archived=True)
    assert "it is archived" in outcomes(world.judge_all())[0]
    world.github.change(world.site, "privatized", private=True)
    assert "it is private now" in outcomes(world.judge_all())[0] and world.repo["private"]
    world.github.delete(world.site)
    assert "is not there any more" in outcomes(world.judge_all())[0] and world.repo["state"]["gone"]


def test_a_renamed_default_branch_runs(world):
    store.git(world.site.folder, "branch", "-m", "main", "trunk")
    world.github.change(world.site, "edited", default_branch="trunk")
    world.judge_all()
    commit = world.github.commit(world.site, {"a": "1"}, branch="trunk")
    (row,) = world.judge_all()
    assert world.db.runs[row["run"]]["commit"] == commit


@pytest.mark.parametrize("kind", ["500", "502", "html", "secondary", "truncated"])
def test_while_github_has_a_bad_day_the_delivery_waits_and_then_runs(world, kind):
    commit = world.github.commit(world.site, {"a": "1"})
    world.github.faults.add(kind, "/repos/")
    (row,) = world.judge_all()
    assert row["state"] == "queued" and row["outcome"].startswith("waits: "), row["outcome"]
    world.github.faults.clear()
    world.hub.client.limits._rates.clear()          # the pause that a secondary limit asked for is over
    world.judge(row, attempts=2, state="working")
    assert [run["commit"] for run in world.db.runs.values()] == [commit]


def test_the_hourly_limit_is_waited_for(world):
    world.github.commit(world.site, {"a": "1"})
    world.github.limits.exhaust(world.github.tokens[world.token])
    (row,) = world.judge_all()
    assert row["state"] == "queued" and "used up" in row["outcome"] and row["wait"] > 60


def test_a_revoked_token_says_who_has_to_do_what(world):
    world.github.commit(world.site, {"a": "1"})
    world.github.revoke(world.token)
    (row,) = world.judge_all()
    assert row["state"] == "failed" and "sign in again" in row["outcome"] and world.db.tokens == {}
    world.github.commit(world.site, {"a": "2"})
    assert "ann has to sign in again" in world.judge_all()[0]["outcome"]


def test_polls_cost_nothing_while_nothing_moves(world):
    world.poller.visit(world.row())
    world.asked()
    world.poller.visit(world.row())
    assert world.asked() == []
    commit = world.github.commit(world.site, {"a": "1"})
    world.poller.visit(world.row())
    assert [run["commit"] for run in world.db.runs.values()] == [commit] and len(world.asked()) <= 4


def test_statuses_deployment_and_comment_arrive(world):
    world.github.commit(world.site, {"a": "1"}, branch="topic")
    pull = world.github.pull(world.site, world.site, "topic", author="ann")
    run = world.db.runs[world.judge_all()[-1]["run"]]
    world.tell_all()
    assert [(item["context"], item["state"]) for item in world.site.statuses] == [("continuum", "pending")]
    world.change(run, "build", "success", "built")
    world.change(run, "deploy", "running", "")
    world.db.create_deployment({"run": run["id"], "fence": 0, "repo": world.repo["id"], "environment": "preview"})
    world.change(run, "deploy", "success", "answers")
    world.change(run, "", "failure", "test: 1 failed")
    world.tell_all()
    assert [(item["context"], item["state"]) for item in world.site.statuses] == [
        ("continuum", "pending"), ("continuum/build", "success"), ("continuum/deploy", "success"), ("continuum", "failure")]
    assert [item["environment"] for item in world.site.deployments.values()] == ["preview"]
    world.launcher.retry(run["id"], "ann")
    world.change(run, "", "success", "all passed")
    world.tell_all()
    (comment,) = world.site.comments.values()
    assert "all passed" in comment["body"] and pull.number and world.site.checks == {}


def test_reports_wait_for_github(world):
    world.github.commit(world.site, {"a": "1"})
    run = world.db.runs[world.judge_all()[0]["run"]]
    world.github.faults.add("502", "/statuses/")
    world.tell_all()
    world.change(run, "", "success", "live")
    world.tell_all()
    assert world.site.statuses == []
    world.github.faults.clear()
    world.now = 3600
    world.tell_all()
    assert [(item["context"], item["state"]) for item in world.site.statuses] == [("continuum", "success")]


def test_no_token_is_in_anything_that_is_kept(world):
    world.github.commit(world.site, {"a": "1"})
    world.judge_all()
    assert world.db.writes and world.token not in str(world.db.writes)
