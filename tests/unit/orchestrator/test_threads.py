"""Threads that stay."""

import queue
import threading

from orchestrator.background.threads import Threads


class Idle(list):
    """The list of idle threads, that tells when one came back."""

    def __init__(self):
        super().__init__()
        self.came_back = threading.Semaphore(0)

    def append(self, tasks):
        super().append(tasks)
        self.came_back.release()


def watched(**options):
    hands = Threads(**options)
    hands._idle = Idle()
    return hands


def run_in(hands, work=lambda: None):
    """The thread that did it."""
    done = queue.SimpleQueue()

    def wrapped():
        done.put(threading.current_thread())
        work()
    hands.do("work", wrapped)
    return done.get(timeout=5)


def test_the_thread_and_with_it_its_connections_are_used_again():
    hands = watched()
    first = run_in(hands)
    assert hands._idle.came_back.acquire(timeout=5) and run_in(hands) is first and first.name == "work"


def test_nothing_waits_for_a_thread():
    hands, gate, reached = Threads(), threading.Event(), threading.Semaphore(0)

    def wait():
        reached.release()
        gate.wait(10)
    for _ in range(10):
        hands.do("busy", wait)
    assert all(reached.acquire(timeout=5) for _ in range(10))
    gate.set()


def test_what_breaks_leaves_its_thread_whole():
    hands = watched()
    first = run_in(hands, lambda: 1 / 0)
    assert hands._idle.came_back.acquire(timeout=5) and run_in(hands) is first


def test_no_more_threads_are_kept_than_said():
    hands = Threads(kept=0)
    thread = run_in(hands)
    thread.join(5)
    assert not thread.is_alive() and hands._idle == []
