"""What the broker says of a message decides whether it leaves the spool; tests/contract/dbproxy speaks to a real one."""

from types import SimpleNamespace

import pika
import pytest

from common.worker.publisher import WINDOW, Publisher
from common.worker.spool import Spool


class FakeChannel:
    """A channel whose confirms the test sends."""

    is_open = True

    def __init__(self, publisher):
        self.publisher, self.sent = publisher, []

    def basic_publish(self, exchange, key, body, properties, mandatory):
        assert mandatory and properties.delivery_mode == 2
        self.sent.append((properties.message_id, body))

    def confirm(self, tag, multiple=False, taken=True):
        kind = pika.spec.Basic.Ack if taken else pika.spec.Basic.Nack
        self.publisher._confirmed(SimpleNamespace(method=kind(delivery_tag=tag, multiple=multiple)))

    def give_back(self, number):
        """No queue took the message; the broker says so before it confirms it."""
        self.publisher._on_return(self, None, SimpleNamespace(message_id=str(number)), b"")


class FakeConnection:
    """An open connection; `later`: what the publisher wants to do after a pause."""

    is_open = True

    def __init__(self):
        self.later, self.ioloop = [], self

    def call_later(self, _, work):
        self.later.append(work)

    def add_callback_threadsafe(self, work):
        work()


class Broker:
    def __init__(self, folder):
        self.spool = Spool(folder / "spool.db", 10**7)
        self.publisher = Publisher("amqp://localhost", self.spool)
        self.publisher._begin()
        self.connection = self.publisher._connection = FakeConnection()
        self.channel = self.publisher._channel = FakeChannel(self.publisher)
        self.publisher._ready()

    def add(self, count):
        for number in range(count):
            self.spool.add("log.1", b"line %d" % number)
        self.publisher.wake()

    @property
    def waiting(self):
        return [body.decode() for _, _, body in self.spool.after(0, 10_000)]

    @property
    def sent(self):
        return [body.decode() for _, body in self.channel.sent]

    def resume(self):
        work = self.connection.later[:]
        self.connection.later.clear()
        for each in work:
            each()


@pytest.fixture
def broker(tmp_path):
    return Broker(tmp_path)


def test_a_message_leaves_the_spool_once_it_is_confirmed(broker):
    broker.add(3)
    assert broker.sent == broker.waiting == ["line 0", "line 1", "line 2"]
    broker.channel.confirm(2)
    assert broker.waiting == ["line 0", "line 2"]


def test_a_confirm_of_several_takes_those_up_to_its_tag_alone(broker):
    broker.add(4)
    broker.channel.confirm(3, multiple=True)
    assert broker.waiting == ["line 3"]


def test_a_message_that_the_broker_refuses_stays_and_is_sent_again(broker):
    broker.add(2)
    broker.channel.confirm(1)
    broker.channel.confirm(2, taken=False)
    assert broker.waiting == ["line 1"] and broker.publisher.state.startswith("refused")
    broker.resume()
    assert broker.sent == ["line 0", "line 1", "line 1"]
    broker.channel.confirm(3)
    assert broker.waiting == [] and broker.publisher.state == "connected"


def test_a_message_that_no_queue_took_stays_although_it_is_confirmed(broker):
    broker.add(2)
    broker.channel.give_back(1)
    broker.channel.confirm(2, multiple=True)
    assert broker.waiting == ["line 0"]
    broker.resume()
    assert broker.sent[-1] == "line 0"
    broker.channel.confirm(3)
    assert broker.waiting == []


def test_nothing_is_sent_again_while_answers_are_due(broker):
    broker.add(2)
    broker.channel.confirm(1, taken=False)
    broker.resume()
    assert broker.sent == ["line 0", "line 1"], "line 1 would come twice"
    broker.channel.confirm(2)
    broker.resume()
    assert broker.sent == ["line 0", "line 1", "line 0"]


def test_no_more_is_under_way_than_the_window_holds(broker):
    broker.add(2 * WINDOW)
    assert len(broker.sent) == WINDOW
    broker.channel.confirm(WINDOW, multiple=True)
    assert len(broker.sent) == 2 * WINDOW
