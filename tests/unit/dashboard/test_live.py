"""A log that is followed: each number once and in order, whatever comes late, twice, too fast or not at all."""

import threading

from common.api.events import Event, LogLines
from common.wire import broker
from dashboard.live import sse
from dashboard.live.events import EventHub
from dashboard.live.follow import KEPT, Followed, Follower
from dashboard.live.lines import Batch, LineHub, decode
from dashboard.live.mailbox import LOST, Mailbox
from tests.unit.dashboard.streams import numbers, parsed

KEY = (7, "build", 1)


def rows(first: int, last: int) -> list[list]:
    return [[number, 1000 + number, 0, f"line {number}", False] for number in range(first, last + 1)]


class Store:
    """dbproxy's log of one job: what is stored so far, and what the job is."""

    def __init__(self, stored: int = 0):
        self.stored, self.state, self.lines, self.complete = stored, "running", None, False
        self.asked: list[int] = []
        self.on_ask = lambda: None

    def history(self, first: int, count: int) -> LogLines:
        self.asked.append(first)
        self.on_ask()
        last = min(self.stored, first + count - 1)
        return LogLines(lines=rows(first, last), last=self.stored, complete=self.complete)

    def job(self, event: int | None) -> Followed:
        return Followed(self.state, "done", self.lines)

    def end(self, lines: int, stored: bool = True) -> None:
        self.state, self.lines = "success", lines
        if stored:
            self.stored, self.complete = lines, True


class Line:
    """A viewer's stream, driven by hand."""

    def __init__(self, store: Store, after: int = 0):
        self.lines = LineHub("amqp://guest:guest@127.0.0.1:1/%2F")
        self.events = EventHub(None)
        self.lines.connected = self.events.connected = True
        self.follower = Follower(self.lines, self.events, KEY, after, store.history, store.job)
        self.stream = self.follower.stream()

    def start(self) -> list[tuple[str, object]]:
        """What comes until the viewer waits for something new."""
        self.lines._add(KEY, Mailbox(1)).bound.set()
        self.waiting = threading.Event()
        assert next(self.stream) == sse.RETRY
        return self.read()

    def read(self) -> list[tuple[str, object]]:
        """Everything that can be told without waiting."""
        found = []
        take = self.follower._mail.take

        class Waits(Exception):
            pass

        def quick(timeout):
            item = take(0)
            if item is None:
                raise Waits
            return item
        self.follower._mail.take = quick
        generator, self.stream = self.stream, None
        try:
            for chunk in generator:
                found += parsed(chunk)
        except Waits:
            self.stream = self._again()
        finally:
            self.follower._mail.take = take
        return found

    def _again(self):
        """The loop of the stream, taken up where it waits."""
        while not self.follower._done():
            yield from self.follower._next()
        yield sse.event("end", {"last": self.follower.sent})

    def print(self, first: int, last: int) -> None:
        self.follower._mail.put(Batch(rows(first, last)))

    def job_changed(self) -> None:
        self.follower._mail.put(Event(id=1, kind="job.updated", run=7, at="2026-11-22T21:00:00.000Z"))


def test_history_then_live():
    line = Line(Store(stored=3))
    assert numbers(line.start()) == [1, 2, 3]
    line.print(4, 5)
    line.print(6, 6)
    assert numbers(line.read()) == [4, 5, 6]


def test_a_long_history_comes_in_pages():
    store = Store(stored=2500)
    assert numbers(Line(store).start()) == list(range(1, 2501))
    assert store.asked == [1, 1001, 2001]


def test_what_is_in_both_is_told_once():
    """Stored already, and in the queue as well; also a message that the publisher sent twice."""
    line = Line(Store(stored=5))
    line.print(3, 6)
    line.print(3, 6)
    assert numbers(line.start()) == [1, 2, 3, 4, 5, 6]


