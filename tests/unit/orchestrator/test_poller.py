"""What webhooks missed, found at little cost."""

from dataclasses import replace

import pytest

from common.wire.errors import Unavailable
from orchestrator.scm import poller as module
from orchestrator.scm.poller import Poller
from tests.unit.orchestrator.hub import NEXT, THIRD, HubWorld

WANTED = "on: {pull_request: true}"


class World(HubWorld):
    def __init__(self):
        super().__init__()
        self.now, self.hook = 0.0, True
        self.db.lease_clock = lambda: self.now
        self.poller = Poller(self.db.api, self.hub, self.follower, self.pulls, self.repositories, lambda _: self.hook,
                             lambda: self.now)

    def hour(self, hours=1):
        """Time goes by as the thread would let it."""
        end = self.now + hours * 3600
        while self.now < end:
            self.now += max(0.01, self.poller.turn())

    def another(self):
        """Return the poller of another orchestrator."""
        return Poller(self.db.api, self.hub, self.follower, self.pulls, self.repositories, lambda _: self.hook, lambda: self.now)

    def refs_asked(self):
        return sum(asked[0] == "refs" for asked in self.hub.asked)


@pytest.fixture
def world():
    return World()


def test_a_push_whose_webhook_was_missed_is_found_within_the_hour(world):
    world.hub.heads["main"] = NEXT
    world.hour(1.1)
    assert [(event, ref, commit) for event, ref, commit, _ in world.runs()] == [("push", "main", NEXT)]


def test_a_push_that_is_told_while_a_poll_reads_is_not_set_back_by_it(world, monkeypatch):
    """The poll read main at NEXT; before it acts, the webhook of THIRD is followed."""
    read = world.hub.refs

    def read_then_hear(*path):
        refs = read(*path)
        world.push(THIRD)
        return refs
    world.hub.heads["main"] = NEXT
    monkeypatch.setattr(world.hub, "refs", read_then_hear)
    world.poller.visit(world.row())
    assert world.runs() == [("push", "main", THIRD, "pending")]
    assert world.repo["last_heads"]["refs/heads/main"].startswith(THIRD)


def test_a_branch_that_is_gone_before_the_poll_acts_starts_nothing(world, monkeypatch):
    read = world.hub.refs

    def read_then_delete(*path):
        refs = read(*path)
        del world.hub.heads["main"]
        return refs
    world.hub.heads["main"] = NEXT
    monkeypatch.setattr(world.hub, "refs", read_then_delete)
    world.poller.visit(world.row())
    assert world.runs() == []


def test_repositories_without_a_webhook_are_visited_more_often(world):
    world.hour(6)
    hooked = world.refs_asked()
    world.hook = False
    world.hub.asked.clear()
    world.hour(6)
    assert 5 <= hooked <= 7 and 28 <= world.refs_asked() <= 37      # the first within what was planned before


def test_many_repositories_stay_below_the_budget(world):
    world.hook = False
    for number in range(2, 401):
        world.db.repos[number] = {**world.repo, "id": number, "external_id": str(number)}
    world.hour(2)
    assert world.refs_asked() * module.VISIT <= 2 * module.BUDGET * 1.1


def test_visits_are_spread_and_not_all_at_once(world):
    for number in range(2, 101):
        world.db.repos[number] = {**world.repo, "id": number, "external_id": str(number)}
    counts = []
    for _ in range(6):
        before = world.refs_asked()
        world.hour(1 / 6)
        counts.append(world.refs_asked() - before)
    assert max(counts) < 50


def test_a_missed_pull_request_is_found_a_moved_and_a_closed_one_too(world):
    world.hub.files = {NEXT: WANTED, THIRD: WANTED}
    world.open_pull()
    world.poller.visit(world.row())
    world.open_pull(commit=THIRD)
    world.poller.visit(world.row())
    assert [commit for _, _, commit, _ in world.runs()] == [NEXT, THIRD]
    world.open_pull(commit=THIRD, state="closed")
    world.poller.visit(world.row())
    assert world.db.pulls[1, 7]["state"] == "closed" and world.db.runs[2]["state"] == "canceled"


def test_a_renamed_default_branch_is_seen_and_its_next_push_runs(world):
    world.hub.row = replace(world.hub.row, default_branch="trunk")
    world.hub.heads = {"trunk": "c" * 40}
    world.poller.visit(world.row())
    world.push(NEXT, "trunk")
    assert world.repo["default_branch"] == "trunk" and world.runs()[-1][:3] == ("push", "trunk", NEXT)


def test_a_repository_that_is_gone_is_marked_and_found_again(world):
    world.hub.gone = True
    world.hour(1.1)
    assert world.repo["state"]["gone"]
    world.hub.gone = False
    world.hour(1.1)
    assert "gone" not in world.repo["state"]


def test_while_the_forge_is_away_it_is_left_alone(world):
    for number in range(2, 101):
        world.db.repos[number] = {**world.repo, "id": number, "external_id": str(number)}
    world.hub.problem = Unavailable("away")
    world.hour(1)
    assert world.refs_asked() <= 3600 / module.PAUSED + 1


def test_one_strange_repository_blinds_nobody(world, monkeypatch):
    world.db.repos[2] = {**world.repo, "id": 2, "name": "odd"}
    read = world.hub.refs
    monkeypatch.setattr(world.hub, "refs", lambda owner, name: {}[name] if name == "odd" else read(owner, name))
    world.hub.heads["main"] = NEXT
    world.hour(1.1)
    assert (("push", "main", NEXT)) in [run[:3] for run in world.runs()]


def test_of_several_orchestrators_one_polls_and_another_takes_over(world):
    """Both take turns for six hours: no more is asked than by one. Then the first dies with its lease."""
    world.hour(6)
    alone = world.refs_asked()
    world.hub.asked.clear()
    first, second = world.poller, world.another()
    ends = {first: world.now, second: world.now}
    until = world.now + 6 * 3600
    while world.now < until:
        one = min(ends, key=ends.get)
        world.now = max(world.now, ends[one])
        ends[one] = world.now + max(0.01, one.turn())
    assert world.refs_asked() <= alone + 1
    world.hub.asked.clear()
    world.poller = second
    world.hour(2.1)
    assert 1 <= world.refs_asked() <= 3


def test_every_repository_is_visited_however_many_there_are(world):
    """Three pages of repositories; the last one has one."""
    pattern = world.db.repos[world.repo["id"]] if hasattr(world, "repo") else next(iter(world.db.repos.values()))
    for number in range(1000, 1200):
        world.db.repos[number] = {**pattern, "id": number, "name": f"more-{number}"}
    world.poller.turn()
    assert set(world.poller._known) == set(world.db.repos) and len(world.db.repos) == 201
