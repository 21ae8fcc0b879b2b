"""S4, S6, S7, S56, S58: the browser's side of the dashboard."""

from __future__ import annotations

import pytest

from tests.security import engine, people
from tests.security.people import Browser

ELSEWHERE = ["//evil.example", "/\\evil.example", "https:evil.example", "https://evil.example", "\\\\evil.example",
             "/\t/evil.example", "/\n/evil.example", "javascript:alert(1)", "evil.example", "///evil.example", "/\\/evil"]


@pytest.fixture
def person(stack):
    return people.sign_up(stack)


@pytest.fixture
def browser(stack, person):
    made = Browser(stack.api.url)
    answer = made.sign_in(person.login)
    assert answer.status_code == 303, answer.text[:300]
    return made


@pytest.mark.parametrize("wanted", ELSEWHERE)
def test_the_sign_in_leads_nowhere_else(stack, person, wanted):
    """Holds: sessions.local_path (S4), for the form and for somebody who is signed in already."""
    browser = Browser(stack.api.url)
    answer = browser.sign_in(person.login, next=wanted)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    again = browser.get("/signin", params={"next": wanted})
    assert again.headers["Location"] == "/"


def test_the_sign_in_leads_back(stack, person):
    """The control: a path of ours is kept."""
    assert Browser(stack.api.url).sign_in(person.login, next="/account?x=1").headers["Location"] == "/account?x=1"


def test_a_cookie_is_worth_nothing_after_the_sign_out(stack, browser):
    """Holds: the session is deleted in the store, not only in the browser (S6)."""
    cookie = browser.http.cookies["continuum"]
    assert browser.get("/api/v1/account").status_code == 200
    assert browser.post("/signout", csrf=browser.csrf()).status_code == 303
    replayed = people.call(stack.api.url, "GET", "/api/v1/account", headers={"Cookie": f"continuum={cookie}"})
    assert replayed.status_code == 401
    page = people.call(stack.api.url, "GET", "/repos", headers={"Cookie": f"continuum={cookie}"})
    assert page.headers["Location"].startswith("/signin")


def test_each_sign_in_makes_a_new_secret(stack, person, browser):
    """Holds: no session fixation: what the browser brought is not kept."""
    fixed = Browser(stack.api.url)
    fixed.http.cookies.set("continuum", "A" * 43, domain="127.0.0.1")
    fixed.sign_in(person.login)
    secrets = {cookie.value for cookie in fixed.http.cookies if cookie.name == "continuum"} - {"A" * 43}
    assert secrets and browser.http.cookies["continuum"] not in secrets
    assert people.call(stack.api.url, "GET", "/api/v1/account", headers={"Cookie": "continuum=" + "A" * 43}).status_code == 401


def test_a_new_password_and_a_disabled_account_end_every_session(stack, person, browser):
    """Holds: dbproxy's accounts: sessions end with the password; disabled accounts have no session and no token."""
    stack.api.call("PATCH", f"/users/{person.id}", json={"password": "another long one 77"})
    assert browser.get("/api/v1/account").status_code == 401
    fresh = Browser(stack.api.url)
    fresh.sign_in(person.login, "another long one 77")
    assert fresh.get("/api/v1/account").status_code == 200
    stack.api.call("PATCH", f"/users/{person.id}", json={"disabled": True})
    assert fresh.get("/api/v1/account").status_code == 401
    assert person.call("GET", "/account").status_code == 401


FORGERIES = {
    "no token": {},
    "a wrong token": {"data": {"csrf": "0" * 64}},
    "a token in the address": {"params": {"csrf": "{own}"}},
    "from another site": {"data": {"csrf": "{own}"}, "headers": {"Origin": "https://evil.example"}},
    "from nowhere": {"data": {"csrf": "{own}"}, "headers": {"Origin": "null"}},
    "as the browser says": {"data": {"csrf": "{own}"}, "headers": {"Sec-Fetch-Site": "cross-site"}},
    "another person's token": {"data": {"csrf": "{other}"}},
}


@pytest.mark.parametrize("forged", FORGERIES)
def test_another_site_cannot_write(stack, browser, forged):
    """Holds: auth.csrf (S7), on a page's form and on the API; the last line is the control."""
    other = Browser(stack.api.url)
    other.sign_in(people.sign_up(stack).login)
    words = {"{own}": browser.csrf(), "{other}": other.csrf()}
    options = {key: {name: words.get(value, value) for name, value in values.items()}
               for key, values in FORGERIES[forged].items()}
    data = {"name": "t", "scope": "read", **options.pop("data", {})}
    assert browser.post("/account/tokens", data, **options).status_code == 403
    assert browser.get("/api/v1/tokens").json()["total"] == 1, "the sign-up's own token alone"
    for method in ("POST", "PUT", "DELETE"):
        answer = browser.http.request(method, f"{stack.api.url}/api/v1/tokens", json={"name": "t"}, timeout=20,
                                      headers=options.get("headers"))
        assert answer.status_code in (403, 405), (method, answer.text)
    assert browser.post("/account/tokens", {"name": "t", "scope": "read"}, csrf=words["{own}"]).status_code == 200


