"""Webhook deliveries: kept once, claimed in their order, given back, judged again, forgotten."""

import threading
import uuid

import pytest

from common.wire.errors import BadRequest, Conflict, Forbidden, NotFound
from dbproxy.deliveries import store as deliveries

PAYLOAD = {"ref": "refs/heads/main"}


@pytest.fixture(autouse=True)
def alone(world):
    """No open delivery of another test is claimed here."""
    world.sql("DELETE FROM deliveries")


def deliver(world, repo=None, guid=None, **values):
    body = {"event": "push", "repo": repo, "repo_path": "ann/site", "payload": PAYLOAD, **values}
    return world.dashboard.send("PUT", f"/v1/deliveries/github/{guid or uuid.uuid4()}", json=body)


def claim(world, owner="one", limit=10, wait=0):
    return world.orchestrator.post("/v1/deliveries/claim", {"owner": owner, "limit": limit, "wait": wait},
                                   timeout=wait + 10)["items"]


def end(world, delivery, owner="one", state="done", outcome="noted", **values):
    return world.orchestrator.patch(f"/v1/deliveries/{delivery['id']}",
                                    {"owner": owner, "state": state, "outcome": outcome, **values})


def test_the_same_delivery_again_is_the_first_one(world):
    first = deliver(world, world.repo, "a-guid")
    again = deliver(world, world.repo, "a-guid", payload={})
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json() and first.json()["payload"] == PAYLOAD and first.json()["state"] == "queued"


def test_the_guid_of_one_hook_uses_up_no_guid_of_another(world):
    other = world.new_repo()["id"]
    assert deliver(world, world.repo, "shared").status_code == 201
    assert deliver(world, other, "shared").status_code == 201
    assert deliver(world, None, "shared").status_code == 201


