"""Log lines as they are printed: one connection to RabbitMQ a process, bound to the jobs that somebody looks at.

The queue is the connection's own and goes with it. It is bounded: what it drops while we are slow, and what we
miss while the connection is away, a stream notices by the numbers and reads from dbproxy's store.
"""

from __future__ import annotations

import json
import logging
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property

import pika
from pika.exceptions import AMQPError

from common.service.loop import Loop
from common.wire import broker

from . import sse
from .mailbox import LOST, Mailbox

log = logging.getLogger(__name__)

RETRY = 1                                # seconds between connections
BIND_PATIENCE = 2                        # seconds that a new viewer waits for its binding
RECENT = 200                             # messages kept for the next viewer of the same job
CROWD = 50                               # viewers of one job from which its lines are gathered before they are told
A_VIEWER = 0.0004                        # seconds of gathering for each: waking one costs some 0.1 ms of the process
LONGEST_GATHERING = 0.2                  # seconds; a line is to be seen within 300 ms
QUEUE = {"x-max-length-bytes": 64 * 1024**2, "x-overflow": "drop-head"}

Key = tuple[int, str, int]               # run, stage, attempt


@dataclass(frozen=True)
class Batch:
    """The lines of one message, numbered without a gap: rows `[number, at, step, text, continues]`."""

    rows: list[list]

    @property
    def first(self) -> int:
        return self.rows[0][0]

    @property
    def last(self) -> int:
        return self.rows[-1][0]

    @cached_property
    def encoded(self) -> bytes:
        """Made once, sent to every viewer."""
        return encode_rows(self.rows)


def joined(batches: list[Batch]) -> list[Batch]:
    """The same lines in as few batches as their numbers allow."""
    found: list[Batch] = []
    for batch in batches:
        if found and found[-1].last + 1 == batch.first:
            found[-1] = Batch(found[-1].rows + batch.rows)
        else:
            found.append(batch)
    return found


def encode_rows(rows: list[list]) -> bytes:
    return sse.event("lines", {"lines": rows}, rows[-1][0])


def decode(body: bytes) -> tuple[Key, Batch]:
    message = json.loads(body)
    parts = set(message["parts"])
    rows = [[message["first_seq"] + index, at, step, text, index in parts]
            for index, (at, step, text) in enumerate(zip(message["at"], message["steps"], message["lines"]))]
    return (message["run"], message["stage"], message["attempt"]), Batch(rows)


class _Watched:
    def __init__(self):
        self.mailboxes: set[Mailbox] = set()
        self.recent: deque[Batch] = deque(maxlen=RECENT)
        self.gathered: list[Batch] = []
        self.bound = threading.Event()


class LineHub:
    def __init__(self, url: str):
        self._parameters = pika.URLParameters(url)
        self._parameters.heartbeat = 30
        self._parameters.socket_timeout = self._parameters.stack_timeout = 5
        self._watched: dict[Key, _Watched] = {}
        self._lock = threading.RLock()
        self.loop = Loop("lines", self._turn, pause=0, retry=RETRY, meanwhile="no live lines, viewers read the store",
                         unavailable=(AMQPError, OSError))
        self._connection: pika.BlockingConnection | None = None
        self._channel = None
        self._queue = ""
        self.connected = False

    def stop(self) -> None:
        self.loop.stop()
        self._soon(lambda: self._connection.close())

    @contextmanager
    def watch(self, key: Key, mailbox: Mailbox) -> Iterator[None]:
        """`mailbox` gets the job's batches from now on, after the last few; LOST when some may have been missed."""
        watched = self._add(key, mailbox)
        watched.bound.wait(BIND_PATIENCE if self.connected else 0)
        try:
            yield
        finally:
            self._remove(key, mailbox)

    def _add(self, key: Key, mailbox: Mailbox) -> _Watched:
        with self._lock:
            watched = self._watched.get(key)
            if watched is None:
                watched = self._watched[key] = _Watched()
                self._soon(lambda: self._bind(key))
            for batch in watched.recent:
                mailbox.put(batch)
            watched.mailboxes.add(mailbox)
            return watched

    def _remove(self, key: Key, mailbox: Mailbox) -> None:
        with self._lock:
            watched = self._watched[key]
            watched.mailboxes.discard(mailbox)
            if not watched.mailboxes:
                del self._watched[key]
                self._soon(lambda: self._unbind(key))

    def _soon(self, action) -> None:
        """In the connection's own thread; while there is none, the next connection binds what is wanted then."""
        connection = self._connection
        if connection is not None and connection.is_open and self.connected:
            connection.add_callback_threadsafe(action)

    def _turn(self) -> None:
        try:
            self._connect()
            while not self.loop.stopping:
                self._connection.process_data_events(time_limit=1)
        finally:
            self.connected = False

    def _connect(self) -> None:
        self._connection = pika.BlockingConnection(self._parameters)
        self._channel = self._connection.channel()
        self._channel.exchange_declare(broker.EXCHANGE, passive=True)
        self._queue = self._channel.queue_declare("", exclusive=True, auto_delete=True, arguments=QUEUE).method.queue
        self._channel.basic_consume(self._queue, self._received, auto_ack=True)
        with self._lock:
            self.connected = True
            wanted = list(self._watched)
        for key in wanted:
            self._bind(key)
        self._tell_all(LOST)
        self.loop.well()
        log.info("live lines connected")

    def _bind(self, key: Key) -> None:
        self._channel.queue_bind(self._queue, broker.EXCHANGE, broker.routing_key(*key[:2]))
        with self._lock:
            if key in self._watched:
                self._watched[key].bound.set()

    def _unbind(self, key: Key) -> None:
        with self._lock:
            still_wanted = any(other[:2] == key[:2] for other in self._watched)
        if not still_wanted:
            self._channel.queue_unbind(self._queue, broker.EXCHANGE, broker.routing_key(*key[:2]))

    def _received(self, channel, method, properties, body: bytes) -> None:
        key, batch = decode(body)
        with self._lock:
            watched = self._watched.get(key)
            if watched is None:
                return
            watched.recent.append(batch)
            watched.gathered.append(batch)
            viewers, first = len(watched.mailboxes), len(watched.gathered) == 1
        if viewers < CROWD:
            self._tell(key)
        elif first:
            self._later(min(LONGEST_GATHERING, viewers * A_VIEWER), lambda: self._tell(key))

    def _later(self, seconds: float, action) -> None:
        self._connection.call_later(seconds, action)

    def _tell(self, key: Key) -> None:
        """What was gathered, to each viewer: a crowd is woken a few times a second, not for each message."""
        with self._lock:
            watched = self._watched.get(key)
            if watched is None:
                return
            batches, watched.gathered = joined(watched.gathered), []
            mailboxes = list(watched.mailboxes)
        for mailbox in mailboxes:
            for batch in batches:
                mailbox.put(batch)

    def _tell_all(self, item) -> None:
        with self._lock:
            for watched in self._watched.values():
                watched.recent.clear()
                watched.gathered.clear()
                for mailbox in watched.mailboxes:
                    mailbox.put(item)
