"""Killed orchestrators and a GitHub that takes no reports: what it has to hear of a run reaches it afterwards, once."""

from contextlib import closing

from tests.e2e.test_github_bad_days import Connected, browser, world  # noqa: F401  fixtures
from tests.harness.faults import kill_9
from tests.harness.long_log import owner_of

REPORTS = "^/api/v3/repos/.*/(statuses|deployments)"


def open_reports(stack, run: int) -> list[str]:
    """What became of the last try of each report of the run that is not sent. Those of other tests may wait as well."""
    with closing(owner_of(stack)) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT outcome FROM reports WHERE run = %s AND state IN ('queued', 'working')", (run,))
        return [outcome for (outcome,) in cursor.fetchall()]


def told_on_the_status_page(stack) -> str:
    return next((part["detail"] for part in stack.api.get("/status")["parts"] if part["name"] == "reports to GitHub"), "")


def test_reports_survive_a_killed_orchestrator_while_github_is_away(world, stack, browser):      # noqa: F811
    repo = Connected(world, stack, browser)
    world.world.faults.add("502", REPORTS)
    try:
        commit = repo.push()
        run = stack.wait(repo.run_of(commit)["id"])
        assert run["state"] == "success", run["reason"]
        world.until(lambda: any("answered 502" in outcome for outcome in open_reports(stack, run["id"])), "a try in vain")
        assert " for GitHub since " in told_on_the_status_page(stack)
        kill_9(stack, "orchestrator")
        assert world.statuses(repo.repo, commit) == {}
    finally:
        world.world.faults.clear()
    world.wait_for_status(repo.repo, commit, "success")
    world.until(lambda: not open_reports(stack, run["id"]), "nothing to wait any more", 200)
    told = [(item["context"], item["state"]) for item in repo.repo.statuses if item["sha"] == commit]
    stages = {job["stage"] for job in run["jobs"] if job["state"] == "success"}
    assert sorted(told[:-1]) == sorted((f"continuum/{stage}", "success") for stage in stages)
    assert told[-1] == ("continuum", "success")
