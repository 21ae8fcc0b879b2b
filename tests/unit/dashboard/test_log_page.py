"""The page of a log as the server makes it: what a browser without JavaScript shows, and what the viewer starts from."""

import re

import pytest


def page_of(people, path: str) -> str:
    return people.browser("ros").get(path).text


@pytest.mark.parametrize("job, run, said", [
    ({"state": "pending", "reason": "waiting for a free slot, 2 ahead"}, {}, "Waiting for a builder, 2 ahead"),
    (None, {"state": "pending", "reason": "waiting for run 7 of the same repository"}, "Waiting for run 7 of the same repository."),
    ({"state": "running", "reason": ""}, {}, "Nothing printed yet."),
    ({"state": "skipped", "reason": "not begun: canceled by ann"}, {}, "Not begun: canceled by ann."),
    ({"state": "success", "reason": "done"}, {}, "It printed nothing."),
])
def test_an_empty_log_says_why(people, world, job, run, said):
    made = world.add_run(people.repo["id"], **{"state": "running", **run})
    if job:
        world.add_job(made["id"], "build", **job)
    assert f'class="log-empty" id="log-waiting" data-live>{said}<' in page_of(people, f"/runs/{made['id']}/build.1")


def test_the_lines_around_the_linked_ones_are_there_and_marked(people, world):
    run = world.add_run(people.repo["id"])
    world.add_job(run["id"], "build", lines=[f"line {number}\x7f" for number in range(1, 3001)])
    page = page_of(people, f"/runs/{run['id']}/build.1?line=2000-2002")
    numbers = [int(number) for number in re.findall(r'<li id="L(\d+)"', page)]
    assert numbers == list(range(1990, 2990))
    assert re.findall(r'<li id="L(\d+)" class="marked"', page) == ["2000", "2001", "2002"]
    assert 'data-line="2000-2002"' in page and 'data-last="3000"' in page
    assert "1,990 to 2,989 of 3,000" in page and "?from=990" in page and "?from=2990" in page
    assert ">line 2000␡<" in page


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
