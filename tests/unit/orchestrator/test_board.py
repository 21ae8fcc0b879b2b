"""The right order, whatever arrives late; tries that are bounded."""

import threading

import pytest

from common.errors import Forbidden, ServiceDown, Unauthorized, Unavailable
from orchestrator.feedback import board as module
from orchestrator.feedback.board import Board, Order

PLACE = ("status", "c", "continuum/build")


class World:
    def __init__(self):
        self.now, self.told, self.problem = 0.0, [], None
        self.board = Board(lambda: self.now)

    def put(self, word, run=1, life=0, final=False, place=PLACE, delay=0):
        def send():
            if self.problem:
                raise self.problem
            self.told.append(word)
        self.board.put(place, Order(run, life, final), send, delay)

    def send_all(self):
        while self.board.send_due():
            pass
        return self.told


@pytest.fixture
def world():
    return World()


def test_what_comes_later_replaces_what_waits_at_the_same_place(world):
    world.put("pending"), world.put("other place", place="x"), world.put("success", final=True)
    assert world.send_all() == ["other place", "success"]


def test_nothing_unfinished_after_the_end_of_the_same_run(world):
    world.put("success", final=True), world.put("late pending")
    assert world.send_all() == ["success"]
    world.put("very late pending")
    assert world.send_all() == ["success"]


def test_a_retried_run_may_be_pending_again(world):
    world.put("failure", final=True)
    world.send_all()
    world.put("pending again", life=1), world.put("late failure", final=True)
    assert world.send_all() == ["failure", "pending again"]


def test_a_newer_run_speaks_and_the_older_one_is_silent(world):
    world.put("run 2 pending", run=2), world.put("run 1 success", run=1, final=True)
    assert world.send_all() == ["run 2 pending"]


def test_what_is_only_worth_telling_if_it_lasts_is_not_told_sooner(world):
    world.put("running", delay=4)
    assert world.send_all() == []
    world.now = 3.9
    assert world.send_all() == []
    world.put("success", final=True)
    assert world.send_all() == ["success"]
    world.put("running", place="slow stage", delay=4)
    world.now = 8
    assert world.send_all() == ["success", "running"]


@pytest.mark.parametrize("problem", [ServiceDown("away"), Unavailable("502"), Unauthorized("sign in again")])
def test_while_the_forge_is_away_it_is_tried_again_with_growing_pauses(world, problem):
    world.problem = problem
    world.put("success", final=True)
    world.send_all()
    dues = []
    for _ in range(3):
        dues.append(world.board._next_due())
        world.now += dues[-1]
        world.send_all()
    assert dues == [2, 4, 8]
    world.problem, world.now = None, world.now + 16
    assert world.send_all() == ["success"] and world.board.waiting() == 0


def test_it_waits_as_long_as_the_forge_asks_for(world):
    world.problem = Unavailable("quiet")
    world.problem.retry_after = 120
    world.put("success", final=True)
    world.send_all()
    assert world.board._next_due() == 120


def test_what_waits_for_another_try_is_replaced_by_what_is_newer(world):
    world.problem = ServiceDown("away")
    world.put("pending")
    world.send_all()
    world.problem = None
    world.put("success", final=True)
    assert world.send_all() == ["success"]
    world.now = 10_000
    assert world.send_all() == ["success"]


def test_after_an_hour_it_is_given_up(world):
    world.problem = ServiceDown("away")
    world.put("success", final=True)
    while world.board.waiting():
        assert world.now < 2 * module.GIVEN_UP_AFTER
        world.now += world.board._next_due()
        world.send_all()
    assert world.now > module.GIVEN_UP_AFTER


def test_a_refusal_is_not_tried_again(world):
    world.problem = Forbidden("no right")
    world.put("success", final=True)
    world.send_all()
    assert world.board.waiting() == 0


def test_a_mistake_of_ours_ends_no_other_note(world):
    world.board.put("broken", Order(1, 0), lambda: 1 / 0)
    world.put("success")
    assert world.send_all() == ["success"]


def test_the_oldest_is_given_up_where_too_many_wait(world, monkeypatch):
    monkeypatch.setattr(module, "WAITING", 2)
    for word in ("one", "two", "three"):
        world.put(word, place=word)
    assert world.send_all() == ["two", "three"]


def test_one_place_is_told_by_one_thread_at_a_time():
    board, reached, go, told = Board(), threading.Event(), threading.Event(), []

    def slow():
        reached.set()
        go.wait(10)
        told.append("pending")
    board.put(PLACE, Order(1, 0), slow)
    first = threading.Thread(target=board.send_due)
    first.start()
    assert reached.wait(10)
    board.put(PLACE, Order(1, 0, True), lambda: told.append("success"))
    assert not board.send_due()               # its place is being told
    board.put("elsewhere", Order(1, 0), lambda: told.append("elsewhere"))
    assert board.send_due()
    go.set()
    first.join(10)
    assert board.send_due() and told == ["elsewhere", "pending", "success"]


def test_its_own_threads_send_and_end():
    board, told = Board(), threading.Event()
    board.start()
    board.put(PLACE, Order(1, 0), told.set)
    assert told.wait(10)
    board.stop()
