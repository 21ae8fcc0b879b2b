"""What comes in is checked and bounded; what goes out is text, hardened, and says what is wrong with an id."""

import io
import json
import re

import pytest

from tests.unit.dashboard.fakes import rows
from tests.unit.dashboard.world import csrf_of

XSS = "<img src=x onerror=alert(1)>"


@pytest.mark.parametrize("path", ["/signin", "/repos", "/nope", "/api/v1/repos", "/static/x/css/base.css"])
def test_headers_of_every_answer(people, path):
    """S56."""
    headers = people.browser("ann").get(path).headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy and "*" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff" and headers["X-Frame-Options"] == "DENY"


def test_heads_of_scripts_are_short_and_those_of_pages_are_not(people):
    """A first visit has forty scripts; what does not exist is told by a page."""
    client = people.browser("ann")
    script = re.search(r'/static/[^"]+/js/app.js', client.get("/repos").text)[0]
    assert sum(len(f"{name}: {value}\r\n") for name, value in client.get(script).headers) < 500
    assert "Permissions-Policy" in client.get("/static/x/js/nothing.js").headers
    assert "script-src 'self'; connect-src 'self'" in client.get(script).headers["Content-Security-Policy"]      # the worker's


@pytest.mark.parametrize("path", ["/repos", "/repos/local/acme/shop", "/repos/local/acme/shop/settings", "/account",
                                  "/status", "/audit", "/admin/users", "/api"])
def test_no_page_needs_what_its_policy_forbids(people, path):
    page = people.browser("ann").get(path).text
    assert " style=" not in page and "onclick" not in page and "<script>" not in page and "http-equiv" not in page


def test_what_people_write_is_text(people, world):
    """S35, story 13."""
    people.repo["description"] = XSS
    run = world.add_run(people.repo["id"], "failure", message=XSS, ref=XSS, reason=XSS, actor=XSS)
    world.add_job(run["id"], "test", "failure", lines=[XSS, "\x1b[31mred\x1b[0m\x07"], reason=XSS)
    world.findings[run["id"]] = {"findings": [{"vulnerability": XSS, "package": XSS, "severity": "high",
                                               "url": "javascript:alert(1)", "description": XSS}]}
    world.tests[run["id"]] = {"cases": [{"suite": XSS, "name": XSS, "state": "failure", "message": XSS}]}
    client = people.browser("ann")
    client.set_cookie("plain", "1")      # with the lines of logs in their pages
    for path in ("/repos", "/repos/local/acme/shop", f"/runs/{run['id']}", f"/runs/{run['id']}/test.1",
                 f"/runs/{run['id']}/findings", f"/runs/{run['id']}/tests", f"/repos?q={XSS}"):
        page = client.get(path).text
        assert "<img" not in page and 'href="javascript' not in page, path
    assert "&lt;img" in page or "Nothing fits" in page
    log = client.get(f"/runs/{run['id']}/test.1").text
    assert ">red\u2407<" in log and "\x1b" not in log


@pytest.mark.parametrize("query", ["sort=id;drop", "status=1;--", "page=0", "page=x", "per_page=1000", "q=%00", "page=1%27",
                                   "state=%27%20OR%201=1", "q=" + "x" * 201])
def test_odd_parameters_are_refused_with_a_sentence(people, query):
    """S40."""
    answer = people.browser().get(f"/api/v1/repos?{query}", headers=people.token("ann"))
    assert answer.status_code == 400 and len(answer.json["detail"]) > 5 and answer.json["id"]


@pytest.mark.parametrize("value", ["' OR 1=1", "%s", "{}", "${x}", "日本語", "%25"])
def test_odd_values_are_taken_literally(people, world, value):
    """S41."""
    answer = people.browser().get("/api/v1/repos", query_string={"q": value}, headers=people.token("ann"))
    assert answer.status_code == 200 and answer.json["items"] == []


@pytest.mark.parametrize("path", ["/api/v1/repos/99999999999999999999999", "/api/v1/repos/0", "/api/v1/repos/-1",
                                  "/api/v1/runs/1e9", "/repos/local/../etc", "/runs/1/evil.1", "/api/v1/runs/1/jobs/build.0"])
