"""Background loops: no exception ends them, an outage is logged once, and stop and wake end a pause."""

import logging
import threading

import pytest

from common.service.loop import Loop
from common.wire.errors import ServiceDown

HOUR = 3600


class Work:
    """Calls that end as `outcomes` say, in turn: an exception is raised, anything else returned."""

    def __init__(self, *outcomes):
        self.outcomes, self.called = list(outcomes), threading.Semaphore(0)

    def __call__(self):
        self.called.release()
        outcome = self.outcomes.pop(0) if self.outcomes else None
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


@pytest.fixture
def loop():
    made = []

    def start(work, **options):
        made.append(Loop("work", work, **{"pause": HOUR, "meanwhile": "nothing is done", **options}))
        return made[-1]
    yield start
    for one in made:
        one.stop(wait=5)


def test_it_calls_again_and_again(loop):
    work = Work()
    loop(work, pause=0).start()
    assert all(work.called.acquire(timeout=5) for _ in range(3))


@pytest.mark.parametrize("problem", [ServiceDown("dbproxy is away"), RuntimeError("a mistake"), KeyError("gone")])
def test_no_exception_ends_it(loop, problem):
    work = Work(problem, problem)
    loop(work, pause=HOUR, retry=0).start()
    assert all(work.called.acquire(timeout=5) for _ in range(3))


def test_pauses_grow_after_failures_up_to_the_longest_and_are_short_again_when_all_is_well(loop):
    one = loop(Work(*[ServiceDown("away")] * 4, None, ServiceDown("away")), pause=5, retry=1, longest_retry=3)
    assert [one.turn() for _ in range(6)] == [1, 2, 3, 3, 5, 1]


def test_a_call_that_lasts_says_that_all_is_well(loop, caplog):
    def connect_and_lose():
        one.well()
        raise ServiceDown("lost")
    one = loop(connect_and_lose, pause=5, retry=1, longest_retry=60)
    assert [one.turn() for _ in range(3)] == [1, 1, 1]
    assert [record.levelno for record in caplog.records if "lost" in record.message] == [logging.WARNING] * 3


def test_the_pause_is_what_the_work_returns(loop):
    assert loop(Work(7), pause=5).turn() == 7
    assert loop(Work(None), pause=5).turn() == 5
    assert loop(Work(0), pause=5).turn() == 0
    assert loop(Work(ServiceDown("away")), pause=5).turn() == 5
    assert loop(Work(RuntimeError()), pause=5, retry=1).turn() == 1


def test_an_outage_is_logged_once_and_its_end_too(loop, caplog):
    caplog.set_level(logging.INFO)
    away = [ServiceDown("dbproxy is away"), ServiceDown("dbproxy is away")]
    looped = loop(Work(*away, None, *away))
    for _ in range(5):
        looped.turn()
    assert [record.getMessage() for record in caplog.records] == [
        "nothing is done: dbproxy is away", "work works again", "nothing is done: dbproxy is away"]


def test_a_mistake_is_logged_with_its_place(loop, caplog):
    loop(Work(KeyError("gone"))).turn()
    assert "work broke and is tried again" in caplog.text and "Traceback" in caplog.text


def test_wake_ends_a_pause(loop):
    work = Work()
    looped = loop(work)
    looped.start()
    assert work.called.acquire(timeout=5)
    looped.wake()
    assert work.called.acquire(timeout=5)


def test_stop_ends_a_pause_and_calls_the_end_in_the_thread(loop):
    ends = []
    looped = loop(Work(), first=HOUR, at_end=lambda: ends.append(threading.current_thread().name))
    looped.start()
    looped.stop(wait=5)
    assert ends == ["work"] and looped.stopping


def test_stop_waits_for_the_call_under_way(loop):
    begun, done = threading.Event(), []

    def work():
        begun.set()
        looped._stopping.wait(5)
        done.append(True)
    looped = loop(work)
    looped.start()
    assert begun.wait(5)
    looped.stop(wait=5)
    assert done == [True]
