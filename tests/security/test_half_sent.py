"""Requests that never come whole: each is cut off, and thousands of them stop neither the dashboard nor the apps' port.

Every flood is bounded, goes to this machine's own installation, and hangs up at its end.
"""

from __future__ import annotations

import resource
import selectors
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from cli.waiting import wait_for
from tests.security import engine, people

MANY = 3000
LARGE, LARGE_ONES = 1000 * 1000, 150      # bytes of a body, and so many of them
MEGABYTES = 64                            # connections/waiting.py: MOST
HALF_A_HEAD = b"GET /signin HTTP/1.1\r\nHost: localhost\r\nX-Half: "
HALF_A_BODY = b"POST /signin HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n" \
              b"Content-Type: application/x-www-form-urlencoded\r\n\r\n"
LONG_HEAD = b"GET /signin HTTP/1.1\r\nHost: localhost\r\n" + b"".join(b"X-%d: %s\r\n" % (n, b"x" * 8000) for n in range(60))
PATIENCE = 60                              # drips a second apart; each limit is at most half of it
WAITING_AT_MOST = 2048                     # connections/waiting.py: MOST / EACH


@pytest.fixture(scope="module", autouse=True)
def many_files():
    """A socket for each connection of a flood."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(2 * MANY + 1000, before[1]), before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


@pytest.fixture
def unharmed(platform):
    """The dashboard's process is the same afterwards, and was not out of memory."""
    before = state(platform)
    yield
    assert state(platform) == before


def state(platform) -> str:
    return engine.docker("inspect", "--format", "{{.State.Pid}} {{.RestartCount}} {{.State.OOMKilled}}",
                         platform["dashboard"]["Id"])


@contextmanager
def flood(port: int, count: int, sent: bytes) -> Iterator[list[socket.socket]]:
    """`count` connections, each of which sent `sent`, as far as that went, and says nothing more."""
    opened = []
    try:
        for _ in range(count):
            connection = socket.create_connection(("127.0.0.1", port), 20)
            opened.append(connection)
            try:
                connection.sendall(sent)
            except ConnectionError:      # it was cut in the middle
                continue
        yield opened
    finally:
        for connection in opened:
            connection.close()


def count_over(connections: list[socket.socket]) -> int:
    """How many the other side has ended."""
    over = 0
    for connection in connections:
        connection.setblocking(False)
        try:
            while connection.recv(4096):
                continue
            over += 1
        except BlockingIOError:
            continue
        except OSError:
            over += 1
    return over


def test_thousands_of_half_sent_requests_drive_out_themselves(stack, stranger, unharmed):
    """Holds: connections.Waiting. Somebody else has pages meanwhile, and a stream that was open stays."""
    port = int(stack.api.settings["DASHBOARD_PORT"])
    with socket.create_connection(("127.0.0.1", port), 20) as stream:
        stream.sendall(f"GET /api/v1/events?topics=status HTTP/1.1\r\nHost: localhost\r\n"
                       f"Authorization: Bearer {stranger.token}\r\n\r\n".encode())
        assert stream.recv(4096).split(b" ", 2)[1] == b"200"
        with flood(port, MANY, HALF_A_HEAD) as opened:
            for _ in range(5):
                assert people.call(stack.api.url, "GET", "/api/v1/account", stranger.token).status_code == 200
            assert count_over(opened) >= MANY - WAITING_AT_MOST
        stream.settimeout(30)
        assert stream.recv(4096), "the stream goes on: it says something every 10 s"


@pytest.mark.parametrize(("count", "sent"), [(300, LONG_HEAD), (LARGE_ONES, HALF_A_BODY + b"x" * (LARGE - 1))],
                         ids=["heads", "bodies"])
def test_what_half_sent_requests_hold_is_bounded(stack, stranger, unharmed, count, sent):
    """Holds: Guarded.LONGEST_HEAD, and that connections.Waiting counts bytes."""
    with flood(int(stack.api.settings["DASHBOARD_PORT"]), count, sent) as opened:
        assert people.call(stack.api.url, "GET", "/api/v1/account", stranger.token).status_code == 200
        wait_for(lambda: count_over(opened) >= count - MEGABYTES, "all but those that fit to be cut", 15)


def test_thousands_of_half_sent_requests_leave_the_apps_port_alone(stack):
    """Holds: the limits of deployer/caddy/Caddyfile, and that Caddy starts with them."""
    port = int(stack.api.settings["HTTP_PORT"])
    with flood(port, MANY, HALF_A_HEAD):
        answer = people.call(f"http://127.0.0.1:{port}", "GET", "/", headers={"Host": "nobody.localhost"})
        assert answer.status_code == 404 and "nobody" in answer.text


def test_what_drips_is_cut_off(stack):
    """Holds: connections.Guarded (HEAD, BODY), and read_header of Caddy. All drip at the same time."""
    dashboard, apps = int(stack.api.settings["DASHBOARD_PORT"]), int(stack.api.settings["HTTP_PORT"])
    begun = [(dashboard, HALF_A_HEAD), (dashboard, HALF_A_BODY), (apps, HALF_A_HEAD)]
    with selectors.DefaultSelector() as dripping:
        for port, sent in begun:
            connection = socket.create_connection(("127.0.0.1", port), 20)
            connection.sendall(sent)
            dripping.register(connection, selectors.EVENT_READ)
        left = drip(dripping)
    assert left == 0, f"{left} of {len(begun)} still wait for what drips"


def drip(dripping: selectors.BaseSelector) -> int:
    """How many still wait after a byte a second for PATIENCE seconds."""
    for _ in range(PATIENCE):
        for key in list(dripping.get_map().values()):
            try:
                key.fileobj.send(b"x")
            except ConnectionError:
                close(dripping, key.fileobj)
        for key, _ in dripping.select(0):
            close(dripping, key.fileobj)
        if not dripping.get_map():
            return 0
        time.sleep(1)      # the drip itself
    return len(dripping.get_map())


def close(dripping: selectors.BaseSelector, connection: socket.socket) -> None:
    dripping.unregister(connection)
    connection.close()
