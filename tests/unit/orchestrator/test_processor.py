"""From a claimed delivery to its outcome."""

import threading
from dataclasses import replace

import pytest

from common.wire.errors import Forbidden, Problem, ServiceDown, Unauthorized, Unavailable
from orchestrator.background.queue_worker import backoff
from orchestrator.scm.webhooks import processor as module
from tests.unit.orchestrator.fakes import COMMIT
from tests.unit.orchestrator.hub import NEXT, THIRD, HubWorld


@pytest.fixture
def world():
    return HubWorld()


def test_a_push_starts_a_run_and_says_so(world):
    row = world.push()
    assert (row["state"], row["run"]) == ("done", 1) and row["outcome"] == f"main moved to {NEXT[:12]}: run 1"
    assert world.runs() == [("push", "main", NEXT, "pending")]
    assert world.repo["last_heads"]["refs/heads/main"] == f"{NEXT} 1"


def test_the_person_who_pushed_is_the_runs_actor(world):
    world.hub.heads["main"] = NEXT
    world.deliver("push", {"ref": "refs/heads/main", "sender": {"login": "eve"}})
    assert world.db.runs[1]["actor"] == "eve" and world.db.runs[1]["author"] == "Ada"


def test_the_same_body_under_another_guid_moves_nothing(world):
    world.push()
    again = world.push()
    assert "as is known" in again["outcome"] and len(world.db.runs) == 1


def test_an_old_push_that_is_sent_again_does_not_bring_the_old_commit_back(world):
    world.push(NEXT), world.push(THIRD)
    old = world.deliver("push", {"ref": "refs/heads/main", "after": NEXT, "before": COMMIT})
    assert "as is known" in old["outcome"]
    assert [commit for _, _, commit, _ in world.runs()] == [NEXT, THIRD]


