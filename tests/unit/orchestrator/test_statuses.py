"""Commit statuses, from a queue."""

import pytest

from common.errors import Unavailable
from forges import LocalForge
from orchestrator import statuses as module
from orchestrator.statuses import Statuses

REPO = {"forge": "hub", "owner": "ada", "name": "hello"}
RUN = {"id": 7, "commit": "c" * 40}


class Hub:
    def __init__(self, problem=None):
        self.set, self._problem = [], problem

    def supports(self, feature):
        return feature == "status"

    def set_status(self, owner, name, status):
        if self._problem:
            raise self._problem
        self.set.append((owner, name, status))


def test_a_status_has_its_stage_as_context_and_links_to_the_run():
    hub = Hub()
    statuses = Statuses({"hub": hub}, "https://ci.example.org/")
    statuses.put(REPO, RUN, "build", "running", "x" * 500)
    assert statuses.send_one()
    ((owner, name, status),) = hub.set
    assert (owner, name, status.state, status.context) == ("ada", "hello", "pending", "continuum/build")
    assert status.url == "https://ci.example.org/runs/7" and len(status.description) == 140


@pytest.mark.parametrize("state, told", [("success", "success"), ("failure", "failure"), ("error", "error"),
                                         ("canceled", "error")])
def test_states(state, told):
    hub = Hub()
    statuses = Statuses({"hub": hub}, "")
    statuses.put(REPO, RUN, "build", state, "")
    statuses.send_one()
    assert hub.set[0][2].state == told


def test_a_forge_that_is_away_holds_nothing_up():
    statuses = Statuses({"hub": Hub(Unavailable("away"))}, "")
    statuses.put(REPO, RUN, "build", "success", "")
    assert statuses.send_one()
    statuses.stop()
    assert not statuses.send_one()


def test_the_oldest_is_given_up_where_too_many_wait(monkeypatch):
    monkeypatch.setattr(module, "WAITING", 2)
    hub = Hub()
    statuses = Statuses({"hub": hub}, "")
    for stage in ("build", "scan", "deploy"):
        statuses.put(REPO, RUN, stage, "success", "")
    statuses.send_one(), statuses.send_one()
    assert [status.context for _, _, status in hub.set] == ["continuum/scan", "continuum/deploy"]


def test_a_forge_without_statuses_is_not_asked(tmp_path):
    statuses = Statuses({"hub": LocalForge(tmp_path)}, "")
    statuses.put(REPO, RUN, "build", "success", "")
    statuses.stop()
    assert not statuses.send_one()
