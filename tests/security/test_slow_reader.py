"""A viewer that stops reading: nobody else notices, no run waits, and it has every line in the end."""

from __future__ import annotations

import json
import socket

import pytest

from tests.harness.apps import steady
from tests.security import people

LINES = 60_000
HASHES = 6        # 400 bytes a line, 24 MB in all: more than the kernel keeps for a reader that does not read
SMALL = 4096      # bytes that the side of the reader that stalls may hold
SOME = 200_000    # bytes of what it missed: so small a window makes the rest a matter of minutes


class Reader:
    """A stream by hand, read when the test says so."""

    def __init__(self, stack, path: str, *, after: int = 0, buffer: int | None = None):
        self._connection = socket.socket()
        if buffer:
            self._connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        self._connection.settimeout(120)
        self._connection.connect(("127.0.0.1", int(stack.api.settings["DASHBOARD_PORT"])))
        self._connection.sendall(f"GET {path} HTTP/1.0\r\nHost: localhost\r\nLast-Event-ID: {after}\r\n"
                                 f"Authorization: Bearer {stack.api._token()}\r\n\r\n".encode())
        assert self._connection.recv(12).endswith(b" 200")

    def rest(self, most: int = 2**30) -> tuple[list[int], set[str]]:
        """(numbers of the lines, kinds of the events) until the stream ends, was cut, or gave `most` bytes; half an
        event does not count. Closes it."""
        text = bytearray()
        with self._connection:
            while len(text) < most and (chunk := self._read()):
                text += chunk
        numbers, kinds = [], set()
        for event in bytes(text).partition(b"\r\n\r\n")[2].split(b"\n\n")[:-1]:
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
    repo = stack.repo_of({**steady(build_ticks=20, lines=LINES, hashes=HASHES), ".continuum.yml": "deploy: none\n"}, "printing")
    run = repo.run("build")
    stack.wait_stage(run["id"], "build")
    return run["id"]


def test_a_reader_that_stalls_slows_nobody_and_misses_nothing(stack, printing):
    """Holds: a connection that takes nothing more stops no other, and resuming by Last-Event-ID. That what waits for
    it is bounded, and that it is told: tests/unit/dashboard/test_live.py."""
    path = f"/api/v1/runs/{printing}/jobs/build.1/stream"
    stalled, other = Reader(stack, path, buffer=SMALL), Reader(stack, path)
    numbers, kinds = other.rest()
    assert "end" in kinds and numbers == list(range(1, len(numbers) + 1)) and len(numbers) > LINES
    assert stack.wait(printing)["state"] == "success"
    assert people.call(stack.api.url, "GET", "/api/v1/account", stack.api._token()).status_code == 200
    late, told = stalled.rest(SOME)
    assert 0 < len(late) < LINES and late == numbers[:len(late)] and "end" not in told, "no gap and no double"
    again, ended = Reader(stack, path, after=late[-1]).rest()
    assert late + again == numbers and "end" in ended
