"""Runs as people drive them: doubles, kinds, cancel, supersede."""

import pytest

from cli.api import ApiError
from cli.proc import answer
from cli.waiting import wait_for
from tests.harness.apps import crowded, steady

LONG = 600      # ticks of 0.1 s: a stage that would last a minute


def leftovers(stack, run_id: int) -> str:
    """Containers that a run has left behind."""
    return answer(["docker", "ps", "--quiet", "--filter", f"label=continuum.run={run_id}",
                   "--filter", f"label=continuum.instance={stack.instance.name}"])


@pytest.mark.parametrize(("stage", "options"), [("build", {"build_ticks": LONG}), ("deploy", {"start_ticks": LONG}),
                                                ("test", {"test_ticks": LONG})])
def test_cancel_works_in_each_stage_and_leaves_nothing(stack, stage, options):
    cancel_in(stack, stage, stack.repo_of(steady(**options)))


def test_cancel_works_in_the_scan_and_leaves_nothing(stack):
    cancel_in(stack, "scan", stack.repo_of(crowded(steady())))


def cancel_in(stack, stage, repo) -> None:
    started = repo.run()
    stack.wait_stage(started["id"], stage)
    stack.api.post(f"/runs/{started['id']}/cancel")
    ended = stack.wait(started["id"], limit=10)
    assert ended["state"] == "canceled"
    assert stack.api.settings["OWNER_LOGIN"] in ended["reason"]
    wait_for(lambda: leftovers(stack, started["id"]) == "", "the candidate to be gone", 15)


def test_the_same_run_twice_is_one(stack):
    repo = stack.repo_of(steady(build_ticks=50))
    first, second = repo.run(), repo.run()
    assert first["id"] == second["id"]
    stack.api.post(f"/runs/{first['id']}/cancel")
    stack.wait(first["id"])


def test_a_newer_run_supersedes_a_waiting_one(stack):
    repo = stack.repo_of(steady(build_ticks=60))
    running = repo.run("build")
    stack.wait_stage(running["id"], "build")
    commits = []
    for number in range(2):
        repo.write("note.txt", str(number))
        commits.append(repo.commit(f"Note {number}"))
        repo.push()
        repo.wait_for_push_run(commits[-1])
    waited, newest = (repo.wait_for_push_run(commit) for commit in commits)
    assert (waited["state"], f"superseded by run {newest['id']}" in waited["reason"]) == ("canceled", True)
    stack.api.post(f"/runs/{newest['id']}/cancel")
    stack.api.post(f"/runs/{running['id']}/cancel")
    stack.wait(running["id"])


def test_each_kind_alone_uses_the_newest_fitting_result(stack):
    repo = stack.repo_of(steady())
    with pytest.raises(ApiError) as refused:
        repo.run("scan")
    assert refused.value.status == 409
    stages = {}
    for kind in ("build", "scan", "deploy", "test"):
        ended = stack.wait(repo.run(kind)["id"])
        assert ended["state"] == "success", (kind, ended["reason"])
        stages[kind] = {job["stage"] for job in ended["jobs"] if job["state"] == "success"}
    assert stages["build"] == {"build"}
    assert stages["scan"] == {"scan"}
    assert "deploy" in stages["deploy"] and "build" not in stages["deploy"]
    assert stages["test"] == {"test"}
    assert repo.fetch("/").text == "version one\n"


def test_skip_ci_is_honoured(stack):
    repo = stack.repo_of(steady())
    repo.write("note.txt", "x")
    skipped = repo.commit("Only words [skip ci]")
    repo.push()
    repo.write("note.txt", "y")
    built = repo.commit("Code")
    repo.push()
    started = repo.wait_for_push_run(built)
    stack.api.post(f"/runs/{started['id']}/cancel")
    assert skipped not in {run["commit"] for run in repo.runs()}


@pytest.mark.parametrize("ref", ["no-such-branch", "0" * 40])
def test_an_unknown_ref_is_refused_at_once(stack, ref):
    repo = stack.repo_of(steady())
    with pytest.raises(ApiError) as refused:
        repo.run(ref=ref)
    assert refused.value.status == 404
    assert ref in str(refused.value)
