"""Bad input is told at its field with what was typed kept; a form outlives its session; removal asks for the name."""

import re

import pytest

from tests.unit.dashboard.world import csrf_of

R = "/repos/local/acme/shop"


def told(page: str, name: str) -> str:
    """What the page says at the field."""
    found = re.search(rf'name="{name}".*?<span class="at" role="alert">([^<]*)', page, re.DOTALL)
    return found[1] if found else ""


@pytest.mark.parametrize("path, name, value", [
    ("/repos", "q", "x" * 201), ("/repos", "q", "a\x00b"), ("/audit", "actor", "\x1b[31m"),
    ("/audit", "object", "y" * 300)])
def test_a_filter_that_does_not_fit_is_told_beside_it(people, path, name, value):
    answer = people.browser("ann").get(path, query_string={name: value})
    assert answer.status_code == 400 and told(answer.text, name)
    assert "<table" in answer.text or "empty" in answer.text      # the page still shows what it has


@pytest.mark.parametrize("query, name", [
    ("page=x", "page"), ("page=99999999999999999999", "page"), ("state=%27%20OR%201=1", "state"),
    ("per_page=-1", "per_page")])
def test_a_parameter_without_a_field_is_told_above(people, query, name):
    for path in ("/repos", R):
        answer = people.browser("ann").get(f"{path}?{query}")
        assert answer.status_code == 400 and f"<b>{name}</b>" in answer.text, path


@pytest.mark.parametrize("path, fields, name, said", [
    ("/account/tokens", {"name": "ci", "scope": "god"}, "scope", "read"),
    ("/account/tokens", {"name": "ci", "scope": "read", "ends": "soon"}, "ends", "is a date"),
    ("/account/tokens", {"name": "ci", "scope": "read", "ends": "2020-01-01"}, "ends", "lies in the past"),
    ("/account/tokens", {"name": "x" * 101, "scope": "read"}, "name", "at most 100"),
    ("/account/password", {"current": "wrong", "new": "long enough for it"}, "current", "not your password"),
    ("/account/password", {"current": "correct horse", "new": "short"}, "new", "12 letters"),
    (R + "/settings/secrets", {"name": "1 BAD", "value": "s3cret-canary", "use": "deploy"}, "name", "letters, digits"),
    (R + "/settings/secrets", {"name": "GOOD", "value": "", "use": "deploy"}, "value", "too short"),
    (R + "/settings/members", {"login": "nobody", "right": "read"}, "login", "no account"),
    (R + "/settings/members", {"login": "sam", "right": "king"}, "right", "read"),
    (R + "/waive", {"vulnerability": "CVE-2026-0001", "reason": "no", "until": "2099-01-01"}, "reason", "3 letters"),
    (R + "/waive", {"vulnerability": "CVE-2026-0001", "reason": "because", "until": "x"}, "until", "is a date"),
    (R + "/settings/remove", {"confirm": "acme/shopp"}, "confirm", "acme/shop"),
    (R + "/run", {"kind": "full", "ref": "--upload-pack=x"}, "ref", "be a branch or tag: it has a dash"),
    ("/admin/users/invitations", {"role": "user", "days": "99"}, "days", "30 or less")])
def test_a_form_that_does_not_fit(people, path, fields, name, said):
    client = people.browser("ann")
    answer = client.post(path, data={**fields, "csrf": csrf_of(client)})
    assert answer.status_code in (400, 409, 422), answer.text
    assert said in told(answer.text, name), answer.text
    assert "s3cret-canary" not in answer.text and "correct horse" not in answer.text


def test_the_name_opens_the_danger_zone(people, world):
    client = people.browser("ada")
    answer = client.post(R + "/settings/remove", data={"csrf": csrf_of(client), "confirm": "acme/shop"})
    assert answer.headers["Location"] == "/repos" and world.repos == {}
    assert world.audit[0]["action"] == "repo.remove"


def test_a_member_has_so_many_waiting_runs(people, world, app):
    """S51."""
    limit = app.config["SETTINGS"].queued_runs_per_member
    for _ in range(limit):
        world.add_run(people.repo["id"], "pending", actor="wes", kind="rollback")
    member = people.browser("wes")
    page = member.post(R + "/run", data={"csrf": csrf_of(member), "kind": "build"})
    assert page.status_code == 429 and f"{limit} of your runs wait already" in page.text
    call = people.browser().post(f"/api/v1/repos/{people.repo['id']}/runs", json={}, headers=people.token("wes"))
    assert call.status_code == 429 and call.json["error"] == "quota"
    owner = people.browser("ann")
    assert owner.post(R + "/run", data={"csrf": csrf_of(owner), "kind": "build"}).status_code == 303


def expired(people, path: str, **fields):
    """Post a form whose session ended in between: (client, the answer)."""
    client = people.browser("ann")
    client.set_cookie("continuum", "ended")
    return client, client.post(path, data=fields, headers={"Referer": "http://localhost/somewhere?x=1"})


def test_a_form_outlives_its_session(people, world):
    client, answer = expired(people, R + "/waive", vulnerability="CVE-2026-0001", reason="not <reachable>",
                             until="2099-01-01", csrf="old")
    assert answer.status_code == 302 and answer.headers["Location"].startswith("/signin?next=/somewhere&kept=")
    page = client.get(answer.headers["Location"]).text
    kept = re.search(r'name="kept" value="([^"]+)"', page)[1]
    back = client.post("/signin", data={"login": "ann", "password": "correct horse", "kept": kept, "next": "/"})
    form = client.get(back.headers["Location"]).text
    assert f'action="{R}/waive"' in form and 'value="not &lt;reachable&gt;"' in form and world.waivers == {}
    sent = client.post(R + "/waive", data={"vulnerability": "CVE-2026-0001", "reason": "not <reachable>",
                                           "until": "2099-01-01", "csrf": csrf_of(client)})
    assert sent.status_code == 303 and len(world.waivers) == 1


def test_no_password_and_no_secret_waits_with_it(people):
    _, answer = expired(people, R + "/settings/secrets", name="A_KEY", value="s3cret-canary", use="deploy")
    from dashboard.auth.resume import _signer
    with people.app.app_context():
        text = answer.headers["Location"].split("kept=")[1]
        assert "s3cret-canary" not in str(_signer().loads(text)) and "A_KEY" in str(_signer().loads(text))


def test_another_browser_gets_nothing_of_it(people):
    """Nobody can hand somebody else a form to send."""
    _, answer = expired(people, R + "/settings/remove", confirm="acme/shop")
    kept = answer.headers["Location"].split("kept=")[1]
    other = people.browser("ann")
    assert other.get(f"/resume?form={kept}").status_code == 302
    assert other.get("/resume?form=forged").status_code == 302


def test_what_was_begun_is_told_to_the_next_page_alone(people, world):
    client = people.browser("ann")
    answer = client.post(R + "/run", data={"csrf": csrf_of(client), "kind": "build"})
    run = next(iter(world.runs))
    assert f'data-began="{run}"' in client.get(answer.headers["Location"]).text
    assert "data-began" not in client.get("/repos").text