def test_fifty_copies_at_once_make_one_run(world):
    world.hub.heads["main"] = NEXT
    threads = [threading.Thread(target=world.deliver, args=("push", {"ref": "refs/heads/main"})) for _ in range(50)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert len(world.db.runs) == 1


def test_a_thousand_pushes_that_waited_are_answered_by_one_look(world):
    row = world.push()
    assert row["covers"].startswith("main was looked at once for all pushes that waited") and row["run"] == 1
    assert world.deliver("ping", {"hook_id": 4}).get("covers") is None


def test_create_and_push_of_a_new_branch_are_one_move(world):
    world.hub.files[NEXT] = "on: {push: [main, topic]}"
    world.push(branch="topic")
    world.deliver("create", {"ref": "topic", "ref_type": "branch"})
    assert world.runs() == [("push", "topic", NEXT, "pending")]


@pytest.mark.parametrize("message, file, why", [
    ("typo [skip ci]", "", "[skip ci]"), ("x", "on: {push: [trunk]}", "no glob of on.push matches main"),
    ("x", "on: {paths: [src]}", "it changes nothing that on.paths names")])
def test_why_there_is_no_run_is_told(world, message, file, why):
    world.hub.messages[NEXT], world.hub.files[NEXT], world.hub.diffs[NEXT] = message, file, ["docs/a"]
    assert why in world.push()["outcome"] and world.runs() == []
    assert world.repo["last_heads"]["refs/heads/main"] == f"{NEXT} 1"


def test_a_deleted_branch_is_forgotten_and_its_waiting_runs_end(world):
    world.hub.files[NEXT] = "on: {push: [topic]}"
    world.push(branch="topic")
    del world.hub.heads["topic"]
    row = world.deliver("delete", {"ref": "topic", "ref_type": "branch"})
    assert "topic was deleted; 1 waiting" in row["outcome"]
    assert world.db.runs[1]["state"] == "canceled" and "deletion of topic" in world.db.runs[1]["reason"]
    assert "refs/heads/topic" not in world.repo["last_heads"]


def test_a_delete_that_is_replayed_while_the_branch_is_back_ends_nothing(world):
    world.hub.files[NEXT] = "on: {push: [topic]}"
    world.push(branch="topic")
    world.deliver("delete", {"ref": "topic", "ref_type": "branch"})
    assert world.db.runs[1]["state"] == "pending"


def test_a_branch_that_is_called_like_a_pull_request_runs_nothing(world):
    world.hub.files[NEXT] = "on: {push: ['*']}"
    world.hub.heads["refs/pull/7/head"] = NEXT
    row = world.deliver("push", {"ref": "refs/heads/refs/pull/7/head"})
    assert "may not be called" in row["outcome"] and world.runs() == []


def test_a_push_that_the_forge_does_not_show_yet_is_looked_at_again(world):
    row = world.deliver("push", {"ref": "refs/heads/main", "before": COMMIT, "after": NEXT})
    assert row["state"] == "queued" and "not visible" in row["outcome"] and row["wait"] == 1
    last = world.deliver("push", {"ref": "refs/heads/main", "before": COMMIT, "after": NEXT}, attempts=4)
    assert last["state"] == "done"


@pytest.mark.parametrize("problem", [ServiceDown("no answer"), Unavailable("502"), Problem("quiet", status=429)])
def test_while_the_forge_is_away_it_waits_and_says_so(world, problem):
    world.hub.problem = problem
    row = world.push()
    assert row["state"] == "queued" and row["outcome"].startswith("waits: ") and row["wait"] >= 1
    world.hub.problem = None
    world.judge(row, attempts=2)
    assert world.db.deliveries[1]["state"] == "done" and len(world.db.runs) == 1


def test_it_waits_as_long_as_the_forge_asks_for(world):
    world.hub.problem = Unavailable("busy")
    world.hub.problem.retry_after = 300
    assert world.push()["wait"] == 300


def test_after_hours_it_is_given_up(world):
    world.hub.problem = Unavailable("away")
    row = world.deliver("push", {"ref": "refs/heads/main"}, received="2025-12-31T00:00:00.000Z")
    assert row["state"] == "failed" and "given up after 6 hours" in row["outcome"]


@pytest.mark.parametrize("problem", [Unauthorized("sign in again"), Forbidden("ask an owner")])
def test_what_another_try_does_not_change_fails_with_the_next_step(world, problem):
    world.hub.problem = problem
    row = world.push()
    assert (row["state"], row["outcome"]) == ("failed", problem.detail)


def test_a_mistake_of_ours_ends_it_and_the_next_is_judged(world, monkeypatch):
    monkeypatch.setattr(world.hub, "head", lambda *_: 1 / 0)
    assert world.push()["outcome"].startswith("internal error (ZeroDivisionError)")
    monkeypatch.undo()
    assert world.push()["state"] == "done"


def test_an_apps_delivery_finds_its_repository_by_number(world):
    assert world.push(repo=None)["run"] == 1
    row = world.deliver("push", {"ref": "refs/heads/main", "repository": {"id": 77, "full_name": "eve/own"}}, repo=None)
    assert "eve/own is not connected here" in row["outcome"] and len(world.db.runs) == 1


def test_a_payload_about_another_repository_moves_nothing_of_either(world):
    world.hub.heads["main"] = NEXT
    row = world.deliver("push", {"ref": "refs/heads/main", "repository": {"id": 77, "full_name": "eve/own"}})
    assert row["outcome"].startswith("refused") and world.hub.asked == [] and world.runs() == []


@pytest.mark.parametrize("change, news", [
    ({"owner": "ada", "name": "greeter"}, "it is ada/greeter now"), ({"default_branch": "trunk"}, "branch is trunk now"),
    ({"private": True}, "it is private now"), ({"archived": True}, "it is archived"), ({}, "nothing of it changed")])
def test_what_became_of_the_repository_is_told_and_kept(world, change, news):
    world.hub.row = replace(world.hub.row, **change)
    row = world.deliver("repository", {"action": "edited"})
    assert row["state"] == "done" and news in row["outcome"]
    assert (world.repo["owner"], world.repo["name"]) == (world.hub.row.owner, world.hub.row.name)
    assert world.repo["default_branch"] == world.hub.row.default_branch and world.repo["id"] == 1


def test_a_repository_that_is_gone_is_marked_and_what_is_live_stays(world):
    world.hub.gone = True
    row = world.deliver("repository", {"action": "deleted"})
    assert "is not there any more" in row["outcome"] and "stays live" in row["outcome"]
    assert world.repo["state"]["gone"] and world.push()["state"] == "failed"
    world.hub.gone = False
    assert "there again" in world.deliver("repository", {"action": "edited"})["outcome"]
    assert "gone" not in world.repo["state"]


@pytest.mark.parametrize("error, kept", [("app_suspended", True), ("sign_in_again", True), ("forge_token_refused", False)])
def test_an_installation_that_ended_is_told_on_the_pages_of_its_repositories(world, error, kept):
    world.hub.problem = Unauthorized("ask ann", error=error)
    told = {"action": "suspend", "repository": None, "installation": {"id": 1, "account": {"login": "Ada"}}}
    row = world.deliver("installation", told, repo=None)
    assert row["state"] == "done" and "ask ann" in row["outcome"] and world.hub.forgot == 1
    assert (world.repo["state"].get("unreached") == "ask ann") == kept
    world.hub.problem = None
    assert ("we reach it again" in world.deliver("installation", {**told, "action": "unsuspend"}, repo=None)["outcome"]) == kept
    assert "unreached" not in world.repo["state"]


def test_a_token_that_was_replaced_meanwhile_is_tried_again_and_then_told(world):
    world.hub.problem = Unauthorized("no", error="forge_token_refused")
    assert world.push()["state"] == "queued"
    assert world.push(attempts=9)["state"] == "failed"


def test_another_repository_under_the_old_name_is_not_followed(world):
    world.hub.row = replace(world.hub.row, external_id="99")
    row = world.deliver("repository", {"action": "edited"})
    assert "another repository has its name" in row["outcome"] and len(world.db.repos) == 1


def test_claims_judge_in_threads_and_give_their_room_back(world):
    judged = threading.Event()
    world.desk.judge = lambda delivery: judged.set()
    world.db.deliveries[1] = {"id": 1, "state": "queued", "attempts": 0}
    for _ in range(module.AT_ONCE + 1):
        world.db.deliveries[1]["state"] = "queued"
        assert world.desk.worker.claim_once() == 1
    assert judged.wait(10)
    for _ in range(module.AT_ONCE + 1):
        assert world.desk.worker.claim_once() == 0


def test_waits_grow_to_a_bound():
    assert backoff(1, 600) < 3 < backoff(4, 600) < 21 and backoff(99, 600) <= 600 * 1.25
