"""GitHub's own OpenAPI document as the judge of a call, its answer, and a webhook's payload.

The document lets fields and query parameters pass that it does not know. We do not where we send them: such a field
is one of which somebody believes that it does something.
"""

from __future__ import annotations

import json
import re
from datetime import datetime
from functools import cache
from urllib.parse import quote

from jsonschema import FormatChecker
from openapi_schema_validator import OAS30Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT4

from tests.github.gate import Exchange
from tests.harness.npm import Package, file_of

PACKAGE = Package("@octokit/openapi", "23.0.2", "sha512-pV8M7L9GY23AybNvTmo2nyjmpmnt6+2sRE/tqr0ZLQcPS4lnw7u5eZGNmwRNkBC3"
                  "D7gZXbFx5AHzLUVRBXGDhg==")
DOCUMENT = "urn:github"
NARROW = {"head.repo"}     # GitHub itself sends null for a fork that is gone, which the document has in lists alone
JSON = "application/json"
SLASHED = {"ref": ".+", "path": ".*", "basehead": ".+", "branch": ".+"}      # parameters that may hold a slash
REFUSALS = {301, 307, 400, 401, 403, 404, 409, 422, 429, 500}                # any call may answer these
EMPTY = {204, 304}

formats = FormatChecker(formats=())


@formats.checks("date-time", raises=ValueError)
def _moment(value) -> bool:
    return not isinstance(value, str) or bool(datetime.fromisoformat(value.replace("Z", "+00:00")).tzinfo)


class Judge:
    """Problems are sentences; none where all fits."""

    def __init__(self, document: dict):
        _mend(document)
        self._document = document
        self._registry = Registry().with_resource(DOCUMENT, Resource(document, DRAFT4))
        paths = sorted(document["paths"], key=lambda path: (path.count("{"), -len(path)))
        self._patterns = [(_pattern(path), path) for path in paths]

    def call(self, exchange: Exchange) -> list[str]:
        """What was sent is looked at whatever the answer is: a refusal may have another reason."""
        found = self._operation(exchange)
        if found is None:
            return [f"{exchange.method} {exchange.path}: GitHub has no such call"]
        path, operation = found
        problems = [*self._query(exchange, operation), *self._sent(exchange, path, operation),
                    *self._answered(exchange, path, operation)]
        return [f"{exchange.method} {path} ({exchange.status}): {problem}" for problem in problems]

    def payload(self, event: str, payload: dict) -> list[str]:
        """Of a webhook; an event with actions has a schema for each."""
        name = "-".join(filter(None, (event, payload.get("action")))).replace("_", "-")
        if name not in self._document["x-webhooks"]:
            return [f"GitHub has no webhook {name}"]
        where = f"x-webhooks/{name}/post/requestBody/content/application~1json/schema"
        return [f"{name}: {problem}" for problem in self._misfits(payload, where)]

    def _operation(self, exchange: Exchange) -> tuple[str, dict] | None:
        for pattern, path in self._patterns:
            operation = self._document["paths"][path].get(exchange.method.lower())
            if operation and pattern.fullmatch(exchange.path):
                return path, operation
        return None

    def _query(self, exchange: Exchange, operation: dict):
        known = [self._resolved(each) for each in operation.get("parameters", [])]
        schemas = {each["name"]: each["schema"] for each in known if each["in"] == "query"}
        for name, text in exchange.query.items():
            if name not in schemas:
                yield f"the query parameter {name} is not GitHub's"
            elif (kind := self._resolved(schemas[name])).get("type") == "integer" and not text.isdecimal():
                yield f"the query parameter {name} is no number"
            elif "enum" in kind and text not in kind["enum"]:
                yield f"the query parameter {name} is {text}, not one of {kind['enum']}"

    def _sent(self, exchange: Exchange, path: str, operation: dict):
        if not exchange.sent:
            if operation.get("requestBody", {}).get("required"):
                yield "a body is asked for"
            return
        schema = operation.get("requestBody", {}).get("content", {}).get(JSON, {}).get("schema")
        if schema is None:
            yield "no body is asked for"
            return
        given = json.loads(exchange.sent)
        yield from (f"sent: the field {name} is not GitHub's" for name in self._unknown(given, schema))
        yield from (f"sent: {problem}" for problem in self._misfits(
            given, f"{_of(path, exchange)}/requestBody/content/application~1json/schema"))

    def _unknown(self, given, schema: dict, at: str = ""):
        schema = self._resolved(schema)
        if isinstance(given, list) and "items" in schema:
            for item in given:
                yield from self._unknown(item, schema["items"], f"{at}[]")
        known = self._properties(schema)
        if not isinstance(given, dict) or not known:
            return
        for name, value in given.items():
            if name not in known:
                yield f"{at}.{name}".lstrip(".")
            else:
                yield from self._unknown(value, known[name], f"{at}.{name}")

    def _properties(self, schema: dict) -> dict:
        known = dict(schema.get("properties", {}))
        for each in [*schema.get("oneOf", []), *schema.get("anyOf", []), *schema.get("allOf", [])]:
            known = {**self._properties(self._resolved(each)), **known}
        return known

    def _answered(self, exchange: Exchange, path: str, operation: dict):
        told, status = operation["responses"].get(str(exchange.status)), exchange.status
        if status in EMPTY:
            yield from ["a body, where there is none"] if exchange.body else []
        elif exchange.kind != JSON:
            yield from [] if "github" in exchange.kind else [f"answered {exchange.kind}"]
        elif told is None and status not in REFUSALS:
            yield "GitHub does not answer this status"
        else:
            yield from self._misfits(json.loads(exchange.body), self._where(exchange, path, told))

    def _where(self, exchange: Exchange, path: str, told: dict | None) -> str:
        """The schema of the answer, as a pointer."""
        if exchange.status == 422:
            whole = all(isinstance(each, dict) for each in json.loads(exchange.body).get("errors", []))
            return f"components/schemas/validation-error{'' if whole else '-simple'}"
        if told is None or JSON not in self._resolved(told).get("content", {}):
            return "components/schemas/basic-error"
        if "$ref" in told:
            return f"{told['$ref'].removeprefix('#/')}/content/application~1json/schema"
        return f"{_of(path, exchange)}/responses/{exchange.status}/content/application~1json/schema"

    def _misfits(self, given, where: str):
        validator = OAS30Validator({"$ref": f"{DOCUMENT}#/{quote(where, safe='/~')}"}, registry=self._registry,
                                   format_checker=formats)
        for problem in validator.iter_errors(given):
            if problem.instance is None and problem.json_path.removeprefix("$.") in NARROW:
                continue
            yield f"{problem.json_path}: {problem.message[:300]}"

    def _resolved(self, schema: dict) -> dict:
        while "$ref" in schema:
            found = self._document
            for part in schema["$ref"].removeprefix("#/").split("/"):
                found = found[part.replace("~1", "/").replace("~0", "~")]
            schema = found
        return schema


