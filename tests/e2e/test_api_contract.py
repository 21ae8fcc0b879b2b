"""Schemathesis against the whole API, as its own document describes it: no 500, no status, type or shape that is not
documented, and for what makes no sense one sentence that says why.

Every address leads to throw-away things, or to what does not exist: what is destroyed here nobody misses. Each call
gets a handful of inputs, the same ones each time.
"""

from __future__ import annotations

from unicodedata import category

import requests
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, settings
from schemathesis import checks as known
from schemathesis.core.parameters import ParameterLocation
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi import checks as openapi_checks

from dashboard.api import register_api
from dashboard.api.openapi import document
from dashboard.service import converters

EXAMPLES = 10           # inputs for each call
TIMEOUT = 30            # seconds
# Controls, surrogates and breaks. Not str.isprintable: the service's Python knows newer letters than the tests' one.
HARMFUL = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}
CHECKS = [known.not_a_server_error, openapi_checks.status_code_conformance, openapi_checks.content_type_conformance,
          openapi_checks.response_headers_conformance, openapi_checks.response_schema_conformance,
          openapi_checks.negative_data_rejection]


def described() -> dict:
    app = Flask(__name__)
    app.url_map.converters.update(converters())
    register_api(app)
    return document()


SCHEMA = schemathesis.openapi.from_dict(described())


def test_the_installation_tells_the_same_document(stack):
    assert stack.api.get("/openapi.json") == described()


@SCHEMA.parametrize()
@settings(max_examples=EXAMPLES, deadline=None, derandomize=True, database=None,
          suppress_health_check=list(HealthCheck))
def test_nothing_is_answered_that_is_not_documented(case, things):
    aim(case, things)
    with call(case, things) as answer:
        if answer.status_code == 414:         # refused by gunicorn, before anything of it was read
            return
        if answer.headers.get("Content-Type", "").startswith("text/event-stream"):
            assert answer.status_code == 200      # it would go on; its head says all that is checked here
            return
        case.validate_response(answer, checks=CHECKS)
        says_why(answer)


def aim(case, things) -> None:
    """At throw-away things, but where the address itself is the nonsense."""
    component = case.meta.components.get(ParameterLocation.PATH)
    if component is None or component.mode is GenerationMode.POSITIVE:
        case.path_parameters = {name: things.ids.get(name, value) for name, value in (case.path_parameters or {}).items()}


def call(case, things) -> requests.Response:
    prepared = case.as_transport_kwargs(base_url=f"{things.url}/api/v1", headers={"Authorization": f"Bearer {things.token}"})
    with requests.Session() as session:
        session.trust_env = False
        return session.request(**{**prepared, "timeout": TIMEOUT, "stream": True, "allow_redirects": False})


def says_why(answer: requests.Response) -> None:
    """An error is `{error, detail, id}`, its detail one clear sentence."""
    if answer.status_code < 400:
        return
    told = answer.json()
    assert set(told) == {"error", "detail", "id"}
    assert 5 < len(told["detail"]) < 1000 and not HARMFUL & set(map(category, told["detail"])), told
    assert "Traceback" not in told["detail"] and "pydantic" not in told["detail"]
