"""One long poll on dbproxy's events a process, handed to every stream that asked for the topic.

The topics of an event are `repo:12`, `run:1043`, `status`.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from common.api.client import Dbproxy
from common.api.events import Event
from common.service.loop import Loop

from . import sse
from .mailbox import LOST, Lost, Mailbox

WAIT = 25                 # seconds of one long poll
PAUSE = 1                 # seconds before the next try while dbproxy is away
KEPT = 1000               # events that wait for one stream


def topics_of(event: Event) -> set[str]:
    topics = {f"{name}:{number}" for name, number in (("repo", event.repo), ("run", event.run)) if number}
    return topics | ({"status"} if event.kind == "status.updated" else set())


class EventHub:
    def __init__(self, db: Dbproxy):
        self._db = db
        self._listeners: dict[Mailbox, set[str]] = {}
        self._lock = threading.Lock()
        self.loop = Loop("events", self._turn, pause=0, retry=PAUSE, meanwhile="pages do not hear of changes")
        self.last: int | None = None          # id of the newest event seen
        self.connected = False

    @contextmanager
    def listen(self, topics: set[str], mailbox: Mailbox) -> Iterator[None]:
        """`mailbox` gets each event of `topics`, and LOST when some may have been missed."""
        with self._lock:
            self._listeners[mailbox] = topics
        try:
            yield
        finally:
            with self._lock:
                del self._listeners[mailbox]

    def since(self, after: int, topics: set[str]) -> Iterator[Event | Lost]:
        """Events of `topics` past `after`, from dbproxy's store, which keeps a day; LOST for what it forgot."""
        while True:
            answer = self._db.events.after(after)
            if answer.missed:
                yield LOST
            yield from (event for event in answer.events if topics_of(event) & topics)
            if answer.last <= after or not answer.events:
                return
            after = answer.last

    def _turn(self) -> None:
        try:
            self._poll()
        except Exception:
            self.connected = False
            raise

    def _poll(self) -> None:
        """The first time, the newest id is the point to begin from."""
        db = self._db.within(patience=0)
        if self.last is None:
            self.last = db.events.last()
        else:
            answer = db.events.after(self.last, WAIT)
            if answer.missed:
                self._tell_all(LOST)
            for event in answer.events:
                self._hand_out(event)
            self.last = answer.last
        self.connected = True

    def _hand_out(self, event: Event) -> None:
        topics = topics_of(event)
        with self._lock:
            found = [mailbox for mailbox, wanted in self._listeners.items() if wanted & topics]
        for mailbox in found:
            mailbox.put(event)

    def _tell_all(self, item) -> None:
        with self._lock:
            for mailbox in self._listeners:
                mailbox.put(item)


def stream_events(hub: EventHub, topics: set[str], after: int | None, refused: Iterable[str] = ()) -> Iterator[bytes]:
    """The body of `/events`: what came after `after`, then what comes; `missed` tells a reader to look at
    everything anew, `ready` which of the topics that they named are not in it."""
    mailbox = Mailbox(KEPT)
    with hub.listen(topics, mailbox):
        yield sse.RETRY
        sent = set()
        for item in hub.since(after, topics) if after is not None else ():
            yield _told(item)
            if item is not LOST:
                sent.add(item.id)
        yield sse.event("ready", {"last": hub.last, "refused": sorted(refused)})
        while True:
            item = mailbox.take(sse.PING_EVERY)
            if item is None:
                yield sse.event("ping", {"connected": hub.connected})
            elif item is LOST or item.id not in sent:
                yield _told(item)


def _told(item: Event | Lost) -> bytes:
    return sse.event("missed", {}) if item is LOST else sse.event(item.kind, item.model_dump(mode="json", exclude_none=True), item.id)
