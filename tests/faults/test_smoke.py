"""Kill any one of our services in any stage: the run ends in one true state with its whole log, and the old version
serves throughout."""

import hashlib

import pytest

from tests.harness.apps import steady
from tests.harness.faults import Availability, kill_9, restart
from tests.harness.stack import Stack

TICKS = 40      # 4 s: long enough to be killed in

# service -> the stage that runs when it is killed, and what makes that stage last
KILLS = [
    ("orchestrator", "build", {"build_ticks": TICKS}),
    ("dbproxy", "build", {"build_ticks": TICKS}),
    ("dashboard", "build", {"build_ticks": TICKS}),
    ("builder", "build", {"build_ticks": TICKS}),
    ("scanner", "scan", {}),
    ("deployer", "deploy", {"start_ticks": TICKS}),
    ("deployer", "test", {"test_ticks": TICKS}),
    ("tester", "test", {"test_ticks": TICKS}),
    ("orchestrator", "deploy", {"start_ticks": TICKS}),
    ("orchestrator", "test", {"test_ticks": TICKS}),
]


def changed(options: dict) -> dict[str, str]:
    files = steady(**options)
    files["app.py"] = files["app.py"].replace('"one"', '"two"')
    return files


def check_run(stack: Stack, run_id: int, service: str) -> dict:
    """One terminal state, one accepted result a stage, whole logs, no orphans."""
    ended = stack.wait(run_id)
    assert ended["state"] == "success", ended["reason"]
    for stage in ("build", "scan", "deploy", "test", "promote"):
        jobs = [job for job in ended["jobs"] if job["stage"] == stage]
        assert [job["state"] for job in jobs].count("success") == 1, (stage, jobs)
        assert jobs[-1]["state"] == "success"
    for job in ended["jobs"]:
        if job["state"] == "success":
            name = f"{job['stage']}.{job['attempt']}"
            assert len(stack.lines(run_id, name)) >= 1, name
    return ended


def check_ticks(lines: list[str], count: int) -> None:
    """Every numbered line is there once, whole and in order."""
    found = [line.split() for line in lines if len(line.split()) == 2 and line.split()[0].isdecimal()
             and len(line.split()[1]) == 64]
    assert [int(number) for number, _ in found] == list(range(1, count + 1))
    assert all(digest == hashlib.sha256(number.encode()).hexdigest() for number, digest in found)


@pytest.mark.parametrize(("service", "stage", "options"), KILLS, ids=[f"{s}-in-{g}" for s, g, _ in KILLS])
def test_a_killed_service_costs_nothing(stack, service, stage, options):
    repo = stack.repo_of(steady())
    first = stack.wait(repo.run()["id"])
    assert first["state"] == "success", first["reason"]
    for path, text in changed(options).items():
        repo.write(path, text)
    commit = repo.commit("Version two")
    with Availability(repo) as available:
        repo.push()
        started = repo.wait_for_push_run(commit)
        stack.wait_stage(started["id"], stage)
        kill_9(stack, service)
        ended = check_run(stack, started["id"], service)
    assert available.bad == []
    assert available.asked > 10
    assert repo.fetch("/").text == "version two\n"
    if options.get("build_ticks"):
        build = [job for job in ended["jobs"] if job["stage"] == "build"]
        assert len(build) == (2 if service == "builder" else 1)
        check_ticks(stack.lines(started["id"], f"build.{build[-1]['attempt']}"), TICKS)


@pytest.mark.parametrize("service", ["rabbitmq", "postgres"])
def test_a_restarted_part_loses_no_line(stack, service):
    repo = stack.repo_of(steady(build_ticks=100))
    started = repo.run("build")
    stack.wait_stage(started["id"], "build")
    restart(stack, service)
    ended = stack.wait(started["id"])
    assert ended["state"] == "success", ended["reason"]
    check_ticks(stack.lines(started["id"], f"build.{ended['jobs'][-1]['attempt']}"), 100)


def test_100_000_lines_arrive_once_each_and_whole(stack):
    repo = stack.repo_of(steady(lines=100_000))
    started = repo.run("build")
    stack.wait_stage(started["id"], "build")
    kill_9(stack, "dbproxy")
    ended = stack.wait(started["id"])
    assert ended["state"] == "success", ended["reason"]
    check_ticks(stack.lines(started["id"], "build.1"), 100_000)
    queue = stack.api.get("/status")["log_queue"]
    assert queue["dead_letters"] == 0