def test_odd_addresses_are_unknown(people, path):
    assert people.browser("ann").get(path).status_code == 404


@pytest.mark.parametrize("ref", ["--upload-pack=touch /tmp/x", "-h", "a b", "a\nb", "a..b:c", "x" * 1001, ""])
def test_odd_refs_are_refused(people, ref):
    """S19."""
    answer = people.browser().post(f"/api/v1/repos/{people.repo['id']}/runs", json={"ref": ref},
                                   headers=people.token("ann"))
    assert answer.status_code == 400 and "ref" in answer.json["detail"]


def test_a_large_body_is_refused_before_it_is_parsed(people):
    """S46."""
    headers = {**people.token("ann"), "Content-Type": "application/json"}
    answer = people.browser().post(f"/api/v1/repos/{people.repo['id']}/runs", data=b"[" * (1024**2 + 1), headers=headers)
    assert answer.status_code == 413 and answer.json["error"] == "request_entity_too_large"
    assert people.browser().post("/signin", data={"login": "a" * (1024**2 + 1)}).status_code == 413


@pytest.mark.parametrize("path, kind", [("/signin", "application/x-www-form-urlencoded"), ("/api/v1/signin", "application/json")])
def test_a_body_that_ends_too_early_is_not_acted_upon(people, path, kind):
    """gunicorn marks each body as ended by itself, which made half a form a whole one."""
    answer = people.browser().post(path, data=b"login=ann&password=correct horse", content_type=kind,
                                   headers={"Content-Length": "1000"},
                                   environ_overrides={"wsgi.input_terminated": True, "CONTENT_LENGTH": "1000"})
    assert answer.status_code == 400 and answer.text == "the body ended before its length\n"


def test_a_deep_body_and_many_parts_are_refused(people):
    headers = {**people.token("ann"), "Content-Type": "application/json"}
    deep = people.browser().post("/api/v1/tokens", data=b"[" * 200_000 + b"]" * 200_000, headers=headers)
    assert deep.status_code == 400
    many = people.browser().post("/signin", data={f"f{n}": (io.BytesIO(b"x"), "f") for n in range(200)},
                                 content_type="multipart/form-data")
    assert many.status_code == 413


@pytest.mark.parametrize("body", ["", "null", "[]", "{", '{"kind": 3}', '{"extra": 1}'])
def test_a_wrong_body_is_told_what_is_wrong(people, body):
    headers = {**people.token("ann"), "Content-Type": "application/json"}
    answer = people.browser().post(f"/api/v1/repos/{people.repo['id']}/runs", data=body, headers=headers)
    assert answer.status_code == 400 and answer.json["detail"]


def test_an_unexpected_error_shows_no_trace(people, world, monkeypatch):
    """S58."""
    run = world.add_run(people.repo["id"], kind=None)["id"]      # without its kind: breaks the answer
    monkeypatch.setattr(rows, "run", lambda values: values)      # which the models of the fakes would keep back
    api, page = people.browser("ann").get(f"/api/v1/runs/{run}"), people.browser("ann").get(f"/runs/{run}")
    assert api.status_code == page.status_code == 500
    for text in (api.text, page.text):
        assert "Traceback" not in text and "validation" not in text
    assert api.json["id"] == api.headers["X-Request-Id"] and page.headers["X-Request-Id"] in page.text


def test_a_part_that_is_away_is_named_and_the_page_retries(people, world):
    client = people.browser("ann")
    world.down.add("dbproxy")
    page = client.get("/repos")
    assert page.status_code == 503 and "dbproxy" in page.text.lower() and 'http-equiv="refresh"' in page.text
    assert client.get("/api/v1/repos").json["error"] == "unavailable"
    world.down.clear()
    assert client.get("/repos").status_code == 200


def test_a_repo_page_stands_without_the_orchestrator(people, world):
    client = people.browser("ann")
    world.down.add("orchestrator")
    page = client.get("/repos/local/acme/shop")
    assert page.status_code == 200 and "orchestrator" in page.text


@pytest.mark.parametrize("path, away, told", [
    ("", "orchestrator", "Branches and kinds come when the orchestrator answers"),
    ("/settings", "orchestrator", "The check comes when the orchestrator answers"),
    ("/deployments", "deployer", "Usage comes when the deployer answers")])
