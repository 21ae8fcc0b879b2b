"""`down` and `up`, as an upgrade or a reboot does it: what was live runs again, also what cannot start in its container."""

from cli import platform
from cli.progress import Progress
from cli.waiting import wait_for
from tests.harness.life import PID_FILE, live, shown, text_of

WITHIN = 60      # seconds after `up`


def test_what_was_live_runs_again_after_down_and_up(stack):
    repos = [live(stack), live(stack, broken=PID_FILE)]
    progress = Progress()
    platform.down(stack.instance, progress)
    platform.start(stack.instance, progress)
    progress.close()
    for repo in repos:
        wait_for(lambda repo=repo: text_of(repo) == "version one\n", f"{repo.app} to answer again", WITHIN)
        wait_for(lambda repo=repo: shown(repo)["health"] == "healthy", f"{repo.app} to be shown as healthy", WITHIN)
