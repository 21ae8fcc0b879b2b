"""How many runs one may have waiting, what lists show of stages, and the end of a repo."""

import threading
import uuid

import pytest

from common.wire.errors import Conflict, NotFound, Problem
from tests.contract.dbproxy.world import DIGEST


def test_so_many_runs_of_one_actor_wait(world):
    actor = f"p{uuid.uuid4().hex[:8]}"
    repos = [world.repo, world.new_repo()["id"]]
    for number in range(3):
        world.new_run(repo=repos[number % 2], actor=actor, most_waiting=3)
    with pytest.raises(Problem) as refused:
        world.new_run(actor=actor, most_waiting=3)
    assert (refused.value.status, refused.value.error) == (429, "quota") and "3 may" in refused.value.detail
    world.new_run(actor="another", most_waiting=3)
    world.new_run(actor=actor)                      # nothing limits this one


def test_a_hundred_at_once_are_counted_too(world):
    """S51."""
    actor, made, refused = f"p{uuid.uuid4().hex[:8]}", [], []
    repos = [world.new_repo()["id"] for _ in range(10)]

    def start(number):
        try:
            made.append(world.new_run(repo=repos[number % 10], actor=actor, most_waiting=5))
        except Problem as problem:
            refused.append(problem.error)
    threads = [threading.Thread(target=start, args=(number,)) for number in range(100)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 5 and refused == ["quota"] * 95


def test_one_that_supersedes_takes_its_place(world):
    actor = f"p{uuid.uuid4().hex[:8]}"
    first = world.new_run(actor=actor, most_waiting=1)
    world.new_run(actor=actor, most_waiting=1, supersede=True)
    assert world.dashboard.get(f"/v1/runs/{first['id']}")["state"] == "canceled"


def test_the_newest_job_of_each_stage_of_many_runs(world):
    one, other = world.claimed_run(), world.claimed_run(repo=world.new_repo()["id"])
    world.put_job(one, "build.1", "failure", started=1000, ended=3000)
    world.put_job(one, "build.2", "running", started=4000, progress={"done": 3, "total": 9})
    world.put_job(other, "scan.1", "success")
    found = world.dashboard.get("/v1/stages", params={"runs": f"{one['id']},{other['id']}"})["items"]
    assert [(item["run"], item["stage"], item["attempt"], item["state"]) for item in found] == [
        (one["id"], "build", 2, "running"), (other["id"], "scan", 1, "success")]
    assert (found[0]["started"], found[0]["progress"]) == (4000, {"done": 3, "total": 9})
    assert [item["jobs"] for item in world.dashboard.get("/v1/runs", params={"repo": world.repo, "stages": "true"})["items"]
            if item["id"] == one["id"]] == [found[:1]]
    for wrong in ("1;drop", "1,x", ",".join(["1"] * 101)):
        with pytest.raises(Problem):
            world.dashboard.get("/v1/stages", params={"runs": wrong})


def remove(world, repo):
    return world.orchestrator.delete(f"/v1/repos/{repo}", json={"actor": "ann"})


def test_a_repo_goes_with_all_that_is_of_it(world):
    run = world.claimed_run()
    world.put_job(run, "build.1", "success", lines=1)
    world.orchestrator.post("/v1/deployments", {
        "fence": run["fence"], "run": run["id"], "repo": world.repo, "digest": DIGEST, "repository": "ann/x",
        "commit": "c" * 40, "actor": "ann"})
    world.dashboard.put(f"/v1/repos/{world.repo}/secrets/A", {
        "use": ["deploy"], "sealed": {"deployer": "x"}, "actor": "ann"})
    world.scanner.put(f"/v1/runs/{run['id']}/findings", {"attempt": 1, "digest": DIGEST, "findings": []})
    with pytest.raises(Conflict) as active:
        remove(world, world.repo)
    assert active.value.error == "active"
    world.change(run, state="success")
    remove(world, world.repo)
    remove(world, world.repo)
    for path in (f"/v1/repos/{world.repo}", f"/v1/runs/{run['id']}"):
        with pytest.raises(NotFound):
            world.dashboard.get(path)


def test_images_are_those_that_no_other_repo_was_built_into(world):
    """A repo that was renamed may have left its name, and so its place in the registry, to another."""
    ref = lambda letter: {"repository": "apps/ann/x", "digest": f"sha256:{letter * 64}"}      # noqa: E731
    mine, other = world.claimed_run(), world.claimed_run(repo=world.new_repo()["id"])
    world.put_job(mine, "build.1", "success", outputs={"image": ref("a")})
    world.put_job(mine, "build.2", "success", outputs={"image": ref("b")})
    world.put_job(mine, "scan.1", "success", outputs={"image": ref("c")})
    world.put_job(other, "build.1", "success", outputs={"image": ref("b")})
    assert world.orchestrator.get(f"/v1/repos/{world.repo}/images")["images"] == [ref("a")]
    assert world.orchestrator.get(f"/v1/repos/{world.new_repo()['id']}/images")["images"] == []


def test_what_was_removed_is_not_found_again_by_itself(world):
    row = world.dashboard.get(f"/v1/repos/{world.repo}")
    path = f"/v1/repos/local/{row['owner']}/{row['name'].upper()}"
    remove(world, world.repo)
    with pytest.raises(Conflict) as refused:
        world.orchestrator.put(path, {}, params={"found": "true"})
    assert refused.value.error == "removed"
    again = world.orchestrator.put(path, {})["id"]
    assert world.orchestrator.put(path, {}, params={"found": "true"})["id"] == again != world.repo


def test_the_removal_knows_every_table_of_a_repo(world):
    """A table that comes later has to be said in dbproxy/repos/removal.py, or the repos that it knows cannot go."""
    from dbproxy.repos import removal
    known = {*removal.OF_RUNS, *removal.OF_REPO}
    for table in ("repos", "runs"):
        rows = world.sql("SELECT conrelid::regclass::text FROM pg_constraint WHERE contype = 'f' "
                         "AND confdeltype <> 'c' AND confrelid = %s::regclass", (table,))
        assert {name for name, in rows} <= known


def test_what_is_used_of_what_is_allowed(world):
    actor = f"p{uuid.uuid4().hex[:8]}"
    ask = lambda: world.dashboard.get(f"/v1/repos/{world.repo}/usage", params={"actor": actor})      # noqa: E731
    assert ask() == {"waiting": 0, "secrets": 0, "kept": 0, "deploy": None}
    run = world.claimed_run()
    world.change(run, config={"deploy": {"keep": 3}})
    made = [world.orchestrator.post("/v1/deployments", {
        "fence": run["fence"], "run": run["id"], "repo": world.repo, "digest": DIGEST, "repository": "x",
        "commit": run["commit"], "actor": "ann"})]
    world.orchestrator.patch(f"/v1/deployments/{made[0]['id']}", {"state": "kept"})
    world.dashboard.put(f"/v1/repos/{world.repo}/secrets/KEY", {"use": ["deploy"], "sealed": {"deployer": "eA=="},
                                                                "actor": actor})
    assert ask() == {"waiting": 0, "secrets": 1, "kept": 1, "deploy": {"keep": 3}}
    world.new_run(repo=world.new_repo()["id"], actor=actor)
    assert ask()["waiting"] == 1