def test_a_part_that_comes_late_is_told_with_its_id_and_looked_for_again(people, world, caplog, path, away, told):
    world.deployments[7] = people.repo["live"] = {"id": 7, "repo": people.repo["id"], "run": 1, "state": "live",
                                                  "digest": "sha256:1", "commit": "3f2a1c", "created": None}
    client = people.browser("ann")
    world.down.add(away)
    with caplog.at_level("INFO"):
        page = client.get(f"/repos/local/acme/shop{path}")
    number = page.headers["X-Request-Id"]
    assert told in page.text and f"Id <code>{number}</code>" in page.text and 'data-again="5000"' in page.text
    assert f'data-look href="/repos/local/acme/shop{path}">Try again' in page.text
    assert number in caplog.text and away in caplog.text
    world.down.clear()
    assert told not in client.get(f"/repos/local/acme/shop{path}").text


def test_a_page_that_answers_a_form_does_not_ask_for_its_address(people):
    """Which shows nothing by itself; and a fragment says what it is about, as the page does."""
    client = people.browser("ann")
    path, sent = "/repos/local/acme/shop", {"csrf": csrf_of(client), "login": "nobody", "right": "read"}
    assert "data-posted" in client.post(f"{path}/settings/members", data=sent).text
    for page in (client.get(path), client.get(path, headers={"X-Fragment": "1"})):
        assert f'data-topics="repo:{people.repo["id"]}"' in page.text and "data-posted" not in page.text


def test_status_tells_what_is_down(people, world):
    world.down.add("deployer")
    told = people.browser("ann").get("/api/v1/status").json
    states = {part["name"]: part["state"] for part in told["parts"]}
    assert states["engine"] == "failure" and states["log queue"] == states["builder"] == "success"
    assert told["engine"] is None and told["log_queue"]["dead_letters"] == 0


@pytest.mark.parametrize("login, why", [("ann", ", because GitHub does not answer"),
                                        ("wes", "; owners of this installation see why")])
def test_status_tells_which_reports_wait_since_when_and_why(people, world, login, why):
    assert not [part for part in _parts(people, login) if part["name"].startswith("reports")]
    world.reports = [{"forge": "github", "waiting": 12, "since": "2026-11-30T12:03:04.5Z", "reason": "GitHub does not answer",
                      "failed": 1, "failure": "GitHub does not answer"}]
    (part,) = [part for part in _parts(people, login) if part["name"] == "reports to GitHub"]
    assert part["state"] == "pending" and part["detail"] == (
        f"12 reports wait for GitHub since 2026-11-30 12:03 UTC{why}. "
        f"1 report was not sent in the last 24 hours, the last one{why}")


def _parts(people, login):
    return people.browser(login).get("/api/v1/status").json["parts"]


def test_a_database_that_is_not_the_full_one_is_degraded_not_healthy(people):
    client = people.browser("ann")
    part = next(part for part in client.get("/api/v1/status").json["parts"] if part["name"] == "vulnerabilities")
    assert part["state"] == "pending" and "not the full vulnerability database" in part["detail"]
    assert "Degraded" in client.get("/status").text


def test_a_posted_form_without_javascript_redirects(people, world):
    """Story 23; story 3: pressed twice, one run."""
    client = people.browser("wes")
    data = {"kind": "full", "csrf": csrf_of(client)}
    first = client.post("/repos/local/acme/shop/run", data=data)
    second = client.post("/repos/local/acme/shop/run", data=data)
    assert first.status_code == second.status_code == 303
    assert first.headers["Location"] == second.headers["Location"] and len(world.runs) == 1


def test_a_kind_that_cannot_run_is_disabled_and_says_why(people, world):
    world.kinds["scan"] = "no image of main yet"
    page = people.browser("wes").get("/repos/local/acme/shop").text
    assert 'value="scan" disabled title="no image of main yet"' in page


def test_json_errors_have_three_fields(people):
    answer = people.browser().get("/api/v1/nothing")
    assert set(json.loads(answer.text)) == {"error", "detail", "id"}