def test_fifty_copies_at_once_are_one_row(world):
    answers = []
    threads = [threading.Thread(target=lambda: answers.append(deliver(world, world.repo, "copy").status_code))
               for _ in range(50)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert sorted(answers) == [200] * 49 + [201]
    assert world.sql("SELECT count(*) FROM deliveries") == [(1,)]


def test_a_payload_that_is_too_large_and_a_repo_that_is_none_are_refused(world):
    with pytest.raises(BadRequest, match="larger than"):
        deliver(world, payload={"text": "x" * 65536})
    with pytest.raises(NotFound):
        deliver(world, 10**9)


def test_a_delivery_to_a_webhook_that_was_made_anew_is_refused(world):
    """Whoever found its signature good went by what it had seen of the repository."""
    with pytest.raises(Conflict, match="generation 2"):
        deliver(world, world.repo, generation=2)      # there is none
    world.dashboard.patch(f"/v1/repos/{world.repo}", {"state": {"webhook": {"generation": 1790000000000}}})
    assert deliver(world, world.repo, generation=1790000000000).status_code == 201
    world.dashboard.patch(f"/v1/repos/{world.repo}", {"state": {"webhook": {"generation": 1790000000001}}})
    with pytest.raises(Conflict):
        deliver(world, world.repo, generation=1790000000000)
    assert deliver(world, world.repo).status_code == 201      # the App's, which has a secret of its own


def test_one_repos_deliveries_are_claimed_in_their_order_one_at_a_time(world):
    other = world.new_repo()["id"]
    first, second = (deliver(world, world.repo).json() for _ in range(2))
    elsewhere = deliver(world, other).json()
    claimed = claim(world)
    assert [item["id"] for item in claimed] == [first["id"], elsewhere["id"]]
    assert claimed[0]["now"] >= claimed[0]["received"] and claim(world, "two") == []
    end(world, first)
    assert [item["id"] for item in claim(world)] == [second["id"]]


def test_a_claim_waits_for_the_next_delivery(world):
    found = []
    waiting = threading.Thread(target=lambda: found.extend(claim(world, wait=20)))
    waiting.start()
    delivery = deliver(world, world.repo).json()
    waiting.join(20)
    assert [item["id"] for item in found] == [delivery["id"]]


def test_an_owner_that_died_is_followed_by_another(world):
    delivery = deliver(world, world.repo).json()
    claim(world, "dead")
    world.sql("UPDATE deliveries SET lease_until = now() - interval '1 second'")
    (taken,) = claim(world, "two")
    assert (taken["id"], taken["attempts"]) == (delivery["id"], 2)
    with pytest.raises(Conflict):
        end(world, delivery, "dead")
    assert end(world, delivery, "two")["state"] == "done"
    assert end(world, delivery, "two")["outcome"] == "noted"        # the same word again


def test_what_is_given_back_waits_its_time(world):
    delivery = deliver(world, world.repo).json()
    claim(world)
    assert end(world, delivery, state="queued", outcome="GitHub is away", wait=600)["state"] == "queued"
    assert claim(world) == []
    world.sql("UPDATE deliveries SET not_before = now()")
    assert claim(world)[0]["id"] == delivery["id"]


def test_one_look_answers_all_that_waited_with_the_same_question(world):
    same = [deliver(world, world.repo).json()["id"] for _ in range(3)]
    other = deliver(world, world.repo, payload={"ref": "refs/heads/topic"}).json()["id"]
    elsewhere = deliver(world, world.new_repo()["id"]).json()["id"]
    (first,) = claim(world, limit=1)
    late = deliver(world, world.repo).json()["id"]
    run = world.new_run()["id"]
    end(world, first, run=run, covers="looked at once")
    states = {number: world.dashboard.get(f"/v1/deliveries/{number}") for number in (*same, other, elsewhere, late)}
    assert [states[number]["state"] for number in same] == ["done"] * 3
    assert [(states[number]["outcome"], states[number]["run"]) for number in same[1:]] == [("looked at once", run)] * 2
    assert {states[number]["state"] for number in (other, elsewhere, late)} == {"queued"}


def test_what_came_during_a_look_is_gathered_for_a_moment(world):
    """One more push waits a little for others; another ref's does not, and the wait ends by itself."""
    deliver(world, world.repo)
    (first,) = claim(world)
    late = deliver(world, world.repo).json()["id"]
    end(world, first, covers="looked at once")
    assert world.sql("SELECT not_before > now() - interval '10 s' FROM deliveries WHERE id = %s", (late,)) == [(True,)]
    (second,) = claim(world, wait=20)
    other = deliver(world, world.repo, payload={"ref": "refs/heads/topic"}).json()["id"]
    assert second["id"] == late
    end(world, second, covers="looked at once")
    assert world.sql("SELECT not_before FROM deliveries WHERE id = %s", (other,)) == [(None,)]


def test_an_end_names_the_run_and_again_begins_anew(world):
    run = world.new_run()["id"]
    delivery = deliver(world, world.repo).json()
    claim(world)
    ended = end(world, delivery, run=run)
    assert ended["run"] == run and ended["ended"]
    again = world.orchestrator.post(f"/v1/deliveries/{delivery['id']}/again", {"actor": "ann"})
    assert again["state"] == "queued" and "ann" in again["outcome"] and claim(world)[0]["id"] == delivery["id"]


def test_lists_are_newest_first_without_payloads(world):
    first, second = (deliver(world, world.repo).json()["id"] for _ in range(2))
    page = world.dashboard.get("/v1/deliveries", params={"repo": world.repo, "state": "queued"})
    assert [item["id"] for item in page["items"]] == [second, first] and "payload" not in page["items"][0]
    assert world.dashboard.get(f"/v1/deliveries/{first}")["payload"] == PAYLOAD


def test_only_dashboard_delivers_and_only_orchestrator_judges(world):
    with pytest.raises(Forbidden):
        world.orchestrator.put("/v1/deliveries/github/x", {"event": "push"})
    for path in ("claim", "1/again"):
        with pytest.raises(Forbidden):
            world.dashboard.post(f"/v1/deliveries/{path}", {})


def test_they_are_forgotten_after_thirty_days(world, store):
    old, kept = (deliver(world, world.repo).json()["id"] for _ in range(2))
    world.sql("UPDATE deliveries SET received = now() - interval '31 days' WHERE id = %s", (old,))
    world.sql("UPDATE deliveries SET received = now() - interval '29 days' WHERE id = %s", (kept,))
    store.run(deliveries.prune)
    assert world.sql("SELECT id FROM deliveries") == [(kept,)]
