"""Half-sent requests: each is over after a while, and all together may hold so much."""

from __future__ import annotations

import gevent
import pytest
from gevent import socket

from dashboard.connections import guarded, waiting
from dashboard.connections.guarded import Guarded
from dashboard.connections.waiting import EACH, Waiting

SOON = 0.2               # seconds, of what takes long in an installation
DRIPS = 300              # bytes that drip, over fifteen times as long


class Client:
    """Holds what `Waiting` asks of a connection."""

    def __init__(self, address: str, since: float, held: int = 0):
        self.address, self.since, self.held, self.is_cut = address, since, held, False

    def cut(self) -> None:
        self.is_cut = True


@pytest.fixture
def pair(monkeypatch):
    """(a guarded socket with short limits, its client)."""
    for name in ("HEAD", "BODY", "ANSWER", "IDLE"):
        monkeypatch.setattr(guarded, name, SOON)
    ours, client = socket.socketpair()
    yield Guarded(ours, "10.0.0.1", Waiting()), client
    ours.close()
    client.close()


def drip(client) -> None:
    for _ in range(DRIPS):
        client.send(b"x")
        gevent.sleep(SOON / 20)
    client.shutdown(socket.SHUT_WR)


def read_all(connection) -> int:
    """Bytes until the connection is over."""
    count = 0
    while data := connection.recv(8192):
        count += len(data)
    return count


@pytest.mark.parametrize("phase", ["head", "body", "next head"])
def test_a_request_that_drips_is_over(pair, phase):
    connection, client = pair
    if phase == "body":
        connection.answering()
    if phase == "next head":
        connection.resting()
    dripping = gevent.spawn(drip, client)
    assert 0 < read_all(connection) < DRIPS
    assert not dripping.ready()
    dripping.kill()


def test_a_client_that_sends_nothing_is_over(pair):
    assert read_all(pair[0]) == 0


def test_a_large_body_on_a_slow_line_has_the_time_that_it_needs(pair, monkeypatch):
    """A second for each RATE bytes: it takes longer than BODY and comes whole."""
    connection, client = pair
    monkeypatch.setattr(guarded, "RATE", 1000)
    connection.answering()

    def send():
        for _ in range(10):
            client.send(b"x" * 100)
            gevent.sleep(SOON / 4)
        client.shutdown(socket.SHUT_WR)
    gevent.spawn(send)
    assert read_all(connection) == 1000


def test_a_head_without_end_is_refused(pair):
    connection, client = pair
    gevent.spawn(lambda: client.sendall(b"x" * 4 * guarded.LONGEST_HEAD))
    assert read_all(connection) <= guarded.LONGEST_HEAD + 8192
    head, _, body = client.recv(4096).partition(b"\r\n\r\n")
    assert b" 431 " in head and f"Content-Length: {len(body)}".encode() in head


def test_an_answer_that_nobody_takes_is_over(pair):
    connection, _ = pair
    with pytest.raises(ConnectionResetError):
        for _ in range(1000):      # 64 MB: more than a socket keeps for a reader that does not read
            connection.sendall(b"x" * 65536)


def test_a_connection_that_was_cut_is_over(pair):
    connection, _ = pair
    gevent.spawn_later(SOON / 10, connection.cut)
    assert connection.recv(8192) == b""
    assert connection.recv(8192) == b""


def test_only_who_keeps_us_waiting_counts(pair):
    connection, client = pair
    client.send(b"x")
    connection.recv(8192)
    assert len(connection._waiting) == 0
    reading = gevent.spawn(connection.recv, 8192)
    gevent.sleep(0)
    assert len(connection._waiting) == 1
    reading.join()
    assert len(connection._waiting) == 0


def test_a_flood_drives_out_itself():
    held = Waiting(most=100 * EACH)
    others = [Client(f"10.0.0.{number}", since=0) for number in range(5)]
    flood = [Client("10.9.9.9", since=number) for number in range(1, 400)]
    for client in (*others, *flood):
        held.add(client)
        assert len(held) <= 100
    assert not any(client.is_cut for client in others)
    assert flood[0].is_cut and not flood[-1].is_cut


def test_what_they_hold_counts():
    held = Waiting(most=waiting.MOST)
    modest = Client("10.0.0.1", since=0)
    held.add(modest)
    greedy = [Client("10.9.9.9", since=number, held=1024**2) for number in range(1, 100)]
    for client in greedy:
        held.add(client)
    assert not modest.is_cut and sum(not client.is_cut for client in greedy) < 64


def test_a_network_of_ipv6_is_one_address():
    held = Waiting(most=100 * EACH)
    other = Client("10.0.0.1", since=0)
    held.add(other)
    for number in range(1, 400):
        held.add(Client(f"2001:db8::{number:x}", since=number))
    assert not other.is_cut
