"""The main story, as a newcomer lives it: live, changed by a push, broken by a push, rolled back."""

import pytest


@pytest.fixture(scope="module")
def repo(stack):
    return stack.repo("hello-flask")


@pytest.fixture(scope="module")
def first(stack, repo):
    """The first full run; every later test builds on its result."""
    return stack.wait(repo.run()["id"])


def test_all_five_stages_succeed_and_the_app_is_live(stack, repo, first):
    assert first["state"] == "success", first["reason"]
    assert {job["stage"]: job["state"] for job in first["jobs"]} == dict.fromkeys(
        ("build", "scan", "deploy", "test", "promote"), "success")
    response = repo.fetch("/")
    assert (response.status_code, "Hello" in response.text) == (200, True)
    assert [item["state"] for item in repo.deployments()] == ["live"]


def test_every_stage_has_a_log_that_a_stranger_understands(stack, first):
    for job in first["jobs"]:
        assert stack.lines(first["id"], f"{job['stage']}.{job['attempt']}"), job["stage"]
    build = next(job for job in first["jobs"] if job["stage"] == "build")
    assert any("RUN pip install" in step["name"] for step in build["steps"])


def test_a_push_goes_live(stack, repo, first):
    repo.replace("app.py", "Hello", "Good evening, Hello")
    commit = repo.commit("Greet politely")
    repo.push()
    ended = stack.wait(repo.wait_for_push_run(commit)["id"])
    assert ended["state"] == "success", ended["reason"]
    assert ended["event"] == "push"
    assert "Good evening" in repo.fetch("/").text
    assert [item["state"] for item in repo.deployments()] == ["live", "kept"]


def test_a_broken_push_says_why_and_the_old_version_serves(stack, repo, first):
    repo.replace("app.py", "Good evening, Hello", "Goodbye")
    commit = repo.commit("Forget to greet")
    repo.push()
    ended = stack.wait(repo.wait_for_push_run(commit)["id"])
    assert ended["state"] == "failure"
    assert ended["reason"].startswith("test:")
    states = {job["stage"]: job["state"] for job in ended["jobs"]}
    assert states["test"] == "failure"
    assert states.get("promote", "skipped") == "skipped"
    assert "Good evening" in repo.fetch("/").text


def test_rollback_puts_the_older_version_live(stack, repo, first):
    started = stack.api.post(f"/repos/{repo.id}/rollback", {})
    ended = stack.wait(started["id"])
    assert ended["state"] == "success", ended["reason"]
    assert "Good evening" not in repo.fetch("/").text
    live = [item for item in repo.deployments() if item["state"] == "live"]
    assert [item["digest"] for item in live] == [
        next(job["outputs"]["image"]["digest"] for job in first["jobs"] if job["stage"] == "build")]


def test_retry_restarts_from_the_failed_stage(stack, repo, first):
    failed = next(run for run in repo.runs() if run["state"] == "failure")
    stack.api.post(f"/runs/{failed['id']}/retry")
    ended = stack.wait(failed["id"])
    attempts = {}
    for job in ended["jobs"]:
        attempts[job["stage"]] = max(attempts.get(job["stage"], 0), job["attempt"])
    assert ended["state"] == "failure"
    assert (attempts["build"], attempts["test"]) == (1, 2)


def test_stop_takes_the_app_off(stack, repo, first):
    live = next(item for item in repo.deployments() if item["state"] == "live")
    stack.api.post(f"/deployments/{live['id']}/stop")
    from cli.waiting import wait_for
    wait_for(lambda: repo.fetch("/").status_code == 404, "the app to be off", 60)
    assert {item["state"] for item in repo.deployments() if item["id"] == live["id"]} == {"stopped"}
