"""S35: what people, programs and databases write is text on every page, in HTML as it is sent and in Chromium's DOM."""

from __future__ import annotations

import uuid

import pytest

from tests.browser.conftest import chromium  # noqa: F401 - a fixture
from tests.browser.visitor import Visitor
from tests.harness.dates import in_days
from tests.harness.stack import git
from tests.security import people

EVIL = "<img src=x onerror=alert(1)>"
ESCAPED = "&lt;img src=x onerror=alert(1)&gt;"
DOCKERFILE = f"""\
FROM python:3.13-slim
RUN echo '{EVIL}' && echo '<script>alert(2)</script>' && printf '\\033[31m{EVIL}\\033[0m\\n' && echo '"><svg onload=alert(3)>'
RUN echo "{EVIL}" >&2; exit 3
"""


@pytest.fixture(scope="module")
def story(stack):
    """(repo, run): names, messages, lines and reasons that would be markup."""
    repo = stack.repo_of({"Dockerfile": DOCKERFILE}, name="text")
    git(repo.work, "-c", f"user.name={EVIL}", "commit", "--quiet", "--allow-empty", "--message", f"{EVIL} {{{{7*7}}}}",
        "--author", f"x{EVIL} <evil@localhost>")
    repo.push()
    run = stack.wait(repo.run("build")["id"])
    assert run["state"] == "failure"
    assert "\n".join(stack.lines(run["id"], "build.1")).count("<img") >= 3
    stack.api.post(f"/repos/{repo.id}/waivers", {"vulnerability": "CVE-2026-0002", "reason": f"{EVIL} {{{{7*7}}}}",
                                                 "until": in_days(30), "package": EVIL})
    return repo, run


@pytest.fixture(scope="module")
def addresses(story):
    repo, run = story
    base = f"/repos/local/{repo.owner}/{repo.name}"
    return ["/repos", "/repos?q=" + EVIL, base, f"{base}/waivers", f"{base}/deployments", f"{base}/settings",
            f"/runs/{run['id']}", f"/runs/{run['id']}/build.1", f"/runs/{run['id']}/definition", "/audit", "/account"]


def test_no_page_holds_it_as_markup(stack, story, addresses):
    """Holds: Jinja's escaping. That the text is on the pages at all is the control."""
    browser = people.Browser(stack.api.url)
    browser.sign_in(stack.api.settings["OWNER_LOGIN"], stack.api.settings["OWNER_PASSWORD"])
    browser.post("/account/tokens", {"name": EVIL, "scope": "read"}, csrf=browser.csrf())
    browser.get("/plain")      # it runs no scripts, so logs have their lines in the page
    pages = {path: browser.get(path) for path in addresses}
    assert {path: page.status_code for path, page in pages.items() if page.status_code != 200} == {}
    assert [path for path, page in pages.items() if "<img src=x" in page.text or "<svg onload" in page.text
            or "<script>alert" in page.text] == []
    shown = [path for path, page in pages.items() if ESCAPED in page.text.replace("&#34;", '"')]
    assert len(shown) >= 5, shown
    assert not [path for path, page in pages.items() if f"{EVIL} 49" in page.text]


def test_chromium_makes_no_element_of_it(chromium, stack, story, addresses):      # noqa: F811 - the fixture
    """Holds: our scripts put text in as text: the log viewer's lines come by script, not by the template."""
    asked = []
    with Visitor(chromium, stack.api.url) as visitor:
        visitor.page.on("dialog", lambda dialog: (asked.append(dialog.message), dialog.dismiss()))
        visitor.sign_in(stack.api.settings["OWNER_LOGIN"], stack.api.settings["OWNER_PASSWORD"])
        for path in addresses:
            visitor.page.goto(path)
            visitor.page.wait_for_load_state("load")
            assert visitor.page.locator("img[src=x], svg[onload], [onerror]").count() == 0, path
        run = story[1]["id"]
        visitor.page.goto(f"/runs/{run}/build.1")
        visitor.page.get_by_text(EVIL).first.wait_for()
        assert visitor.page.locator("img[src=x], svg[onload], [onerror]").count() == 0
    assert asked == []


def test_an_api_answer_is_no_page(stack, story):
    """Holds: types that no browser renders: JSON and plain text, with nosniff."""
    _, run = story
    for path, kind in ((f"/runs/{run['id']}", "application/json"), (f"/runs/{run['id']}/jobs/build.1/log.txt", "text/plain")):
        answer = people.call(stack.api.url, "GET", f"/api/v1{path}", stack.api._token())
        assert answer.headers["Content-Type"].startswith(kind)
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_a_spreadsheet_gets_no_formula(stack, story):
    """Holds: findings.cell in the CSV of the audit log: a cell that begins like a formula is quoted."""
    repo = story[0]
    marker = f"={uuid.uuid4().hex[:8]}+1"
    stack.api.post("/users", {"login": f"c{uuid.uuid4().hex[:8]}", "name": marker, "password": people.PASSWORD})
    stack.api.post(f"/repos/{repo.id}/waivers", {"vulnerability": "CVE-2026-0003", "reason": marker, "until": in_days(30)})
    answer = people.call(stack.api.url, "GET", "/api/v1/audit?format=csv", stack.api._token())
    assert answer.headers["Content-Type"].startswith("text/csv")
    cells = [cell for line in answer.text.splitlines() for cell in line.split(",")]
    assert not [cell for cell in cells if cell.strip('"')[:1] in ("=", "+", "@")]
