"""How often a job's row is written."""

from common.wire.jobs import JobView
from orchestrator.runs.job_sync import INTERVAL, LONGEST_WAIT, REST, JobSync


class Lease:
    def __init__(self):
        self.rows = []

    def write_job(self, stage, attempt, **fields):
        self.rows.append(fields)


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


def view(lines, state="running"):
    return JobView(id="1.build.1", worker="w", version=lines, state=state, reason="", outputs={}, steps=[], progress=None,
                   lines=lines, created=1, started=1, ended=None)


def mirror():
    lease, clock = Lease(), Clock()
    return JobSync(lease, "build", 1, clock), lease, clock


def test_at_most_one_write_an_interval_and_the_rest_is_not_forgotten():
    shown, lease, clock = mirror()
    for lines in range(10):
        shown.show(view(lines))
    assert [row["lines"] for row in lease.rows] == [0]
    assert 0 < shown.pause() <= INTERVAL
    clock.now += INTERVAL
    shown.show(view(9))
    assert [row["lines"] for row in lease.rows] == [0, 9] and shown.pause() == LONGEST_WAIT


def test_the_last_state_is_written_at_once():
    shown, lease, _ = mirror()
    shown.show(view(1))
    shown.show(view(2, "success"), now=True)
    assert [row["state"] for row in lease.rows] == ["running", "success"]


def test_the_same_view_is_not_written_twice():
    shown, lease, _ = mirror()
    shown.show(view(1), now=True)
    shown.show(view(1), now=True)
    assert len(lease.rows) == 1


def test_only_a_chatty_job_is_asked_less_often():
    shown, _, _ = mirror()
    shown.show(view(0))
    assert shown.rest() == 0
    for lines in range(1, 4):
        shown.show(view(lines))
    assert shown.rest() == REST
