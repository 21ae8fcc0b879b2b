"""The judge itself: what does not fit is found, or all tests that lean on it are green for nothing."""

import json

import pytest

from tests.contract.github.openapi import github_says
from tests.github.gate import Exchange

STATUS = {"state": "success", "context": "continuum", "description": "", "target_url": "http://localhost:1"}
REPOS = "/repos/writer/app"


def call(method, path, status=200, sent=None, answer=None, kind="application/json", **query) -> list[str]:
    body = b"" if answer is None else json.dumps(answer).encode()
    return github_says().call(Exchange(method, path, query, b"" if sent is None else json.dumps(sent).encode(), status,
                                       kind, body))


@pytest.mark.parametrize("sent,said", [
    ({**STATUS, "state": "done"}, "'done' is not one of"), ({**STATUS, "log_url": "x"}, "the field log_url is not GitHub's"),
    ({"context": "x"}, "'state' is a required property"), ({**STATUS, "description": 1}, "1 is not of type 'string'")])
def test_a_body_that_github_does_not_know(sent, said):
    found = call("POST", f"{REPOS}/statuses/{'a' * 40}", 404, sent, {"message": "Not Found"})
    assert any(said in problem for problem in found), found


def test_a_field_deep_inside_that_github_does_not_know():
    output = {"title": "t", "summary": "s", "annotations": [{"path": "a", "start_line": 1, "end_line": 1, "line": 1,
                                                            "annotation_level": "failure", "message": "m"}]}
    found = call("POST", f"{REPOS}/check-runs", 404, {"name": "x", "head_sha": "a" * 40, "output": output}, {})
    assert any("output.annotations[].line" in problem for problem in found), found


def test_a_query_that_github_does_not_know():
    assert any("parameter q is" in problem for problem in call("GET", "/user/repos", answer=[], q="x"))
    assert any("not one of" in problem for problem in call("GET", "/user/repos", answer=[], sort="name"))
    assert any("no number" in problem for problem in call("GET", "/user/repos", answer=[], page="one"))


def test_a_call_that_github_does_not_have():
    assert call("GET", "/repos/writer/app/everything") == ["GET /repos/writer/app/everything: GitHub has no such call"]
    assert call("PUT", "/user") == ["PUT /user: GitHub has no such call"]


def test_an_answer_that_is_not_githubs():
    assert any("required" in problem for problem in call("GET", REPOS, answer={"id": 1}))
    assert any("text/html" in problem for problem in call("GET", "/user", kind="text/html", answer="x"))
    assert any("does not answer this status" in problem for problem in call("GET", "/user", 202, answer={}))


def test_a_ref_may_have_slashes_and_a_status_path_is_no_ref():
    assert github_says()._operation(Exchange("GET", f"{REPOS}/commits/a/b/status", {}, b"", 200, "", b""))[0].endswith("/status")
    assert github_says()._operation(Exchange("GET", f"{REPOS}/commits/a/b", {}, b"", 200, "", b""))[0].endswith("{ref}")


def test_a_payload_that_is_not_githubs():
    assert github_says().payload("push", {"ref": "refs/heads/main"})
    assert github_says().payload("pull_request", {"action": "moved"}) == ["GitHub has no webhook pull-request-moved"]
