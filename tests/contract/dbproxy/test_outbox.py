"""The outbox against a forge that is away: real Postgres and dbproxy, orchestrators' outboxes that are killed with -9, and
the stand-in of GitHub behind a gate. Time passes by moving the rows' own times back.
"""

from contextlib import contextmanager

import pytest

from common.wire import stages
from tests.contract.dbproxy.gate import Gate
from tests.contract.dbproxy.sender import Sender
from tests.github import serve

STAGES = tuple(stages.STAGES)
OPEN = "state IN ('queued', 'working')"


class Hub:
    """ann/site at GitHub and here, and orchestrators that report to it."""

    def __init__(self, world, github, gate, eventually):
        self.world, self.github, self.gate, self.eventually = world, github, gate, eventually
        github.user("ann")
        self.site = github.repo("ann/site", files={"Dockerfile": "FROM scratch\n"})
        self.token = github.token("ann", "repo").value
        self.repo = world.orchestrator.put("/v1/repos/github/ann/site", {"external_id": str(self.site.id)})["id"]
        self.senders = []

    def start_senders(self, count):
        self.senders += [Sender(self.world.service, self.gate.url, self.token) for _ in range(count)]

    def run(self, state, text):
        """A commit and its whole run, up to the end `state`."""
        commit = self.github.commit(self.site, {"app.py": text})
        run = self.world.claimed_run(repo=self.repo, commit=commit)
        for stage in STAGES[:-1] if state == "failure" else STAGES:
            self.world.put_job(run, f"{stage}.1", "running", worker="http://w")
            ended = "failure" if (state, stage) == ("failure", "test") else "success"
            self.world.put_job(run, f"{stage}.1", ended, reason=f"{stage}: {ended}")
        self.world.change(run, state=state, reason=f"all of it: {state}")
        return commit

    def pass_time(self, minutes):
        """For what waits, and for what dead senders have: a living one would have ended its claim long before, and a test
        that takes it away in the middle makes it send twice."""
        self.world.sql(
            "UPDATE reports SET created = created - make_interval(mins => %(by)s), "
            "not_before = not_before - make_interval(mins => %(by)s), lease_until = lease_until - CASE "
            "WHEN owner = ANY(%(living)s) THEN interval '0' ELSE make_interval(mins => %(by)s) END "
            f"WHERE {OPEN}", {"by": minutes, "living": [sender.owner for sender in self.senders]})

    def drain(self):
        """Everything is sent, also what a dead sender's question, answered after its death, took."""
        self.eventually(lambda: self.pass_time(5) or self.waiting() == 0, 60)

    def tried(self):
        return self.world.sql("SELECT coalesce(sum(attempts), 0) FROM reports")[0][0]

    def waiting(self):
        return self.world.sql(f"SELECT count(*) FROM reports WHERE {OPEN}")[0][0]

    def try_again(self, minutes):
        """Time passes, and what is due by then is tried."""
        before = self.tried()
        self.pass_time(minutes)
        self.eventually(lambda: self.tried() > before)

    def statuses(self, commit):
        return [(item["context"].removeprefix("continuum").removeprefix("/"), item["state"])
                for item in self.site.statuses if item["sha"] == commit]


@pytest.fixture
def hub(world, tmp_path, eventually):
    world.sql("DELETE FROM reports")
    with serve(tmp_path / "github") as github, Gate(github.url, 80) as gate:
        hub = Hub(world, github, gate, eventually)
        yield hub
        github.faults.clear()
        for sender in hub.senders:
            sender.end()
        world.service.kill()                   # it would answer the dead senders' questions with the next test's reports
        world.service.start()
        world.sql("DELETE FROM reports")
        world.sql("UPDATE repos SET external_id = NULL, name = name || id WHERE id = %s", (hub.repo,))


@contextmanager
def away(hub):
    hub.gate.close()
    try:
        yield
    finally:
        hub.gate.open()


def test_two_hours_without_the_forge_and_three_kills_lose_nothing_and_double_nothing(hub):
    hub.start_senders(3)
    with away(hub):
        commits = []
        for number in range(3):
            commits += [hub.run("failure", f"bad {number}"), hub.run("success", f"good {number}")]
            hub.try_again(40)
            hub.senders[number].kill()
        hub.pass_time(5)
    hub.drain()
    for bad, good in zip(commits[::2], commits[1::2]):
        assert hub.statuses(bad) == [("build", "success"), ("scan", "success"), ("deploy", "success"), ("test", "failure"),
                                     ("", "failure")]
        assert hub.statuses(good) == [*((stage, "success") for stage in STAGES), ("", "success")]
    assert hub.world.sql("SELECT count(*) FROM reports WHERE state = 'failed'") == [(0,)]


def test_a_report_whose_sender_was_killed_before_it_heard_the_answer_is_not_sent_twice(hub):
    hub.github.faults.add("slow", "/statuses/", method="POST", times=1)
    hub.start_senders(1)
    commit = hub.run("success", "good")
    hub.eventually(lambda: hub.github.faults.held)
    hub.senders[0].kill()
    hub.github.faults.clear()                  # what was sent arrives, and nobody hears of it
    hub.eventually(lambda: hub.statuses(commit))
    hub.drain()
    assert hub.statuses(commit)[-6:] == [*((stage, "success") for stage in STAGES), ("", "success")]
    assert len(set(hub.statuses(commit))) == len(hub.statuses(commit))
