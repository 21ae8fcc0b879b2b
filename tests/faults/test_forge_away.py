"""Killed orchestrators and a GitHub that takes no reports: what it has to hear of a run reaches it afterwards, once."""

from tests.e2e.test_github_bad_days import Connected, browser, world      # noqa: F401  fixtures
from tests.harness.faults import kill_9

REPORTS = "^/api/v3/repos/.*/(statuses|deployments)"


def waiting(stack) -> str:
    return next((part["detail"] for part in stack.api.get("/status")["parts"] if part["name"] == "reports to github"), "")


def test_reports_survive_a_killed_orchestrator_while_github_is_away(world, stack, browser):      # noqa: F811
    repo = Connected(world, stack, browser)
    world.world.faults.add("502", REPORTS)
    try:
        commit = repo.push()
        run = stack.wait(repo.run_of(commit)["id"])
        assert run["state"] == "success", run["reason"]
        world.until(lambda: "because" in waiting(stack) and "answered 502" in waiting(stack), "the status to say what waits")
        kill_9(stack, "orchestrator")
        assert world.statuses(repo.repo, commit) == {}
    finally:
        world.world.faults.clear()
    world.wait_for_status(repo.repo, commit, "success")
    world.until(lambda: not waiting(stack), "nothing to wait any more", 200)
    told = [(item["context"], item["state"]) for item in repo.repo.statuses if item["sha"] == commit]
    stages = {job["stage"] for job in run["jobs"] if job["state"] == "success"}
    assert sorted(told[:-1]) == sorted((f"continuum/{stage}", "success") for stage in stages)
    assert told[-1] == ("continuum", "success")