def _mend(schema) -> None:
    """`nullable` beside oneOf, $ref or enum: OpenAPI 3.0.3 leaves open what that means; GitHub means that null is right.
    And its discriminators name arrays, too, which the library does not expect."""
    for each in schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ():
        _mend(each)
    if isinstance(schema, dict) and isinstance(schema.get("discriminator"), dict):
        del schema["discriminator"]
    if not isinstance(schema, dict) or schema.get("nullable") is not True:
        return
    if "enum" in schema and None not in schema["enum"]:
        schema["enum"].append(None)
    for name in ("oneOf", "anyOf"):
        if name in schema:
            schema[name] = [*schema[name], {"enum": [None], "nullable": True}]
    if "allOf" in schema or "$ref" in schema:
        rest = {name: schema.pop(name) for name in ("allOf", "$ref") if name in schema}
        schema["anyOf"] = [rest, {"enum": [None], "nullable": True}]


def _of(path: str, exchange: Exchange) -> str:
    return f"paths/{path.replace('/', '~1')}/{exchange.method.lower()}"


def _pattern(path: str) -> re.Pattern:
    parts = re.split(r"\{(\w+)\}", path)
    return re.compile("".join(re.escape(part) if number % 2 == 0 else f"({SLASHED.get(part, '[^/]+')})"
                              for number, part in enumerate(parts)))


@cache
def github_says() -> Judge:
    """By GitHub's own document, fetched once a machine."""
    return Judge(json.loads(file_of(PACKAGE, "generated/api.github.com.json").read_text()))
