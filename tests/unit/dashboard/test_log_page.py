"""The page of a log as the server makes it: what a browser without JavaScript shows, and what the viewer starts from."""

import re
from html import unescape

import pytest

from dashboard.pages.log import WINDOW
from dashboard.web.static import FOLDER


def page_of(people, path: str, *, plain: bool = False) -> str:
    """`plain`: as a browser gets it that said that it runs no scripts."""
    browser = people.browser("ros")
    if plain:
        browser.set_cookie("plain", "1")
    return browser.get(path).text


@pytest.mark.parametrize("job, run, said", [
    ({"state": "pending", "reason": "2 jobs are first", "code": "queued_at_worker"},
     {"state": "pending", "reason": "build: pending"}, "2 jobs are first."),
    ({"state": "pending", "reason": "handed to the tester"}, {"reason": "running"}, "Handed to the tester."),
    (None, {"state": "pending", "reason": "waiting for run 7 of the same repository"}, "Waiting for run 7 of the same repository."),
    ({"state": "running", "reason": ""}, {}, "Nothing printed yet."),
    ({"state": "running", "steps": [{"number": 1, "name": "RUN x", "state": "running", "now": "50%"}]}, {}, "50%"),
    ({"state": "skipped", "reason": "not begun: canceled by ann"}, {}, "Not begun: canceled by ann."),
    ({"state": "success", "reason": "done"}, {}, "It printed nothing."),
])
def test_an_empty_log_says_why(people, world, job, run, said):
    made = world.add_run(people.repo["id"], **{"state": "running", **run})
    if job:
        world.add_job(made["id"], "build", **job)
    assert f'class="log-empty" id="log-waiting" data-live>{said}<' in page_of(people, f"/runs/{made['id']}/build.1")


def test_a_log_whose_lines_are_not_stored_yet_is_not_called_empty(people, world):
    run = world.add_run(people.repo["id"])["id"]
    world.add_job(run, "build")["lines"] = 3      # the worker's count; the store takes up to three seconds
    assert ">Its lines are on their way to the store.<" in page_of(people, f"/runs/{run}/build.1")


def test_the_lines_around_the_linked_ones_are_there_and_marked(people, world):
    run = world.add_run(people.repo["id"])
    world.add_job(run["id"], "build", lines=[f"line {number}\x7f" for number in range(1, 3001)])
    page = page_of(people, f"/runs/{run['id']}/build.1?line=2000-2002", plain=True)
    numbers = [int(number) for number in re.findall(r'<li id="L(\d+)"', page)]
    assert numbers == list(range(1990, 2990))
    assert re.findall(r'<li id="L(\d+)" class="marked"', page) == ["2000", "2001", "2002"]
    assert 'data-line="2000-2002"' in page and 'data-last="3000"' in page
    assert "1,990 to 2,989 of 3,000" in page and "?from=990" in page and "?from=2990" in page
    assert ">line 2000␡<" in page


def test_a_browser_that_runs_scripts_gets_no_lines(people, world):
    run = world.add_run(people.repo["id"], "failure")
    world.add_job(run["id"], "build", "success", lines=[f"line {number}" for number in range(1, 3001)])
    for path in (f"/runs/{run['id']}/build.1?line=2000-2002", f"/runs/{run['id']}"):
        page = page_of(people, path)
        assert "line 2000" not in page and "line 3000" not in page and 'data-last="3000"' in page and len(page) < 20_000
        assert "line 3000" in page_of(people, path, plain=True) or "line 2000" in page_of(people, path, plain=True)


@pytest.mark.parametrize("path", ["/runs/{}/build.1?line=2-3", "/runs/{}/build.1?find=a+b%26c", "/runs/{}", "/runs/{}/build.1"])
def test_without_scripts_the_same_address_has_the_lines(people, world, path):
    """Its <noscript> leads to a note of that in a cookie, and back."""
    run = world.add_run(people.repo["id"])
    world.add_job(run["id"], "build", lines=["one", "two a b&c", "three"])
    browser, here = people.browser("ros"), path.format(run["id"])
    leads = re.search(r'<noscript><meta http-equiv="refresh" content="0; url=([^"]+)"', browser.get(here).text)[1]
    answer = browser.get(unescape(leads))
    assert answer.status_code == 303 and answer.headers["Location"] == here
    page = browser.get(here).text
    assert ">two a b&amp;c<" in page and "http-equiv" not in page


def test_the_note_is_no_way_out(people):
    assert people.browser().get("/plain?next=//evil.example").headers["Location"] == "/"


def test_the_viewer_asks_for_what_the_page_says_it_will(people):
    store = (FOLDER / "js/log/store.js").read_text()
    assert f"const SIZE = {WINDOW};" in store


def test_each_attempt_is_a_link_with_its_state(people, world):
    run = world.add_run(people.repo["id"])
    world.add_job(run["id"], "test", "failure", lines=["no"])
    world.add_job(run["id"], "test", "success", lines=["yes"], attempt=2)
    page = page_of(people, f"/runs/{run['id']}/test.2")
    assert re.search(rf'<a href="/runs/{run["id"]}/test.1"><svg class="icon failure"', page)
    assert re.search(rf'<a href="/runs/{run["id"]}/test.2" aria-current="true"><svg class="icon success"', page)


def test_a_range_that_is_none_is_refused(people, world):
    run = world.add_run(people.repo["id"])
    world.add_job(run["id"], "build", lines=["one"])
    for query in ("line=0", "line=a", "line=1-", "from=0", "find=" + "a" * 501):
        assert people.browser("ros").get(f"/runs/{run['id']}/build.1?{query}").status_code == 400, query
