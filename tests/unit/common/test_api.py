"""The rows and the client of dbproxy: which calls its methods make, and what their answers become."""

from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from pydantic import ValidationError

from common.api.base import Page, written
from common.api.client import Dbproxy, segment
from common.api.events import Event
from common.api.repos import Repo, RepoSettings
from common.api.runs import Run
from common.wire.errors import NotFound

AT = "2026-01-02T03:04:05.678Z"
REPO = {"id": 7, "forge": "local", "owner": "ada", "name": "hello", "path": "ada/hello", "app": "hello",
        "default_branch": "main", "private": False, "description": "", "url": "", "external_id": None,
        "settings": {"supersede": False}, "state": {"gone": "404"}, "last_heads": {}, "created": AT, "last_run": None, "live": None}
RUN = {"id": 12, "repo": 7, "forge": "local", "repo_path": "ada/hello", "app": "hello", "kind": "full", "ref": "main",
       "commit": "a" * 40, "event": "push", "actor": "ada", "message": "", "author": "", "key": None, "inputs": {},
       "state": "pending", "reason": "", "code": "", "params": {}, "config": None, "outputs": {}, "cancel_requested": False,
       "canceled_by": None, "retries": 0, "owner": None, "fence": 1, "lease_until": None, "created": AT, "started": None, "ended": None}


class Service:
    """Answers each call with the next of `answers`; `calls`: (method, path, options)."""

    def __init__(self, *answers):
        self.answers, self.calls = list(answers), []

    def call(self, method, path, **options):
        self.calls.append((method, path, options))
        return self.answers.pop(0)

    def send(self, method, path, **options):
        self.calls.append((method, path, options))
        status, body = self.answers.pop(0)
        return SimpleNamespace(status_code=status, json=lambda: body)


def page(items, total):
    return {"items": items, "total": total, "page": 1, "per_page": 100}


def test_a_row_tells_settings_and_state_apart_and_knows_the_defaults():
    service = Service(REPO)
    repo = Dbproxy(service).repos.get(7)
    assert service.calls == [("GET", "/v1/repos/7", {})]
    assert (repo.settings.supersede, repo.settings.submodules, repo.settings.feedback.checks) == (False, True, True)
    assert (repo.state.gone, repo.state.archived, repo.state.webhook) == ("404", False, None)


def test_a_row_ignores_what_a_newer_dbproxy_adds():
    assert Repo.model_validate({**REPO, "colour": "green"}) == Repo.model_validate(REPO)


@pytest.mark.parametrize("name", sorted(set(Run.model_fields)))
def test_a_row_has_every_field_that_dbproxy_answers(name):
    with pytest.raises(ValidationError, match=name):
        Run.model_validate({key: value for key, value in RUN.items() if key != name})


def test_times_are_moments_and_are_written_as_they_came():
    run = Run.model_validate({**RUN, "created": "2026-01-02T05:04:05.678912+02:00"})
    assert run.created == datetime(2026, 1, 2, 3, 4, 5, 678912, UTC)
    assert run.model_dump(mode="json")["created"] == AT == written(run.created)


def test_a_time_without_its_zone_is_refused():
    with pytest.raises(ValidationError, match="created"):
        Run.model_validate({**RUN, "created": "2026-01-02T03:04:05"})


def test_a_row_cannot_be_changed():
    with pytest.raises(ValidationError, match="frozen"):
        RepoSettings().lfs = True


def test_a_list_is_read_to_its_last_page():
    service = Service(page([RUN] * 100, 101), page([{**RUN, "id": 13}], 101))
    runs = list(Dbproxy(service).runs.all(repo=7, active=True, state=("pending", "running"), ref=None))
    assert [runs[0].id, runs[100].id, len(runs)] == [12, 13, 101]
    wanted = {"repo": "7", "active": "true", "state": "pending,running", "per_page": "100"}
    assert [call[2]["params"] for call in service.calls] == [{**wanted, "page": "1"}, {**wanted, "page": "2"}]


def test_a_list_that_shrinks_meanwhile_comes_to_its_end():
    assert len(list(Dbproxy(Service(page([RUN] * 100, 150), page([], 99))).runs.all())) == 100


def test_a_page_is_asked_for_as_it_is_named():
    service = Service({**page([REPO], 31), "page": 2, "per_page": 30})
    found = Dbproxy(service).repos.page(q="a b", page=2)
    assert isinstance(found, Page) and (found.items[0].path, found.total, found.page) == ("ada/hello", 31, 2)
    assert service.calls == [("GET", "/v1/repos", {"params": {"q": "a b", "page": "2"}})]


def test_what_is_absent_is_not_sent():
    service = Service(RUN)
    Dbproxy(service).runs.change(12, 3, state="running", reason=None)
    assert service.calls == [("PATCH", "/v1/runs/12", {"json": {"fence": 3, "state": "running"}})]


def test_an_end_of_a_state_is_sent():
    service = Service(REPO)
    Dbproxy(service).repos.change(7, state={"gone": None})
    assert service.calls == [("PATCH", "/v1/repos/7", {"json": {"state": {"gone": None}}})]


@pytest.mark.parametrize(("status", "new"), [(201, True), (200, False)])
def test_who_makes_a_run_learns_whether_it_is_new(status, new):
    assert Dbproxy(Service((status, RUN))).runs.create(repo=7, kind="full") == (Run.model_validate(RUN), new)


def test_a_claim_waits_for_its_answer_as_long_as_it_asks_dbproxy_to_wait():
    service = Service({"items": [RUN], "total": 1})
    assert [run.fence for run in Dbproxy(service).within(patience=0).runs.claim("me", 1, wait=20)] == [1]
    assert service.calls == [("POST", "/v1/runs/claim",
                              {"json": {"owner": "me", "limit": 1, "wait": 20}, "timeout": 30, "patience": 0})]


def test_bounds_hold_for_all_calls_of_a_client_and_for_no_others():
    service = Service(REPO, REPO)
    db = Dbproxy(service)
    db.within(timeout=5, patience=0).within(patience=60).repos.get(7)
    db.repos.get(7)
    assert [call[2] for call in service.calls] == [{"timeout": 5, "patience": 60}, {}]


def test_a_name_stays_one_part_of_the_path():
    service = Service(REPO)
    Dbproxy(service).repos.by_name("local", "a/b", "c?d=e")
    assert service.calls[0][1] == "/v1/repos/by-name/local/a%2Fb/c%3Fd%3De"


@pytest.mark.parametrize("name", ["", ".", ".."])
def test_a_name_that_would_climb_out_of_the_path_is_nothings_name(name):
    with pytest.raises(NotFound):
        segment(name)


def test_an_event_does_not_tell_of_what_it_is_not_about():
    assert Event.model_validate({"id": 1, "kind": "run.updated", "repo": 7, "run": 12, "at": AT}).deployment is None
