"""Who gets in, from where, and what a form from elsewhere achieves."""

import pytest

from common.secrets.tokens import new_key
from tests.unit.dashboard.world import csrf_of


def sign_in(client, **fields):
    return client.post("/signin", data={"login": "ann", "password": "correct horse", **fields})


@pytest.mark.parametrize("wanted, to", [
    ("/runs/7?x=1", "/runs/7?x=1"), ("//evil.example", "/"), ("/\\evil.example", "/"), ("https:evil.example", "/"),
    ("https://evil.example/", "/"), ("/ok\\..\\evil", "/"), ("javascript:alert(1)", "/"), ("/a\r\nSet-Cookie: x=1", "/")])
def test_next_stays_on_this_site(people, wanted, to):
    """S4, story 1."""
    assert sign_in(people.browser(), next=wanted).headers["Location"] == to


def test_a_page_leads_to_the_sign_in_and_back(people, world):
    client = people.browser()
    answer = client.get("/repos?q=sho")
    assert answer.status_code == 302 and answer.headers["Location"] == "/signin?next=/repos%3Fq%3Dsho"
    assert 'name="next" value="/repos?q=sho"' in client.get(answer.headers["Location"]).text


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(people):
    cookie = sign_in(people.browser()).headers["Set-Cookie"]
    assert "HttpOnly" in cookie and "SameSite=Lax" in cookie and "Path=/" in cookie


def test_the_cookies_secret_is_kept_nowhere(people, world):
    client = people.browser("ann")
    secret = client.get_cookie("continuum").value
    assert secret not in str(world.sessions) and len(world.sessions) == 1


def test_a_cookie_replayed_after_sign_out_is_worth_nothing(people):
    """S6."""
    client = people.browser("ann")
    cookie = client.get_cookie("continuum").value
    replayed = people.browser()
    replayed.set_cookie("continuum", cookie)
    assert replayed.get("/api/v1/account").status_code == 200, "the control"
    assert client.post("/signout", data={"csrf": csrf_of(client)}).status_code == 303
    assert replayed.get("/api/v1/account").status_code == 401


def test_a_wrong_password_says_one_sentence_and_keeps_the_name(people):
    answer = sign_in(people.browser(), password="wrong")
    assert answer.status_code == 401 and 'value="ann"' in answer.text and "do not fit" in answer.text
    assert "wrong" not in answer.text.split("<form", 1)[1].split("</form>")[0].replace("wrong-", "")


def test_a_disabled_account_is_out_at_once(people, world):
    client = people.browser("ros")
    assert client.get("/repos").status_code == 200
    people.accounts["ros"]["disabled"] = True
    assert client.get("/repos").status_code == 302
    assert client.get("/api/v1/repos").status_code == 401


@pytest.mark.parametrize("headers", [{}, {"X-CSRF-Token": "0" * 64}])
def test_a_write_by_cookie_needs_our_token(people, headers):
    """S7."""
    client = people.browser("ann")
    answer = client.post(f"/api/v1/repos/{people.repo['id']}/runs", json={}, headers=headers)
    assert answer.status_code == 403 and answer.json["error"] == "csrf"


def test_a_write_by_cookie_with_our_token_passes(people):
    client = people.browser("ann")
    answer = client.post(f"/api/v1/repos/{people.repo['id']}/runs", json={}, headers={"X-CSRF-Token": csrf_of(client)})
    assert answer.status_code == 201


@pytest.mark.parametrize("headers", [{"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"},
                                     {"Origin": "null"}])
def test_forms_of_other_sites_are_refused(people, headers):
    """S7, and the sign-in with an attacker's own account."""
    client = people.browser("ann")
    data = {"kind": "full", "csrf": csrf_of(client)}
    assert client.post("/repos/local/acme/shop/run", data=data, headers=headers).status_code == 403
    assert people.browser().post("/signin", data={"login": "ann", "password": "correct horse"},
                                 headers=headers).status_code == 403


def test_one_persons_csrf_token_is_not_anothers(people):
    answer = people.browser("wes").post("/repos/local/acme/shop/run",
                                        data={"kind": "full", "csrf": csrf_of(people.browser("ann"))})
    assert answer.status_code == 403


def test_a_thousand_bad_tokens(people, app):
    """S51: soon nobody listens, and the answer says for how long."""
    statuses = [people.browser().get("/api/v1/repos", headers={"Authorization": f"Bearer ct_{number}"},
                                     environ_base={"REMOTE_ADDR": "10.9.9.9"}) for number in range(30)]
    assert statuses[0].status_code == 401 and statuses[-1].status_code == 429
    assert int(statuses[-1].headers["Retry-After"]) > 0
    good = people.browser().get("/api/v1/repos", headers=people.token("ann"))
    assert good.status_code == 200


def test_the_command_line_signs_in_for_a_token(people, world):
    body = {"login": "wes", "password": "correct horse", "token_name": "cli", "scope": "write"}
    answer = people.browser().post("/api/v1/signin", json=body)
    assert answer.status_code == 201 and answer.json["token"].startswith("ct_")
    assert answer.json["token"] not in str(world.tokens)
    seen = people.browser().get("/api/v1/account", headers={"Authorization": f"Bearer {answer.json['token']}"})
    assert seen.json["login"] == "wes"
    assert people.browser().post("/api/v1/signin", json={**body, "password": "no"}).status_code == 401


def test_a_token_past_its_end_is_refused(people, world):
    headers = people.token("ann")
    next(iter(world.tokens.values()))["ends"] = "2020-01-01T00:00:00Z"
    assert people.browser().get("/api/v1/repos", headers=headers).status_code == 401


def test_a_token_shows_once(people, world):
    client = people.browser("ann")
    shown = client.post("/account/tokens", data={"csrf": csrf_of(client), "name": "ci", "scope": "read"})
    assert shown.status_code == 200 and "ct_" in shown.text
    assert "ct_" not in client.get("/account").text


def test_start_without_a_secret_key_names_it(monkeypatch, capsys):
    """S61."""
    from common.service.settings import load
    from dashboard.settings import DashboardSettings
    for name, value in (("SERVICE_KEY", new_key()[0]), ("SERVICE_PUBLIC_KEYS", "x=y"), ("SEAL_PUBLIC_KEYS", "x=y"),
                        ("RABBITMQ_URL", "amqp://x")):
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("SECRET_KEY", raising=False)
    with pytest.raises(SystemExit) as ended:
        load(DashboardSettings)
    assert ended.value.code == 3 and "SECRET_KEY: is missing" in capsys.readouterr().err
    monkeypatch.setenv("SECRET_KEY", "short")
    with pytest.raises(SystemExit):
        load(DashboardSettings)
    told = capsys.readouterr().err
    assert "SECRET_KEY" in told and "short" not in told.replace("shorter", "")
