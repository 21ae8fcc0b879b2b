"""Claiming, leases, cancels, letting go."""

import threading

import pytest

from common.api.events import Event
from orchestrator.background.threads import Threads
from orchestrator.runs import claimer as claims_module
from orchestrator.runs.claimer import RunClaimer
from tests.harness.rows import AT
from tests.unit.orchestrator.fakes import FakeDb


class Conduct:
    """Runs that go on until the test ends them; told about changes of their hold."""

    def __init__(self, problem=None):
        self.holds, self.end, self.changed = [], threading.Event(), threading.Event()
        self._begun, self._problem = threading.Semaphore(0), problem

    def __call__(self, hold, run):
        self.holds.append(hold)
        hold.on_change(self.changed.set)
        self._begun.release()
        if self._problem:
            raise self._problem
        assert self.end.wait(10)

    def wait_for(self, count):
        return all(self._begun.acquire(timeout=5) for _ in range(count))


@pytest.fixture
def db():
    db = FakeDb()
    for number in range(2, 5):
        db.repos[number] = {**db.repos[1], "id": number}
    return db


@pytest.fixture
def conduct():
    conduct = Conduct()
    yield conduct
    conduct.end.set()


def test_no_more_runs_than_slots(db, conduct):
    for repo in range(1, 5):
        db.new_run(repo=repo)
    claims = RunClaimer(db.api, conduct, Threads(), slots=3)
    assert claims.claim_once() == 3 and conduct.wait_for(3) and len(claims.held()) == 3


def test_a_slot_is_free_again_after_the_run(db, conduct):
    db.new_run()
    claims = RunClaimer(db.api, conduct, Threads(), slots=1)
    claims.claim_once()
    conduct.end.set()
    with claims._changed:
        assert claims._changed.wait_for(lambda: not claims._leases, 5)
    assert conduct.holds[0].lost, "late writes of the run must find their hold over"


def test_a_cancel_that_was_asked_for_before_the_claim_is_known_at_once(db, conduct):
    db.new_run(cancel_requested=True)
    claims = RunClaimer(db.api, conduct, Threads(), slots=1)
    claims.claim_once()
    assert conduct.wait_for(1) and conduct.holds[0].canceled


def test_a_cancel_is_heard_by_its_event(db, conduct):
    run = db.new_run()
    claims = RunClaimer(db.api, conduct, Threads(), slots=1)
    claims.start()
    try:
        assert conduct.wait_for(1)
        db.post(f"/v1/runs/{run}/cancel", {"actor": "eve"})
        assert conduct.changed.wait(2) and conduct.holds[0].canceled
    finally:
        claims.stop()


def test_events_of_other_runs_renew_nothing(db, conduct):
    run = db.new_run()
    claims = RunClaimer(db.api, conduct, Threads(), slots=1)
    claims.claim_once()
    writes = len(db.writes)
    claims.hear([Event(id=1, kind="run.updated", run=run + 1, at=AT)])
    assert len(db.writes) == writes
    claims.hear([Event(id=2, kind="run.updated", run=run, at=AT)])
    assert len(db.writes) == writes + 1


def test_an_old_fence_at_the_renewal_ends_the_hold(db, conduct):
    run = db.new_run()
    claims = RunClaimer(db.api, conduct, Threads(), slots=1)
    claims.claim_once()
    assert conduct.wait_for(1)
    db.runs[run]["fence"] += 1
    claims.renew(claims.held()[0])
    assert conduct.holds[0].lost


def test_dbproxy_out_of_reach_ends_no_hold(db, conduct):
    db.new_run()
    claims = RunClaimer(db.api, conduct, Threads(), slots=1)
    claims.claim_once()
    assert conduct.wait_for(1)
    db.down = True
    claims.renew(claims.held()[0])
    assert not conduct.holds[0].lost


def test_claiming_goes_on_after_dbproxy_was_out_of_reach(db, conduct, monkeypatch):
    monkeypatch.setattr(claims_module, "PAUSE", 0.01)
    db.new_run()
    db.down = True
    claims = RunClaimer(db.api, conduct, Threads(), slots=1)
    claims.start()
    try:
        db.down = False
        assert conduct.wait_for(1)
    finally:
        claims.stop()


def test_stop_lets_the_next_owner_claim_at_once(db, conduct):
    run = db.new_run()
    claims = RunClaimer(db.api, conduct, Threads(), slots=1)
    claims.claim_once()
    assert conduct.wait_for(1)
    claims.stop()
    assert conduct.holds[0].lost and db.runs[run]["owner"] is None
    assert db.claim("next").fence == 2


def test_what_is_let_go_does_not_come_back_to_our_own_claim_under_way(db, conduct, monkeypatch):
    monkeypatch.setattr(claims_module, "CLAIM_POLL", 0.5)
    run = db.new_run()
    claims = RunClaimer(db.api, conduct, Threads(), slots=2)
    claims.start()
    assert conduct.wait_for(1) and db.claim_waits.wait(5)
    claims.stop()
    claims._loops[0].stop(wait=5)
    assert db.runs[run]["owner"] is None and db.runs[run]["fence"] == 1


def test_a_claim_that_comes_back_after_stop_is_let_go(db, conduct):
    run = db.new_run()
    claims = RunClaimer(db.api, conduct, Threads(), slots=1)
    claims.stop()
    claims.claim_once()
    assert not conduct.holds and db.runs[run]["owner"] is None


def test_a_run_that_we_claim_anew_loses_its_former_hold(db, conduct):
    run = db.new_run()
    claims = RunClaimer(db.api, conduct, Threads(), slots=2)
    claims.claim_once()
    assert conduct.wait_for(1)
    db.expire(run)
    claims.claim_once()
    assert conduct.wait_for(1) and conduct.holds[0].lost and not conduct.holds[1].lost


def test_a_mistake_of_ours_ends_the_run_as_error(db):
    run = db.new_run()
    conduct = Conduct(KeyError("ours"))
    claims = RunClaimer(db.api, conduct, Threads(), slots=1)
    claims.claim_once()
    with claims._changed:
        assert claims._changed.wait_for(lambda: not claims._leases, 5)
    assert db.runs[run]["state"] == "error" and "KeyError" in db.runs[run]["reason"]


def test_two_orchestrators_claim_each_run_once(db, conduct):
    for repo in range(1, 5):
        db.new_run(repo=repo)
    one, two = RunClaimer(db.api, conduct, Threads(), slots=2, owner="one"), RunClaimer(db.api, conduct, Threads(), slots=2, owner="two")
    one.claim_once(), two.claim_once()
    held = [hold.run for claims in (one, two) for hold in claims.held()]
    assert len(held) == len(set(held)) == 4
