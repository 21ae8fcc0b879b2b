"""The document is made from the calls, so it cannot lag behind; here it is held against them and the standard."""

import re

import jsonschema
import pytest

from dashboard.api.endpoint import ENDPOINTS
from dashboard.api.openapi import document


def test_every_call_is_documented(app):
    rules = {(method, re.sub(r"<(?:[^:<>]+:)?([a-z_]+)>", r"{\1}", rule.rule.replace("<hub:forge>", "github")).removeprefix("/api/v1"))
             for rule in app.url_map.iter_rules() if rule.rule.startswith("/api/v1") for method in rule.methods}
    documented = {(method.upper(), path) for path, calls in document()["paths"].items() for method in calls}
    assert {(method, path) for method, path in rules if method not in ("HEAD", "OPTIONS")} == documented | {
        ("GET", "/openapi.json")}


def test_every_call_has_a_sentence_and_says_what_it_needs():
    for calls in document()["paths"].values():
        for operation in calls.values():
            assert operation["summary"].endswith((".", "!")), operation["operationId"]
            assert "Right: " in operation["description"]


def test_references_lead_somewhere():
    schemas = document()["components"]["schemas"]
    wanted = set(re.findall(r"#/components/schemas/([A-Za-z0-9_]+)", str(document())))
    assert wanted <= set(schemas)


def test_schemas_are_json_schemas():
    for schema in document()["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)


def test_names_of_operations_are_unique():
    names = [spec.view.__name__ for spec in ENDPOINTS]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("call", ["start_run", "set_secret", "stream_log", "import_database", "sign_in_for_token"])
def test_the_page_for_readers_names_it(people, call):
    assert f'id="{call}"' in people.browser().get("/api").text


def test_the_page_says_once_what_an_error_means_everywhere_and_with_a_call_what_is_its_own(people):
    told = people.browser().get("/api").text
    assert told.count("not signed in") == 1
    for path, calls in document()["paths"].items():
        for operation in calls.values():
            said = told.split(f'id="{operation["operationId"]}"')[1].split("</details>")[0]
            missing = [status for status in operation["responses"] if not re.search(rf"\b{status}\b", said)]
            assert missing == [], f"{operation['operationId']} {path}"
