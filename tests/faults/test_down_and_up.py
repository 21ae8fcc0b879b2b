"""`down` and `up`, as an upgrade or a reboot does it: what was live runs again, also what cannot start in its container,
and runs that were under way go on."""

from cli import platform
from cli.progress import Progress
from cli.waiting import wait_for
from tests.harness.apps import steady
from tests.harness.life import PID_FILE, live, shown, text_of

WITHIN = 60      # seconds after `up`
TICKS = 60       # 6 s of a stage: it is under way when everything ends


def under_way(stack, stage: str, options: dict) -> tuple[object, int]:
    """A repository and its run, which is in `stage`."""
    repo = stack.repo_of(steady(**options))
    run = repo.run()["id"]
    stack.wait_stage(run, stage)
    return repo, run


def test_what_was_live_runs_again_and_runs_go_on_after_down_and_up(stack):
    repos = [live(stack), live(stack, broken=PID_FILE)]
    runs = [under_way(stack, "build", {"build_ticks": 3 * TICKS}), under_way(stack, "deploy", {"start_ticks": TICKS})]
    progress = Progress()
    platform.down(stack.instance, progress)
    platform.start(stack.instance, progress)
    progress.close()
    for repo in repos:
        wait_for(lambda repo=repo: text_of(repo) == "version one\n", f"{repo.app} to answer again", WITHIN)
        wait_for(lambda repo=repo: shown(repo)["health"] == "healthy", f"{repo.app} to be shown as healthy", WITHIN)
    for repo, run in runs:
        ended = stack.wait(run)
        assert ended["state"] == "success", ended["reason"]
        assert repo.fetch("/").text == "version one\n"
        last = {job["stage"]: job for job in sorted(ended["jobs"], key=lambda job: job["attempt"])}
        assert {job["state"] for job in last.values()} == {"success"}
        assert not any(job["state"] in ("pending", "running") for job in ended["jobs"]), "no attempt is left open"
