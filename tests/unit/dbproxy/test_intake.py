"""Acknowledged after the commit, never before; kept while the store is away; rejected where nothing can read it."""

import pytest

from common.wire import broker
from dbproxy.logs.intake import Intake, Refused, StoreAway
from dbproxy.logs.tally import Tally


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


class Channel:
    """Notes what it is told; an ack of a tag that is not open is the error that a broker makes of it."""

    def __init__(self):
        self.open: set[int] = set()
        self.said: list[tuple] = []

    def basic_ack(self, delivery_tag, multiple):
        assert delivery_tag in self.open, "PRECONDITION_FAILED: unknown delivery tag"
        self.open -= {tag for tag in self.open if tag == delivery_tag or multiple and tag < delivery_tag}
        self.said.append(("ack", delivery_tag, multiple))

    def basic_reject(self, delivery_tag, requeue):
        assert delivery_tag in self.open and not requeue
        self.open.remove(delivery_tag)
        self.said.append(("reject", delivery_tag))


class Store:
    """Keeps what is stored, unless it is `away` or the text `poison` is in a line."""

    def __init__(self, channel):
        self.away = False
        self.rows = []
        self.writes = 0
        self._channel = channel

    def __call__(self, messages):
        self.writes += 1
        if self.away:
            raise StoreAway("Postgres cannot answer")
        if any("poison" in line for message in messages for line in message.lines):
            raise Refused("cannot be stored")
        assert len(self._channel.open) >= len(messages), "acknowledged before the commit"
        self.rows += messages


class World:
    def __init__(self, store=Store):
        self.clock, self.channel, self.tally = Clock(), Channel(), Tally()
        self.store = store(self.channel)
        self.intake = Intake(self.channel, self.store, self.clock, self.tally)
        self._tag = 0

    def deliver(self, *bodies):
        for body in bodies:
            self._tag += 1
            self.channel.open.add(self._tag)
            self.intake.receive(self._tag, body)


def body(number, text="line"):
    return broker.encode(7, "build", 1, number, [1000], [0], [text], [])


@pytest.fixture
def world():
    return World()


def test_nothing_is_written_before_it_is_due(world):
    world.deliver(*(body(number) for number in range(1, 15)))
    world.intake.write()
    assert world.store.writes == 0 and world.channel.said == []


def test_fifteen_messages_are_one_write_and_one_ack(world):
    world.deliver(*(body(number) for number in range(1, 16)))
    world.intake.write()
    assert [message.first_seq for message in world.store.rows] == list(range(1, 16))
    assert world.store.writes == 1
    assert world.channel.said == [("ack", 15, True)] and not world.channel.open
    assert world.intake.due_in() is None


def test_three_seconds_after_the_first_a_few_are_written(world):
    world.deliver(body(1), body(2))
    world.clock.now = 3.0
    assert world.intake.due_in() == 0
    world.intake.write()
    assert world.channel.said == [("ack", 2, True)]


def test_while_the_store_is_away_everything_is_kept_and_tried_again(world):
    world.store.away = True
    world.deliver(*(body(number) for number in range(1, 16)))
    world.intake.write()
    assert world.channel.said == [] and world.channel.open == set(range(1, 16))
    assert world.tally.view()["store_problem"] == "Postgres cannot answer"
    assert world.intake.due_in() > 0, "it must pause between tries"
    world.deliver(body(16))
    world.store.away = False
    world.clock.now += world.intake.due_in()
    world.intake.write()
    assert [message.first_seq for message in world.store.rows] == list(range(1, 17))
    assert world.channel.said == [("ack", 16, True)]
    assert world.tally.view()["store_problem"] is None


def test_the_pauses_grow_to_five_seconds_and_begin_anew_after_a_success(world):
    world.store.away = True
    world.deliver(*(body(number) for number in range(1, 16)))
    pauses = []
    for _ in range(8):
        world.intake.write()
        pauses.append(round(world.intake.due_in(), 1))
        world.clock.now += world.intake.due_in()
    assert pauses == [0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0, 5.0]


@pytest.mark.parametrize("bad", [b"", b"{", b"[]", b'{"run": 1}', b"\xff\xfe", b"null"])
def test_what_nobody_can_read_goes_to_the_dead_letters_and_the_rest_is_stored(world, bad):
    world.deliver(*(body(number) for number in range(1, 15)), bad)
    world.intake.write()
    assert ("reject", 15) in world.channel.said
    assert len(world.store.rows) == 14 and not world.channel.open
    assert world.tally.view()["last_rejection"]


def test_only_unreadable_messages_are_no_write(world):
    world.deliver(b"{")
    world.clock.now = 3.0
    world.intake.write()
    assert world.store.writes == 0 and world.channel.said == [("reject", 1)]
    assert world.intake.due_in() is None


def test_a_message_that_the_store_refuses_does_not_take_the_others_with_it(world):
    world.deliver(*(body(number) for number in range(1, 15)), body(15, "poison"), body(16))
    world.intake.write()
    assert [message.first_seq for message in world.store.rows] == [*range(1, 15), 16]
    assert ("reject", 15) in world.channel.said and ("ack", 16, False) in world.channel.said
    assert not world.channel.open


def test_a_store_that_goes_away_between_two_single_messages_keeps_the_rest():
    class GoesAway(Store):
        def __call__(self, messages):
            if len(self.rows) == 3:
                raise StoreAway("gone")
            super().__call__(messages)

    world = World(GoesAway)
    world.deliver(*(body(number) for number in range(1, 15)), body(15, "poison"))
    world.intake.write()
    assert len(world.store.rows) == 3 and world.channel.open == set(range(4, 16))
