"""A write is due at 15 messages or 3 s after the first waiting one, whichever is sooner."""

from dbproxy.logs.batch import MOST_BYTES, MOST_MESSAGES, Batch


class Clock:
    now = 100.0

    def __call__(self):
        return self.now


def filled(count, size=10, clock=None):
    batch = Batch(clock or Clock())
    for tag in range(1, count + 1):
        batch.add(tag, b"x" * size)
    return batch


def test_nothing_waits_nothing_is_due():
    assert Batch(Clock()).due_in() is None
    assert Batch(Clock()).oldest_seconds() == 0


def test_one_message_is_due_three_seconds_after_it_came():
    clock = Clock()
    batch = filled(1, clock=clock)
    assert batch.due_in() == 3
    clock.now += 2.9
    batch.add(2, b"later ones do not put it off")
    assert 0 < batch.due_in() < 0.2
    clock.now += 0.2
    assert batch.due_in() == 0


def test_fourteen_wait_fifteen_are_due():
    batch = filled(14)
    assert batch.due_in() == 3
    batch.add(15, b"")
    assert batch.due_in() == 0


def test_a_write_takes_everything_that_was_delivered():
    assert [waiting.tag for waiting in filled(40).first()] == list(range(1, 41))


def test_a_write_is_bounded_in_messages():
    assert len(filled(MOST_MESSAGES + 5).first()) == MOST_MESSAGES


def test_a_write_is_bounded_in_bytes_but_takes_one_message_at_least():
    assert len(filled(5, size=MOST_BYTES // 2).first()) == 2
    assert len(filled(2, size=MOST_BYTES + 1).first()) == 1


def test_what_is_settled_leaves_and_the_rest_keeps_its_age():
    clock = Clock()
    batch = filled(2, clock=clock)
    clock.now += 1
    batch.add(3, b"")
    batch.settle(batch.first()[:2])
    assert [waiting.tag for waiting in batch.first()] == [3]
    assert batch.due_in() == 3
    assert len(batch) == 1
