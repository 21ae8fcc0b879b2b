"""Nonsense in every parameter and every field that the document names: never a 500, and one sentence where it is
refused."""

from __future__ import annotations

import json

import pytest
import requests

from tests.e2e.test_api_contract import described, says_why

TIMEOUT = 30      # seconds
TEXTS = ["a\0b", "\ud800", "a\x1b[31m\r\nX: y\x7f", "' OR 1=1; DROP TABLE runs;--", "<img src=x onerror=alert(1)>",
         "%s %d {} ${jndi:x} {{7*7}}", "\u202e日本語𝕏é\u0301", "x" * 2500, "9" * 400, "-1", "1e309"]
VALUES = [*TEXTS, 10**400, -1, 1.5, [], [[[]]], {"a": [{}]}, None, True, float("inf")]
FILLED = {"topics": "status"}      # what a call cannot do without

CALLS = [(method.upper(), path, operation) for path, methods in described()["paths"].items()
         for method, operation in methods.items()]
QUERIES = [(method, path, part["name"]) for method, path, operation in CALLS for part in operation["parameters"]
           if part["in"] == "query"]
BODIES = [(method, path, operation["requestBody"]["content"]["application/json"]["schema"]["$ref"].rsplit("/", 1)[1])
          for method, path, operation in CALLS
          if "application/json" in operation.get("requestBody", {}).get("content", {})]


@pytest.fixture(scope="module")
def ask(things):
    """ask(method, path, …): a call that may be refused, in a sentence, and breaks nothing."""
    with requests.Session() as session:
        session.trust_env = False

        def send(method: str, path: str, **options) -> int:
            address = path.format(**{**things.ids, "name": "A_KEY", "kind": "sbom", "number": 1})
            headers = {"Authorization": f"Bearer {things.token}", **options.pop("headers", {})}
            with session.request(method, f"{things.url}/api/v1{address}", timeout=TIMEOUT, stream=True, headers=headers,
                                 **options) as answer:
                assert answer.status_code < 500, options
                says_why(answer)
                return answer.status_code
        yield send


@pytest.mark.parametrize(("method", "path", "name"), QUERIES)
def test_a_query_parameter(ask, method, path, name):
    for text in TEXTS:
        ask(method, path, params={**(FILLED if path == "/events" else {}), name: text.encode("utf-8", "surrogatepass")})


@pytest.mark.parametrize(("method", "path", "shape"), BODIES)
def test_a_field_of_a_body(ask, method, path, shape):
    for name in described()["components"]["schemas"][shape]["properties"]:
        for value in VALUES:
            ask(method, path, data=json.dumps({name: value}), headers={"Content-Type": "application/json"})


@pytest.mark.parametrize(("method", "path", "shape"), BODIES)
def test_a_body_that_is_none(ask, method, path, shape):
    """Not one of them is heard."""
    for body, kind in ((b"", "application/json"), (b"null", "application/json"), (b"{", "application/json"),
                       (b"[]", "application/json"), (b"\xff\xfe", "application/json"), (b"a=b", "text/plain"),
                       (b'{"\\ud800": 1}', "application/json"), (b"[" * 9999, "application/json")):
        assert ask(method, path, data=body, headers={"Content-Type": kind}) in (400, 404, 409), body[:20]
