"""Many viewers: what is told to a crowd is gathered, and what is asked for a crowd is asked once."""

from common.wire import broker
from dashboard.live import lines, sse
from dashboard.live.lines import Batch, LineHub, joined
from dashboard.live.mailbox import Mailbox

KEY = (7, "build", 1)


class Hub(LineHub):
    """Its timers are run by hand."""

    def __init__(self):
        super().__init__("amqp://guest:guest@127.0.0.1:1/%2F")
        self.timers: list[tuple[float, object]] = []

    def _later(self, seconds, action) -> None:
        self.timers.append((seconds, action))

    def print(self, number: int) -> None:
        self._received(None, None, None, broker.encode(*KEY, number, [number], [0], [f"line {number}"], []))


def viewers(hub: Hub, count: int) -> list[Mailbox]:
    found = [Mailbox(100) for _ in range(count)]
    for mailbox in found:
        hub._add(KEY, mailbox)
    return found


def numbers(batch: Batch) -> list[int]:
    return [row[0] for row in batch.rows]


def test_a_few_viewers_are_told_at_once():
    hub = Hub()
    first, *_ = viewers(hub, lines.CROWD - 1)
    hub.print(1)
    assert numbers(first.take(0)) == [1] and hub.timers == []


def test_a_crowd_is_told_together_and_soon():
    hub = Hub()
    crowd = viewers(hub, 1000)
    for number in (1, 2, 3):
        hub.print(number)
    assert crowd[0].take(0) is None and len(hub.timers) == 1
    seconds, tell = hub.timers[0]
    assert seconds <= lines.LONGEST_GATHERING
    tell()
    batches = [mailbox.take(0) for mailbox in crowd]
    assert all(batch is batches[0] for batch in batches), "encoded once for all"
    assert numbers(batches[0]) == [1, 2, 3] and crowd[0].take(0) is None
    hub.print(4)
    assert len(hub.timers) == 2


def test_a_crowd_that_left_is_told_nothing():
    hub = Hub()
    crowd = viewers(hub, lines.CROWD)
    hub.print(1)
    for mailbox in crowd:
        hub._remove(KEY, mailbox)
    hub.timers[0][1]()
    assert crowd[0].take(0) is None


def test_lines_with_a_gap_stay_apart():
    batches = [Batch([[number, 0, 0, "", False]]) for number in (1, 2, 5, 6)]
    assert [numbers(batch) for batch in joined(batches)] == [[1, 2], [5, 6]]


def test_one_look_serves_all_streams_of_an_account(people, world, monkeypatch):
    """Otherwise a thousand streams that were opened together ask a thousand times in the same second, each minute."""
    monkeypatch.setattr(sse, "RECHECK_EVERY", 0)
    run = world.add_run(people.repo["id"], "running")["id"]
    world.add_job(run, "build", "running", lines=["one"])
    headers, client = people.token("ros", "read"), people.browser()
    streams = [client.get(f"/api/v1/runs/{run}/jobs/build.1/stream", headers=headers, buffered=False) for _ in range(3)]
    bodies = [iter(answer.response) for answer in streams]
    for body in bodies:
        next(body)
    world.calls.clear()
    for body in bodies:
        next(body)
    looks = [path for _, _, path in world.calls if "by-hash" in path]
    for answer in streams:
        answer.close()
    assert len(looks) == 1
