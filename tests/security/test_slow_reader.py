"""A viewer that stops reading: nobody else notices, no run waits, and it has every line in the end."""

from __future__ import annotations

import json
import socket

import pytest

from tests.harness.apps import steady
from tests.security import people

LINES = 60_000
SMALL = 4096      # bytes that the reader's side of the connection may hold


class Reader:
    """A stream by hand, read when the test says so."""

    def __init__(self, stack, path: str, after: int = 0):
        self._connection = socket.socket()
        self._connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL)
        self._connection.settimeout(120)
        self._connection.connect(("127.0.0.1", int(stack.api.settings["DASHBOARD_PORT"])))
        self._connection.sendall(f"GET {path} HTTP/1.0\r\nHost: localhost\r\nLast-Event-ID: {after}\r\n"
                                 f"Authorization: Bearer {stack.api._token()}\r\n\r\n".encode())
        assert self._connection.recv(12).endswith(b" 200")

    def rest(self) -> tuple[list[int], set[str]]:
        """(numbers of the lines, kinds of the events) until the stream ends, or was cut; half an event does not count."""
        text = b""
        with self._connection:
            while chunk := self._read():
                text += chunk
        numbers, kinds = [], set()
        for event in text.partition(b"\r\n\r\n")[2].split(b"\n\n")[:-1]:
            fields = dict(line.split(": ", 1) for line in event.decode().splitlines() if ": " in line)
            kinds.add(fields.get("event", ""))
            if fields.get("event") == "lines":
                numbers += [row[0] for row in json.loads(fields["data"])["lines"]]
        return numbers, kinds

    def _read(self) -> bytes:
        try:
            return self._connection.recv(65536)
        except ConnectionError:
            return b""


@pytest.fixture(scope="module")
def printing(stack):
    """A build that prints as fast as it can, just begun."""
    repo = stack.repo_of({**steady(build_ticks=20, lines=LINES), ".continuum.yml": "deploy: none\n"}, "printing")
    run = repo.run("build")
    stack.wait_stage(run["id"], "build")
    return run["id"]


def test_a_reader_that_stalls_slows_nobody_and_misses_nothing(stack, printing):
    """Holds: Mailbox (bounded, never blocks), SLOWEST, and resuming by Last-Event-ID. Whether it is told that it is
    behind depends on where it stalled: one that still read from the store is not (tests/unit/dashboard/test_live.py)."""
    path = f"/api/v1/runs/{printing}/jobs/build.1/stream"
    stalled, other = Reader(stack, path), Reader(stack, path)
    numbers, kinds = other.rest()
    assert "end" in kinds and numbers == list(range(1, len(numbers) + 1)) and len(numbers) > LINES
    assert stack.wait(printing)["state"] == "success"
    assert people.call(stack.api.url, "GET", "/api/v1/account", stack.api._token()).status_code == 200
    late, _ = stalled.rest()
    assert late == numbers[:len(late)], "no gap and no double before it was cut, or caught up"
    again, ended = Reader(stack, path, after=late[-1] if late else 0).rest()
    assert late + again == numbers and "end" in ended