def test_another_site_cannot_sign_anybody_in(stack, person):
    """Holds: the same before there is a session."""
    answer = Browser(stack.api.url).post("/signin", {"login": person.login, "password": people.PASSWORD},
                                         headers={"Origin": "https://evil.example"})
    assert answer.status_code == 403
    assert "Set-Cookie" not in answer.headers


PAGES = ["/signin", "/repos", "/account", "/status", "/api", "/api/v1/account", "/api/v1/openapi.json", "/nowhere",
         "/api/v1/nowhere", "/healthz"]


@pytest.mark.parametrize("path", PAGES)
def test_every_answer_carries_the_headers(browser, path):
    """Holds: web.headers (S56): nothing inline, nothing from elsewhere, never in a frame, no guessing of types."""
    headers = browser.get(path).headers
    policy = dict(part.strip().split(" ", 1) for part in headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == "'self'"
    assert policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "no-store"
    assert "Python" not in headers.get("Server", "") and "X-Powered-By" not in headers


def test_the_cookie_is_out_of_reach(stack, person):
    """Holds: HttpOnly, SameSite, a path, and 256 bits."""
    answer = Browser(stack.api.url).sign_in(person.login)
    cookie = next(value for value in answer.raw.headers.getlist("Set-Cookie") if value.startswith("continuum="))
    assert "HttpOnly" in cookie and "SameSite=Lax" in cookie and "Path=/" in cookie
    assert len(cookie.split("=", 1)[1].split(";")[0]) >= 43


UNDER_TLS = """
from dashboard.app import app
answer = app.test_client().get("/healthz")
print(app.config["COOKIE"], app.config["SECURE"], app.config["SESSION_COOKIE_SECURE"],
      answer.headers.get("Strict-Transport-Security"))
"""


def test_under_tls_cookies_stay_there(platform):
    """Holds: PUBLIC_URL with https: Secure, the prefix __Host-, and HSTS; without it none, or nobody could sign in."""
    told = [engine.docker("exec", "--env", f"PUBLIC_URL={url}", platform["dashboard"]["Id"], "python", "-c", UNDER_TLS)
            for url in ("https://ci.example", "http://ci.example")]
    assert told == ["__Host-continuum True True max-age=31536000", "continuum False False None"]


def test_no_other_site_reads_an_answer(browser):
    """Holds: no CORS header, whatever the origin says."""
    answer = browser.get("/api/v1/account", headers={"Origin": "https://evil.example"})
    assert not [name for name in answer.headers if name.lower().startswith("access-control-")]


ODD = [("GET", "/console"), ("GET", "/?__debugger__=yes&cmd=resource&f=debugger.js"), ("GET", "/static/x/../../settings.py"),
       ("GET", "/static/x/%2e%2e/%2e%2e/settings.py"), ("GET", "/api/v1/runs/99999999999999999999"), ("TRACE", "/"),
       ("GET", "/api/v1/repos?page=1e400"), ("GET", "/repos?q=%00"), ("GET", "/repos?q=%ff%fe"), ("PROPFIND", "/api/v1/repos"),
       ("GET", "/signin?next=%00"), ("GET", "/api/v1/repos/local/%ff/%fe"), ("GET", "/.env"), ("GET", "/.git/config")]


@pytest.mark.parametrize(("method", "path"), ODD, ids=lambda part: part)
def test_what_is_odd_is_refused_without_a_trace(browser, method, path):
    """Holds: web.errors (S58): no debugger, no trace, no file of ours; and nothing of this breaks us."""
    answer = browser.http.request(method, browser.url + path, timeout=20, allow_redirects=False)
    assert answer.status_code < 500, answer.text[:300]
    for word in ("Traceback", "werkzeug", "EVALEX", "site-packages", "SECRET_KEY"):
        assert word not in answer.text, word


def test_odd_cookies_and_headers_break_nothing(stack):
    """Holds: the same for what a browser sends along."""
    for headers in ({"Cookie": "continuum_notices=.eJw; continuum=\x7f"}, {"Authorization": "Bearer "},
                    {"Authorization": "Bearer " + "x" * 5000}, {"Authorization": "Basic Og=="},
                    {"X-Forwarded-Host": "evil.example", "Host": "evil.example"}, {"Last-Event-ID": "-1"}):
        answer = people.call(stack.api.url, "GET", "/repos", headers=headers)
        assert answer.status_code < 500, headers
        assert "evil.example" not in answer.headers.get("Location", "")
