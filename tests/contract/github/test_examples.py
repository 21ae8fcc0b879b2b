"""GitHub's own example payloads, signed, through the webhook entrance, to the decision: a table.

What is kept of each is all that the decision sees, as it is with a database between the two.
"""

from collections import Counter

import pytest

from dashboard.forge import hook
from forges.github import events
from orchestrator.scm.webhooks.rules import decide
from tests.github.examples import EVENTS, body_of, examples, sign
from tests.harness.rows import repo_row
from tests.unit.dashboard.conftest import *  # noqa: F403  the dashboard over its fakes
from tests.unit.dashboard.test_webhooks import deliver

HEAD, PULL, NOTHING = "head", "pull", "nothing"
TABLE = {      # (event, action) -> (what is done, how many examples say so)
    ("push", None): (HEAD, 7), ("create", None): (HEAD, 5), ("delete", None): (HEAD, 4), ("ping", None): (NOTHING, 4),
    ("pull_request", "opened"): (PULL, 4), ("pull_request", "synchronize"): (PULL, 1),
    ("pull_request", "reopened"): (PULL, 2), ("pull_request", "closed"): (PULL, 2),
    ("pull_request", "ready_for_review"): (PULL, 3), ("pull_request", "converted_to_draft"): (PULL, 3),
    ("pull_request", "assigned"): (NOTHING, 2), ("pull_request", "unassigned"): (NOTHING, 2),
    ("pull_request", "labeled"): (NOTHING, 2), ("pull_request", "unlabeled"): (NOTHING, 2),
    ("pull_request", "locked"): (NOTHING, 2), ("pull_request", "unlocked"): (NOTHING, 2),
    ("pull_request", "review_requested"): (NOTHING, 1), ("pull_request", "review_request_removed"): (NOTHING, 1),
}
ALL = list(examples(*EVENTS))


def kind_of(event: str, payload: dict) -> tuple[str, str | None]:
    return event, payload.get("action")


def named(number: int) -> str:
    return "-".join(filter(None, (str(number), *kind_of(*ALL[number]))))


@pytest.fixture()
def site(on_github):
    """A connected repository of that name and number, with a webhook."""
    def make(payload: dict) -> dict:
        about = payload.get("repository") or {"full_name": "octocat/hello-world", "id": 1}
        repo = on_github.world.add_repo(*about["full_name"].split("/"))
        repo.update(forge="github", external_id=str(about["id"]), settings={"webhook": {"id": 7, "generation": 1}})
        return repo
    return make


@pytest.fixture()
def kept(on_github, site):
    """What the entrance keeps of a signed payload: (the stored delivery, its repository's row)."""
    def send(event: str, payload: dict) -> tuple[dict, dict]:
        repo = site(payload)
        with on_github.app.app_context():
            secret = hook.secret(repo["id"], 1).get_secret_value()
        body = body_of(payload)
        answer = deliver(on_github, f"/webhooks/github/{repo['id']}", body,
                         {"X-Hub-Signature-256": sign(secret, body)}, event=event)
        assert answer.status_code == 202, answer.text
        return on_github.world.deliveries[answer.json["delivery"]], repo
    return send


def row(repo: dict):
    return repo_row(**{name: repo[name] for name in ("owner", "name", "external_id")})


def test_the_table_has_every_example():
    assert Counter(kind_of(*each) for each in ALL) == {kind: count for kind, (_, count) in TABLE.items()}
    assert {event for event, _ in TABLE} == set(EVENTS)


@pytest.mark.parametrize("number", range(len(ALL)), ids=named)
def test_the_right_decision_for_each(kept, number):
    event, payload = ALL[number]
    delivery, repo = kept(event, payload)
    found = decide(events.read(delivery["event"], delivery["payload"]), row(repo))
    assert found.kind == TABLE[kind_of(event, payload)][0]
    if found.kind != NOTHING:
        assert found.ref == (whole_ref(event, payload) if found.kind == HEAD else "")
        assert found.number == (payload["pull_request"]["number"] if found.kind == PULL else 0)
        assert found.actor == payload["sender"]["login"]


def whole_ref(event: str, payload: dict) -> str:
    folder = {"branch": "refs/heads/", "tag": "refs/tags/"}
    return payload["ref"] if event == "push" else folder[payload["ref_type"]] + payload["ref"]


@pytest.mark.parametrize("event", ["push", "pull_request"])
def test_a_payload_about_another_repository_moves_nothing(kept, event):
    _, payload = next(examples(event))
    delivery, repo = kept(event, payload)
    found = decide(events.read(event, delivery["payload"]), row({**repo, "external_id": "1"}))
    assert found.kind == NOTHING and "this webhook belongs to" in found.why


def test_a_changed_body_is_refused(on_github, site):
    event, payload = ALL[0]
    repo = site(payload)
    with on_github.app.app_context():
        secret = hook.secret(repo["id"], 1).get_secret_value()
    answer = deliver(on_github, f"/webhooks/github/{repo['id']}", body_of(payload) + b" ",
                     {"X-Hub-Signature-256": sign(secret, body_of(payload))}, event=event)
    assert answer.status_code == 401


@pytest.mark.parametrize("number", range(len(ALL)), ids=named)
def test_what_is_kept_is_small(kept, number):
    delivery, _ = kept(*ALL[number])
    assert len(body_of(delivery["payload"])) < len(body_of(ALL[number][1])) and len(body_of(delivery["payload"])) < 4096
