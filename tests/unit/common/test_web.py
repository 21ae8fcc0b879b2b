"""What a service answers where it has to say no."""

import pytest
import requests
from flask import Flask

from common.service.client import _problem
from common.service.web import _answer_errors
from common.wire.errors import Conflict, Unavailable


@pytest.mark.parametrize("wait, header", [(None, None), (0.2, "1"), (61, "61")])
def test_a_problem_tells_when_to_come_again(wait, header):
    app = Flask("test")
    _answer_errors(app)

    @app.get("/")
    def busy():
        problem = Unavailable("not now")
        problem.retry_after = wait
        raise problem
    answer = app.test_client().get("/")
    assert answer.json == {"error": "unavailable", "detail": "not now"}
    assert (answer.status_code, answer.headers.get("Retry-After")) == (503, header)


def test_a_refusal_names_the_wrong_fields_also_for_the_caller():
    app = Flask("test")
    _answer_errors(app)

    @app.get("/")
    def refused():
        raise Conflict("ann is taken", field="login")
    answer = app.test_client().get("/")
    assert answer.json == {"error": "conflict", "detail": "login: ann is taken", "fields": {"login": "ann is taken"}}
    got = requests.Response()
    got.status_code, got._content = answer.status_code, answer.data
    problem = _problem(got)
    assert isinstance(problem, Conflict) and (problem.detail, problem.fields) == ("login: ann is taken", {"login": "ann is taken"})
