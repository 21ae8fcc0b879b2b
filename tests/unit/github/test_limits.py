"""The hourly limit, conditional requests, and trouble on demand."""

import threading

import pytest
import requests


def test_the_limit_counts_down_and_ends_in_403(github, as_):
    github.limits.limit = 2
    client = as_("writer")
    assert [client.get("/user").headers["X-RateLimit-Remaining"] for _ in range(2)] == ["1", "0"]
    refused = client.get("/user")
    assert refused.status_code == 403 and "API rate limit exceeded" in refused.json()["message"]
    assert refused.headers["X-RateLimit-Remaining"] == "0" and int(refused.headers["X-RateLimit-Reset"]) > github.clock()


def test_after_an_hour_it_begins_anew(github, as_):
    github.limits.limit = 1
    client, now = as_("writer"), github.clock()
    client.get("/user")
    github.clock = lambda: now + 3601
    assert client.get("/user").status_code == 200


def test_it_is_counted_for_each_person(github, as_):
    github.limits.limit = 1
    as_("writer").get("/user")
    assert as_("reader").get("/user").status_code == 200


def test_an_unchanged_answer_is_304_and_costs_nothing(github, app, as_):
    client = as_("writer")
    first = client.get("/repos/writer/app/branches")
    again = client.get("/repos/writer/app/branches", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["X-RateLimit-Remaining"] == first.headers["X-RateLimit-Remaining"]
    github.commit(app, {"a": "b"})
    changed = client.get("/repos/writer/app/branches", headers={"If-None-Match": first.headers["ETag"]})
    assert changed.status_code == 200 and changed.headers["ETag"] != first.headers["ETag"]


def test_asking_for_the_limit_costs_nothing(github, as_):
    client = as_("writer")
    assert client.get("/rate_limit").json()["rate"] == client.get("/rate_limit").json()["rate"]


def test_a_secondary_limit_names_the_seconds(github, as_):
    github.faults.add("secondary", times=1, seconds=7)
    client = as_("writer")
    refused = client.get("/user")
    assert (refused.status_code, refused.headers["Retry-After"]) == (403, "7") and "secondary" in refused.text
    assert client.get("/user").status_code == 200


@pytest.mark.parametrize("kind,status,is_json", [("500", 500, True), ("502", 502, False), ("html", 200, False),
                                                 ("401", 401, True), ("truncated", 200, False)])
def test_trouble_on_demand(github, as_, kind, status, is_json):
    github.faults.add(kind, "/user$", method="GET")
    client = as_("writer")
    answer = client.get("/user")
    assert answer.status_code == status and client.get("/user/repos").status_code == 200
    if not is_json:
        with pytest.raises(requests.JSONDecodeError):
            answer.json()
    github.faults.clear()
    assert client.get("/user").status_code == 200


def test_a_slow_answer_waits_until_it_is_cleared(github, as_):
    github.faults.add("slow")
    answers: list[int] = []
    client = as_("writer")
    thread = threading.Thread(target=lambda: answers.append(client.get("/user").status_code))
    thread.start()
    with pytest.raises(requests.Timeout):
        requests.get(f"{github.api}/user", timeout=0.2)
    assert not answers
    github.faults.clear()
    thread.join(30)
    assert answers == [200]
