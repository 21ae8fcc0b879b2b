"""Runs: made once, claimed by one owner at a time, changed under the fence, over for good."""

import threading
import time

import pytest

from common.wire.errors import Conflict, Forbidden, NotFound


def test_a_new_run_waits_and_tells_its_reason(world):
    run = world.new_run(message="Fix the door", author="Ann")
    assert (run["state"], run["reason"], run["fence"]) == ("pending", "waiting for the orchestrator", 0)
    assert world.dashboard.get(f"/v1/runs/{run['id']}") == {**run, "jobs": []}
    assert run["created"].endswith("Z")


def test_the_same_key_is_the_same_run_even_when_it_is_over(world):
    answers = [world.orchestrator.send("POST", "/v1/runs", json={
        "repo": world.repo, "kind": "full", "ref": "main", "commit": "c" * 40, "event": "push", "actor": "ann",
        "key": "delivery-1"}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 200]
    run = answers[0].json()["id"]
    world.orchestrator.post(f"/v1/runs/{run}/cancel", {"actor": "ann"})
    assert world.new_run(key="delivery-1")["id"] == run


def test_a_run_that_does_the_same_and_is_not_over_is_the_double(world):
    first = world.new_run(commit="c" * 40)
    assert world.new_run(commit="c" * 40)["id"] == first["id"]
    assert world.new_run(commit="c" * 40, kind="build")["id"] != first["id"]
    assert world.new_run(commit="d" * 40)["id"] != first["id"]
    world.orchestrator.post(f"/v1/runs/{first['id']}/cancel", {"actor": "ann"})
    assert world.new_run(commit="c" * 40)["id"] != first["id"]


def test_pushed_there_and_back_again_the_last_push_is_the_last_run(world):
    first = world.new_run(commit="a" * 40, key="push:main:1")
    world.claim()
    between = world.new_run(commit="b" * 40, key="push:main:2", supersede=True)
    last = world.new_run(commit="a" * 40, key="push:main:3", supersede=True)
    assert len({first["id"], between["id"], last["id"]}) == 3
    assert world.dashboard.get(f"/v1/runs/{between['id']}")["reason"] == f"superseded by run {last['id']}"
    assert world.new_run(commit="a" * 40)["id"] == last["id"]


def test_many_calls_at_once_make_one_run(world):
    found = []

    def create():
        found.append(world.service.client("orchestrator").post("/v1/runs", {
            "repo": world.repo, "kind": "full", "ref": "main", "commit": "e" * 40, "event": "push", "actor": "ann"}))
    threads = [threading.Thread(target=create) for _ in range(8)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert len(found) == 8 and len({run["id"] for run in found}) == 1


def test_a_newer_run_supersedes_those_that_wait(world):
    running = world.claimed_run(supersede=True)
    waiting, other_ref = world.new_run(), world.new_run(ref="side")
    newest = world.new_run(supersede=True)
    show = lambda run: world.dashboard.get(f"/v1/runs/{run['id']}")      # noqa: E731
    assert (show(waiting)["state"], show(waiting)["reason"]) == ("canceled", f"superseded by run {newest['id']}")
    assert show(running)["reason"] == "starting" and show(other_ref)["state"] == "pending"
    assert show(newest)["reason"] == f"waiting for run {running['id']} of the same repository"


def test_one_run_a_repo_is_claimed_the_oldest_first(world):
    first, second = world.new_run(), world.new_run()
    claimed = [run for run in world.claim() if run["repo"] == world.repo]
    assert [run["id"] for run in claimed] == [first["id"]]
    assert (claimed[0]["state"], claimed[0]["fence"], claimed[0]["owner"]) == ("pending", 1, "one")
    assert world.claim() == []
    world.change(claimed[0], state="success", reason="done")
    assert [run["id"] for run in world.claim()] == [second["id"]]


def test_claims_side_by_side_never_share_a_run_nor_a_repo(world):
    repos = [world.new_repo()["id"] for _ in range(4)]
    for repo in repos:
        for _ in range(3):
            world.new_run(repo)
    claimed, lock = [], threading.Lock()

    def work(owner):
        client = world.service.client("orchestrator")
        for _ in range(6):
            runs = client.post("/v1/runs/claim", {"owner": owner, "limit": 2, "wait": 0})["items"]
            with lock:
                claimed.extend(runs)
            for run in runs:
                client.patch(f"/v1/runs/{run['id']}", {"fence": run["fence"], "state": "success"})
    threads = [threading.Thread(target=work, args=(f"owner-{number}",)) for number in range(6)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    ids = [run["id"] for run in claimed]
    assert len(ids) == len(set(ids)) and all(run["fence"] == 1 for run in claimed)
    while more := world.claim():
        for run in more:
            ids.append(run["id"])
            world.change(run, state="success")
    assert len(ids) == 12


def test_a_waiting_claim_gets_a_new_run_within_milliseconds(world):
    found = []

    def wait():
        found.append((world.claim(wait=20), time.monotonic()))
    thread = threading.Thread(target=wait)
    thread.start()
    time.sleep(0.3)      # so that it waits
    run = world.new_run()
    answered = time.monotonic()
    thread.join()
    assert [claimed["id"] for claimed in found[0][0]] == [run["id"]]
    assert found[0][1] - answered < 1.0


def test_a_claim_that_waits_leaves_the_database_alone(world):
    """It is woken by a notification; looking again and again would be a load that grows with each orchestrator.

    Postgres counts what all connections did, and an idle one tells its count late: the quietest of several waits is
    the one that nobody else spoke into. A look every 50 ms would show in each of them.
    """
    def commits_while_waiting() -> int:
        before = _commits(world)
        world.claim(wait=3)
        return _commits(world) - before
    assert world.claim(wait=1) == []
    assert min(commits_while_waiting() for _ in range(4)) < 30


def _commits(world) -> int:
    return world.sql("SELECT xact_commit + xact_rollback FROM pg_stat_database "
                     "WHERE datname = current_database()")[0][0]


def test_a_waiting_claim_gets_a_run_whose_owner_died(world):
    run = world.claimed_run()
    world.sql("UPDATE runs SET lease_until = now() + interval '1 second' WHERE id = %s", (run["id"],))
    began = time.monotonic()
    again = world.claim(owner="two", wait=20)
    assert [(claimed["id"], claimed["fence"], claimed["owner"]) for claimed in again] == [(run["id"], 2, "two")]
    assert time.monotonic() - began < 8


def test_a_lease_is_renewed_by_its_owner_alone(world):
    run = world.claimed_run()
    lease = lambda **who: world.orchestrator.post(f"/v1/runs/{run['id']}/lease",      # noqa: E731
                                                  {"owner": "one", "fence": 1, **who})
    assert lease()["cancel_requested"] is False
    for other in ({"owner": "two"}, {"fence": 2}):
        with pytest.raises(Conflict) as conflict:
            lease(**other)
        assert conflict.value.error == "old_fence"
    with pytest.raises(NotFound):
        world.orchestrator.post("/v1/runs/999999999/lease", {"owner": "one", "fence": 1})


def test_who_lost_the_run_can_write_nothing_more(world):
    old = world.claimed_run()
    made = {"fence": old["fence"], "run": old["id"], "repo": world.repo, "digest": "sha256:" + "a" * 64,
            "repository": "ann/x", "commit": "c", "actor": "ann"}
    deployment = world.orchestrator.post("/v1/deployments", made)["id"]
    world.change(old, release=True)
    new = world.claim(owner="two")[0]
    assert (new["id"], new["fence"]) == (old["id"], 2)
    late = [lambda: world.change(old, state="failure", reason="late"),
            lambda: world.put_job(old, "build.1", "running"),
            lambda: world.orchestrator.post("/v1/deployments", made),
            lambda: world.orchestrator.patch(f"/v1/deployments/{deployment}", {"fence": old["fence"], "state": "live"})]
    for write in late:
        with pytest.raises(Conflict) as conflict:
            write()
        assert conflict.value.error == "old_fence"
    assert world.orchestrator.get(f"/v1/deployments/{deployment}")["state"] == "candidate"
    assert world.change(new, outputs={"image": "x"})["outputs"] == {"image": "x"}
    changed = world.orchestrator.patch(f"/v1/deployments/{deployment}", {"fence": new["fence"], "reason": "answers"})
    assert changed["reason"] == "answers"


def test_a_terminal_state_is_final_and_may_be_said_twice(world):
    run = world.claimed_run()
    ended = world.change(run, state="failure", reason="build exited 1")
    assert ended["ended"] and ended["owner"] is None
    assert world.change(run, state="failure", reason="build exited 1") == ended
    with pytest.raises(Conflict) as conflict:
        world.change(run, state="success")
    assert conflict.value.error == "final"


def test_cancel_ends_what_waits_and_asks_what_runs(world):
    running, waiting = world.claimed_run(), world.new_run()
    world.put_job(running, "build.1", "running", worker="http://b:8000")
    canceled = world.orchestrator.post(f"/v1/runs/{waiting['id']}/cancel", {"actor": "bob"})
    assert (canceled["state"], canceled["reason"]) == ("canceled", "canceled by bob")
    asked = world.orchestrator.post(f"/v1/runs/{running['id']}/cancel", {"actor": "bob"})
    assert (asked["state"], asked["cancel_requested"], asked["canceled_by"]) == ("running", True, "bob")
    lease = world.orchestrator.post(f"/v1/runs/{running['id']}/lease", {"owner": "one", "fence": 1})
    assert lease["cancel_requested"] is True
    world.change(running, state="success")
    with pytest.raises(Conflict):
        world.orchestrator.post(f"/v1/runs/{running['id']}/cancel", {"actor": "bob"})


@pytest.fixture
def queued(world):
    """A run that is claimed, and whose job waits on its worker."""
    run = world.claimed_run()
    world.put_job(run, "build.1", "pending", reason="handed to the builder")
    assert world.dashboard.get(f"/v1/runs/{run['id']}")["reason"] == "starting"
    world.put_job(run, "build.1", "pending", worker="http://b:8000", reason="waiting for a free slot, 2 ahead",
                  code="queued_at_worker", params={"ahead": 2})
    return run


def shown(world, run):
    row = world.dashboard.get(f"/v1/runs/{run['id']}")
    return row["state"], row["reason"], row["started"] is not None


def coded(world, run):
    row = world.dashboard.get(f"/v1/runs/{run['id']}")
    return row["code"], row["params"]


def test_a_reason_without_a_code_takes_the_code_of_the_one_before(world, queued):
    world.orchestrator.patch(f"/v1/runs/{queued['id']}", {"fence": queued["fence"], "reason": "of an earlier version"})
    assert coded(world, queued) == ("", {})


def test_a_retried_and_a_superseded_run_say_so_in_a_code(world):
    first, second = world.new_run(), world.new_run(supersede=True, commit="d" * 40)
    assert coded(world, first) == ("superseded", {"run": second["id"]}) and coded(world, second) == ("queued", {})
    world.orchestrator.post(f"/v1/runs/{second['id']}/cancel", {"actor": "ann"})
    assert coded(world, second) == ("canceled_by", {"actor": "ann"})
    world.orchestrator.post(f"/v1/runs/{second['id']}/retry", {"actor": "ann"})
    assert coded(world, second) == ("retried", {"actor": "ann"})


def test_a_run_is_running_only_while_a_job_of_it_runs(world, queued):
    assert shown(world, queued) == ("pending", "build: waiting for a free slot, 2 ahead", False)
    assert coded(world, queued) == ("queued_at_worker", {"stage": "build", "ahead": 2})
    assert world.dashboard.get("/v1/runs", params={"repo": world.repo, "state": "running"})["total"] == 0
    world.put_job(queued, "build.1", "running", reason="running")
    assert shown(world, queued) == ("running", "running", True)
    world.put_job(queued, "build.1", "success", reason="done")
    assert shown(world, queued)[0] == "running", "between two jobs nothing waits for a slot"
    world.put_job(queued, "deploy.1", "running", worker="http://d:8000")
    world.put_job(queued, "scan.1", "pending", worker="http://s:8000", reason="waiting for a free slot, 0 ahead")
    assert shown(world, queued)[0] == "running", "deploy runs"
    world.put_job(queued, "deploy.1", "success")
    assert shown(world, queued) == ("pending", "scan: waiting for a free slot, 0 ahead", True)


def test_a_claimed_run_that_waits_keeps_its_owner_and_its_turn(world, queued):
    second = world.new_run(supersede=True)
    assert shown(world, second)[1] == f"waiting for run {queued['id']} of the same repository"
    assert coded(world, second) == ("waiting_for_run", {"run": queued["id"]})
    listed = world.dashboard.get("/v1/runs", params={"repo": world.repo, "sort": "-id"})["items"]
    assert [(row["id"], row["code"]) for row in listed] == [(second["id"], "waiting_for_run"), (queued["id"], "queued_at_worker")]
    assert world.claim() == []
    asked = world.orchestrator.post(f"/v1/runs/{queued['id']}/cancel", {"actor": "bob"})
    assert (asked["state"], asked["cancel_requested"]) == ("pending", True), "its owner ends the job first"
    lease = world.orchestrator.post(f"/v1/runs/{queued['id']}/lease", {"owner": "one", "fence": 1})
    assert lease["cancel_requested"] is True
    world.change(queued, release=True)
    assert [run["id"] for run in world.claim(owner="two")] == [queued["id"]]


def test_retry_reopens_with_a_higher_fence(world):
    run = world.claimed_run()
    with pytest.raises(Conflict):
        world.orchestrator.post(f"/v1/runs/{run['id']}/retry", {"actor": "bob"})
    world.change(run, state="error", reason="the builder went away")
    again = world.orchestrator.post(f"/v1/runs/{run['id']}/retry", {"actor": "bob"})
    assert (again["state"], again["fence"], again["retries"], again["ended"]) == ("pending", 2, 1, None)
    assert world.orchestrator.post(f"/v1/runs/{run['id']}/retry", {"actor": "bob"})["fence"] == 2
    with pytest.raises(Conflict):
        world.change(run, state="success")
    assert world.claim()[0]["fence"] == 3


def test_jobs_keep_what_is_not_said_again(world):
    run = world.claimed_run()
    world.put_job(run, "build.1", "running", worker="http://b:8000", started=1_700_000_000_123,
                  inputs={"secrets": [{"name": "A", "sealed": "x"}], "ref": "main"})
    job = world.put_job(run, "build.1", "success", reason="done", outputs={"size": 5}, lines=12,
                        ended=1_700_000_001_000, steps=[{"number": 1, "name": "FROM\0", "state": "success"}])
    assert (job["worker"], job["started"], job["lines"]) == ("http://b:8000", 1_700_000_000_123, 12)
    assert job["steps"][0]["name"] == "FROM␀" and job["inputs"]["secrets"]
    seen = world.dashboard.get(f"/v1/runs/{run['id']}/jobs/build.1")
    assert seen["inputs"] == {"ref": "main"} and seen["outputs"] == {"size": 5}
    with pytest.raises(Conflict) as conflict:
        world.put_job(run, "build.1", "failure")
    assert conflict.value.error == "final"


def test_the_newest_success_of_a_stage(world):
    with pytest.raises(NotFound):
        world.orchestrator.get(f"/v1/repos/{world.repo}/newest", params={"stage": "build"})
    for ref, state in (("main", "success"), ("side", "success"), ("main", "failure")):
        run = world.claimed_run(ref=ref)
        world.put_job(run, "build.1", state, outputs={"of": run["id"]})
        world.change(run, state=state)
    newest = world.orchestrator.get(f"/v1/repos/{world.repo}/newest", params={"stage": "build", "ref": "main"})
    assert newest["outputs"]["of"] == newest["run"]["id"] and newest["run"]["ref"] == "main"
    other = world.orchestrator.get(f"/v1/repos/{world.repo}/newest", params={"stage": "build"})
    assert other["run"]["ref"] == "side"


def test_lists_are_filtered_and_cut_into_pages(world):
    runs = [world.new_run(ref=ref) for ref in ("main", "main", "side")]
    listed = lambda **query: world.dashboard.get("/v1/runs", params={"repo": world.repo, **query})      # noqa: E731
    assert [run["id"] for run in listed()["items"]] == [run["id"] for run in reversed(runs)]
    assert listed(ref="main")["total"] == 2 and listed(active="false")["total"] == 0
    second = listed(per_page=2, page=2)
    assert (len(second["items"]), second["total"], second["page"], second["per_page"]) == (1, 3, 2, 2)
    assert listed(state="pending,running", sort="id")["items"][0]["id"] == runs[0]["id"]
    for bad in ({"sort": "id; DROP TABLE runs"}, {"per_page": 101}, {"page": "x"}, {"active": "maybe"}):
        with pytest.raises(Exception, match="is"):
            listed(**bad)


def test_what_a_run_could_start_from_comes_in_one_answer(world):
    ask = lambda **query: world.orchestrator.get(f"/v1/repos/{world.repo}/starts", params=query)      # noqa: E731
    assert ask()["newest"] == {"build": None, "scan": None} and ask()["deployments"] == ask()["runs"] == []
    run = world.claimed_run()
    world.put_job(run, "build.1", "success", outputs={"of": run["id"]})
    made = world.orchestrator.post("/v1/deployments", {
        "fence": run["fence"], "run": run["id"], "repo": world.repo, "digest": "sha256:" + "a" * 64, "repository": "x",
        "commit": run["commit"], "actor": "ann"})
    assert ask()["deployments"] == []      # a candidate
    world.orchestrator.patch(f"/v1/deployments/{made['id']}", {"state": "live"})
    found = ask()
    assert (found["repo"]["id"], found["ref"]) == (world.repo, "main") and found["newest"]["scan"] is None
    assert found["newest"]["build"] == world.orchestrator.get(f"/v1/repos/{world.repo}/newest",
                                                              params={"stage": "build", "ref": "main"})
    assert [row["id"] for row in found["deployments"]] == [made["id"]]
    assert found["runs"] == [world.orchestrator.get(f"/v1/runs/{run['id']}")]
    assert ask(ref="side")["newest"]["build"] is None
    with pytest.raises(Forbidden):
        world.dashboard.get(f"/v1/repos/{world.repo}/starts")      # inputs hold what is sealed