def test_lines_printed_before_we_were_bound_and_not_stored_yet():
    """The gap is filled from the store, as soon as it is there, before the live line behind it."""
    store = Store(stored=2)
    line = Line(store)
    line.start()
    asked = len(store.asked)

    def store_later():
        if len(store.asked) >= asked + 3:
            store.stored = 5
    store.on_ask = store_later
    line.print(6, 7)
    assert numbers(line.read()) == [3, 4, 5, 6, 7]


def test_resumes_after_the_last_number_seen():
    """F8: a reader that reconnects gets what it lacks."""
    assert numbers(Line(Store(stored=9), after=6).start()) == [7, 8, 9]


def test_ends_once_every_line_was_sent_even_before_all_are_stored():
    store = Store(stored=1)
    line = Line(store)
    line.start()
    line.print(2, 4)
    store.end(lines=4, stored=False)
    line.job_changed()
    events = line.read()
    assert numbers(events) == [2, 3, 4] and events[-1][0] == "end"


def test_does_not_end_while_lines_are_missing():
    store = Store(stored=1)
    line = Line(store)
    line.start()
    store.end(lines=4, stored=False)
    line.job_changed()
    assert [kind for kind, _ in line.read()] == []
    store.stored, store.complete = 4, True
    line.follower._mail.put(LOST)
    events = line.read()
    assert numbers(events) == [2, 3, 4] and events[-1][0] == "end"


def test_a_job_that_is_over_is_told_whole_and_ends():
    store = Store()
    store.end(lines=3)
    line = Line(store)
    events = line.start()
    assert numbers(events) == [1, 2, 3] and events[-1] == ("end", {"state": "success", "reason": "done", "last": 3})


def test_a_slow_reader_is_told_and_gets_the_rest_from_the_store():
    """What its mailbox cannot hold is dropped at once: the run is never slowed."""
    store = Store(stored=0)
    line = Line(store)
    line.start()
    for number in range(1, KEPT + 11):
        line.print(number, number)
    store.stored = KEPT + 10
    events = line.read()
    assert events[0][0] == "behind" and numbers(events) == list(range(1, KEPT + 11))


def test_a_store_that_is_away_ends_the_stream_with_a_word(people, app, world):
    run = world.add_run(people.repo["id"], "running")["id"]
    world.add_job(run, "build", "running", lines=["one"])
    headers = people.token("ann")
    with people.browser().get(f"/api/v1/runs/{run}/jobs/build.1/stream", headers=headers, buffered=False) as answer:
        chunks = iter(answer.response)
        assert next(chunks) == sse.RETRY
        world.down.add("dbproxy")
        assert b"event: away" in b"".join(chunks)


def test_reads_what_workers_publish():
    body = broker.encode(7, "build", 1, 5, [10, 11], [0, 2], ["ä\u2028", "b"], [1])
    key, batch = decode(body)
    assert key == KEY and batch.rows == [[5, 10, 0, "ä\u2028", False], [6, 11, 2, "b", True]]
    assert batch.encoded.count(b"\n") == 4 and batch.encoded.startswith(b"id: 6\nevent: lines\ndata: ")


def test_the_next_viewer_of_a_job_gets_what_was_printed_just_now():
    hub, first, second = LineHub("amqp://guest:guest@127.0.0.1:1/%2F"), Mailbox(10), Mailbox(10)
    hub._add(KEY, first)
    hub._received(None, None, None, broker.encode(7, "build", 1, 1, [1], [0], ["x"], []))
    hub._add(KEY, second)
    assert first.take(0).rows == second.take(0).rows == [[1, 1, 0, "x", False]]
    hub._received(None, None, None, broker.encode(7, "build", 2, 1, [1], [0], ["another attempt"], []))
    assert first.take(0) is None


def test_a_full_mailbox_forgets_and_says_so():
    box = Mailbox(2)
    for item in (1, 2, 3):
        box.put(item)
    assert box.take(0) is LOST and box.take(0) is None
