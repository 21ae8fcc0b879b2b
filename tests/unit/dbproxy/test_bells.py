"""Who waits is woken by a ring, also by one that came between the look and the wait."""

import threading

from dbproxy.bells import Bell, wait_for


def test_an_answer_that_is_there_needs_no_ring():
    assert wait_for(Bell(), lambda: (["run"], None), 10) == ["run"]


def test_without_a_ring_the_empty_answer_comes_after_the_time():
    assert wait_for(Bell(), lambda: ([], None), 0.02) == []


def test_a_ring_between_look_and_wait_is_not_missed():
    bell, found = Bell(), []

    def look():
        answer = list(found)
        if not found:
            found.append("run")
            bell.ring()
        return answer, None

    assert wait_for(bell, look, 10) == ["run"]


def test_a_ring_from_another_thread_wakes():
    bell, found = Bell(), []

    def change():
        found.append("run")
        bell.ring()

    looks = []

    def look():
        looks.append(1)
        if len(looks) == 1:
            threading.Thread(target=change).start()
        return list(found), None

    assert wait_for(bell, look, 10) == ["run"]


def test_a_lease_that_ends_is_looked_at_without_a_ring():
    answers = iter([([], 0.01), (["run"], None)])
    assert wait_for(Bell(), lambda: next(answers), 10) == ["run"]


def test_a_bell_that_never_rests_is_answered_now_and_then():
    bell, looks = Bell(), []

    def look():
        looks.append(1)
        bell.ring()      # for what somebody else gets
        return [], None
    assert wait_for(bell, look, 0.3, rest=0.1) == []
    assert 2 <= len(looks) <= 6


def test_the_first_ring_is_answered_at_once():
    bell, answers = Bell(), iter([([], None), (["delivery"], None)])

    def look():
        bell.ring()
        return next(answers)
    assert wait_for(bell, look, 600, rest=600) == ["delivery"]
