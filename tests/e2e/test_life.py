"""Live is what answers: what goes live, what does not, what a run and the pages say of it afterwards."""

import pytest

from cli.proc import answer, run
from cli.waiting import wait_for
from tests.harness import processes
from tests.harness.faults import Availability
from tests.harness.life import PID_FILE, container, live, pushed, shown, text_of


def test_a_slow_import_is_waited_for_and_costs_no_request(stack):
    repo = live(stack)
    with Availability(repo) as available:
        ended = pushed(stack, repo, "two", seconds=13)
    assert ended["state"] == "success", ended["reason"]
    assert available.bad == [] and repo.fetch("/").text == "version two\n"
    assert any("accepts connections but has not answered" in line for line in stack.lines(ended["id"], "deploy.1"))


def test_a_crash_after_the_port_was_open_is_never_live(stack):
    repo = live(stack)
    with Availability(repo) as available:
        ended = pushed(stack, repo, "two", seconds=4, broken='os.environ["SECRET_KEY"]')
    assert ended["state"] == "failure" and "deploy.env.SECRET_KEY" in ended["reason"]
    assert available.bad == [] and repo.fetch("/").text == "version one\n"


def test_a_version_that_is_rolled_back_is_no_success_any_more(stack):
    repo = live(stack)
    ended = pushed(stack, repo, "two", watch="10m")
    assert ended["state"] == "success", ended["reason"]
    processes.kill_9(int(answer(["docker", "inspect", "--format", "{{.State.Pid}}", container(repo)])))
    failed = wait_for(lambda: (found := stack.api.get(f"/runs/{ended['id']}"))["state"] == "failure" and found,
                      "the run to be a failure", 60)
    assert failed["reason"].startswith("Rolled back automatically to run") and "exited 137" in failed["reason"]
    assert repo.fetch("/").text == "version one\n"
    assert shown(repo)["run"] != ended["id"]


def test_a_rollback_to_a_version_that_left_a_pid_file_works_and_again(stack):
    repo = live(stack, broken=PID_FILE)
    second = pushed(stack, repo, "two", broken=PID_FILE)
    assert second["state"] == "success", second["reason"]
    wait_for(lambda: [item["state"] for item in repo.deployments()] == ["live", "kept"], "version one to be kept", 30)
    for _ in range(2):
        back = stack.wait(stack.api.post(f"/repos/{repo.id}/rollback", {})["id"])
        assert back["state"] == "success", back["reason"]
        assert repo.fetch("/").text == "version one\n"
        forth = pushed(stack, repo, "two", broken=PID_FILE + f"# {back['id']}\n")
        assert forth["state"] == "success", forth["reason"]


@pytest.mark.parametrize("broken", ["", PID_FILE], ids=["ordinary", "pid-file"])
def test_a_live_app_that_was_stopped_runs_again(stack, broken):
    repo = live(stack, broken=broken)
    run(["docker", "stop", "--time", "0", container(repo)])
    wait_for(lambda: text_of(repo) == "version one\n", "the app to run again", 60)
    wait_for(lambda: shown(repo)["health"] == "healthy", "its health to be shown", 60)


def test_an_app_that_does_not_come_up_is_shown_as_down_with_the_reason(stack):
    """Its volume survives the container, so a fresh one does not help either."""
    repo = live(stack, broken=PID_FILE.replace("/tmp/", "/data/"), more="VOLUME /data\n")
    run(["docker", "stop", "--time", "0", container(repo)])
    found = wait_for(lambda: (now := shown(repo))["health"] == "down" and "already running" in now["health_reason"] and now,
                     "the app to be shown as down", 60)
    assert found["health_since"]
    assert repo.deployments()[0]["health"] == "down"


def test_a_rollback_to_a_version_whose_container_is_gone_starts_from_its_image(stack):
    repo = live(stack)
    assert pushed(stack, repo, "two")["state"] == "success"
    wait_for(lambda: [item["state"] for item in repo.deployments()] == ["live", "kept"], "version one to be kept", 30)
    kept = answer(["docker", "ps", "--all", "--quiet", "--filter", f"label=continuum.repo={repo.id}", "--filter",
                   f"label=continuum.instance={stack.instance.name}", "--filter", "status=exited"]).split()
    run(["docker", "rm", *kept])
    back = stack.wait(stack.api.post(f"/repos/{repo.id}/rollback", {})["id"])
    assert back["state"] == "success", back["reason"]
    assert repo.fetch("/").text == "version one\n"
