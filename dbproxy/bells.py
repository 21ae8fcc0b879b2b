"""Who waits for a change in the database is woken by it: one connection LISTENs, threads of requests wait."""

from __future__ import annotations

import select
import threading
import time

import psycopg2

from common.service.loop import Loop

from .database import CLAIMS_CHANNEL, DELIVERIES_CHANNEL, EVENTS_CHANNEL, REPORTS_CHANNEL
from .pool import connect

RETRY_FIRST, RETRY_LAST = 0.1, 5.0      # seconds between reconnects
LONGEST_SILENCE = 20                    # seconds after which the connection is tried


class Bell:
    """Rings are counted, so one between a look and the wait for the next is not missed."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._rings = 0

    def ring(self) -> None:
        with self._changed:
            self._rings += 1
            self._changed.notify_all()

    def rings(self) -> int:
        return self._rings

    def wait(self, seen: int, seconds: float) -> None:
        """Return once there were more than `seen` rings, or after `seconds`."""
        with self._changed:
            self._changed.wait_for(lambda: self._rings > seen, seconds)


def wait_for(bell: Bell, look, seconds: float, rest: float = 0):
    """The first answer of `look()` that is not empty, else its last one after `seconds`.

    `look` answers (answer, seconds until another look is due anyway, or None). `rest`: seconds between two looks at
    least, where a bell may ring for much that this caller gets nothing of; the first ring is answered at once.
    """
    deadline, rested = time.monotonic() + seconds, 0.0
    while True:
        seen = bell.rings()
        answer, due = look()
        left = deadline - time.monotonic()
        if answer or left <= 0:
            return answer
        bell.wait(seen, left if due is None else min(left, due))
        time.sleep(max(0.0, min(rested, deadline) - time.monotonic()))
        rested = time.monotonic() + rest


class Listener:
    """One thread, one connection; after a loss it reconnects and rings all bells, as some rings may be lost."""

    def __init__(self, url: str):
        self._url = url
        self.bells = {channel: Bell() for channel in (CLAIMS_CHANNEL, EVENTS_CHANNEL, DELIVERIES_CHANNEL,
                                                        REPORTS_CHANNEL)}
        self.loop = Loop("listener", self._turn, pause=0, retry=RETRY_FIRST, longest_retry=RETRY_LAST,
                         meanwhile="what waits for a change asks again after a while",
                         unavailable=(psycopg2.OperationalError, psycopg2.InterfaceError, OSError))

    @property
    def claims(self) -> Bell:
        return self.bells[CLAIMS_CHANNEL]

    @property
    def events(self) -> Bell:
        return self.bells[EVENTS_CHANNEL]

    @property
    def deliveries(self) -> Bell:
        return self.bells[DELIVERIES_CHANNEL]

    @property
    def reports(self) -> Bell:
        return self.bells[REPORTS_CHANNEL]

    def stop(self) -> None:
        self.loop.stop()
        self._ring_all()

    def _turn(self) -> None:
        connection = self._listen()
        self.loop.well()
        self._follow(connection)

    def _listen(self):
        connection = connect(self._url, "dbproxy-listener")
        connection.autocommit = True
        with connection.cursor() as cursor:
            for channel in self.bells:
                cursor.execute(f'LISTEN "{channel}"')
        self._ring_all()
        return connection

    def _follow(self, connection) -> None:
        with connection.cursor() as cursor:
            while not self.loop.stopping:
                if not select.select([connection], [], [], LONGEST_SILENCE)[0]:
                    cursor.execute("SELECT 1")
                connection.poll()
                for channel in {notice.channel for notice in connection.notifies}:
                    self.bells[channel].ring()
                connection.notifies.clear()

    def _ring_all(self) -> None:
        for bell in self.bells.values():
            bell.ring()
