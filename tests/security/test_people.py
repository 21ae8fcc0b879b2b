"""S51 and what accounts add: invitations, forms that destroy, how much one may queue."""

from __future__ import annotations

import uuid

import pytest

from tests.harness.apps import steady
from tests.security import people

GOOD = {"password": people.PASSWORD, "name": ""}


def invite(stack, **fields) -> str:
    """The path of a fresh link."""
    url = stack.api.post("/users/invitations", {"role": "user", **fields})["url"]
    return url[url.index("/invitation/"):]


def test_a_link_works_once(stack):
    """Holds: invitations._open under its row's lock."""
    path, first, second = invite(stack), people.Browser(stack.api.url), people.Browser(stack.api.url)
    assert first.post(path, {**GOOD, "login": f"i{uuid.uuid4().hex[:8]}"}).status_code == 303
    assert first.get("/account").status_code == 200
    assert second.get(path).status_code == 404
    assert second.post(path, {**GOOD, "login": f"i{uuid.uuid4().hex[:8]}"}).status_code == 404


def test_the_invited_chooses_no_role(stack):
    """Holds: the role is the invitation's; fields that the form does not have are refused."""
    path, guest = invite(stack), people.Browser(stack.api.url)
    login = f"i{uuid.uuid4().hex[:8]}"
    assert guest.post(path, {**GOOD, "login": login, "role": "owner"}).status_code == 400
    assert guest.post(path, {**GOOD, "login": login}).status_code == 303
    assert guest.get("/admin/users").status_code == 403


def test_a_link_is_nowhere_but_in_its_answer(stack):
    """Holds: dbproxy keeps the hash; the audit log names the number."""
    secret = invite(stack).rsplit("/", 1)[1]
    for path in ("/users/invitations", "/audit"):
        assert secret not in str(stack.api.get(path))


@pytest.mark.parametrize("path", ["/admin/users/invitations", "/repos/local/{owner}/{name}/settings/remove"])
def test_a_form_that_matters_needs_our_token(stack, path):
    """S7. Holds: csrf.check, before the form is read."""
    repo = stack.repo_of(steady())
    owner = people.Browser(stack.api.url)
    owner.sign_in(stack.api.settings["OWNER_LOGIN"], stack.api.settings["OWNER_PASSWORD"])
    fields = {"role": "owner", "days": "7", "confirm": f"{repo.owner}/{repo.name}"}
    assert owner.post(path.format(owner=repo.owner, name=repo.name), fields).status_code == 403
    assert stack.api.get(f"/repos/{repo.id}")["name"] == repo.name


def test_a_kept_form_is_for_the_browser_that_sent_it(stack):
    """Holds: resume.kept; a link cannot bring an owner a form that somebody else filled in."""
    repo = stack.repo_of(steady())
    stranger, owner = people.Browser(stack.api.url), people.Browser(stack.api.url)
    sent = stranger.post(f"/repos/local/{repo.owner}/{repo.name}/settings/remove",
                         {"confirm": f"{repo.owner}/{repo.name}"})
    kept = sent.headers["Location"].split("kept=")[1]
    owner.sign_in(stack.api.settings["OWNER_LOGIN"], stack.api.settings["OWNER_PASSWORD"])
    assert owner.get(f"/resume?form={kept}").status_code == 302


def test_a_member_queues_so_many_runs(stack):
    """S51. Holds: store._check_quota."""
    repo, person = stack.repo_of(steady(build_ticks=600)), people.sign_up(stack)
    stack.api.put(f"/repos/{repo.id}/members/{person.id}", {"right": "write"})
    stack.api.call("PATCH", f"/repos/{repo.id}/settings", json={"supersede": False})
    allowed = int(stack.api.settings["QUEUED_RUNS_PER_MEMBER"])
    answers = [person.call("POST", f"/repos/{repo.id}/runs", json={"kind": "build", "commit": commit})
               for commit in commits(repo, allowed + 5)]
    made = [answer.json()["id"] for answer in answers if answer.status_code == 201]
    for run in reversed(made):
        stack.api.post(f"/runs/{run}/cancel")
    assert allowed <= len(made) <= allowed + 2      # one of them runs, and one may have begun in between
    assert (answers[-1].status_code, answers[-1].json()["error"]) == (429, "quota")
    assert f"{allowed} may" in answers[-1].json()["detail"]


def commits(repo, count: int) -> list[str]:
    """So many commits, pushed to a branch that starts no run."""
    made = []
    for number in range(count):
        repo.write("number.txt", str(number))
        made.append(repo.commit(f"Number {number} [skip ci]"))
    repo.push("main")
    return made
