"""GitHub's own OpenAPI document as the judge of what goes in and out.

The document lets unknown fields and query parameters pass; we do not, for a field that GitHub does not know is one of
which we believe that it does something.
"""

from __future__ import annotations

import json
import re
from functools import lru_cache
from urllib.parse import unquote

from openapi_schema_validator import OAS30Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT4

from .gate import Exchange
from .npm import OPENAPI, file_of

DOCUMENT = "urn:github"
JSON = "application/json"
SLASHED = {"{ref}": ".+", "{path}": ".*", "{basehead}": ".+"}
UNDOCUMENTED = {401, 403, 404, 422, 429}     # statuses that any call may answer, whether or not the document says so


class Judge:
    """`problems(exchange)`: sentences, none where both fit."""

    def __init__(self, document: dict):
        self._paths = document["paths"]
        self._registry = Registry().with_resource(DOCUMENT, Resource(contents=document, specification=DRAFT4))
        self._resolver = self._registry.resolver(DOCUMENT)
        self._templates = [(_pattern(path), path) for path in sorted(self._paths, key=_weight)]

    @classmethod
    def of_github(cls) -> Judge:
        return _github()

    def problems(self, exchange: Exchange) -> list[str]:
        found = self.operation(exchange)
        if found is None:
            return [f"{exchange.method} {exchange.path}: GitHub has no such call"]
        path, operation = found
        problems = [*self._query(exchange, operation), *self._sent(exchange, operation),
                    *self._answered(exchange, operation)]
        return [f"{exchange.method} {path}: {problem}" for problem in problems]

    def operation(self, exchange: Exchange) -> tuple[str, dict] | None:
        """The most exact path that has the method; a slash in a parameter is told from a further part by that."""
        for pattern, path in self._templates:
            if exchange.method.lower() in self._paths[path] and pattern.fullmatch(unquote(exchange.path)):
                return path, self._paths[path][exchange.method.lower()]
        return None

    def _query(self, exchange: Exchange, operation: dict):
        known = {item["name"]: item for item in map(self._resolved, operation.get("parameters", []))
                 if item["in"] == "query"}
        for name, text in exchange.query.items():
            if name not in known:
                yield f"the query parameter {name} is not GitHub's"
            else:
                schema = self._resolved(known[name]["schema"])
                value = int(text) if schema.get("type") == "integer" and text.isdecimal() else text
                yield from self._misfits(value, schema, f"query {name}")

    def _sent(self, exchange: Exchange, operation: dict):
        if exchange.sent is None:
            if operation.get("requestBody", {}).get("required"):
                yield "a body is asked for"
            return
        content = operation.get("requestBody", {}).get("content", {}).get(JSON)
        if content is None:
            yield "no body is asked for"
            return
        yield from self._misfits(exchange.sent, content["schema"], "request")
        yield from (f"request: the field {name} is not GitHub's" for name in self._unknown(exchange.sent,
                                                                                          content["schema"]))

    def _answered(self, exchange: Exchange, operation: dict):
        response = operation["responses"].get(str(exchange.status))
        if response is None:
            conditional = exchange.status == 304 and exchange.conditional
            if not conditional and exchange.status not in UNDOCUMENTED and exchange.status < 500:
                yield f"it never answers {exchange.status}"
            return
        content = self._resolved(response).get("content", {}).get(JSON)
        if content and exchange.status < 300:
            yield from self._misfits(exchange.answered, content["schema"], f"answer {exchange.status}")

    def _misfits(self, value, schema: dict, what: str):
        validator = OAS30Validator({**schema, "$id": DOCUMENT} if "$ref" not in schema else schema,
                                   registry=self._registry, _resolver=self._resolver)
        for error in validator.iter_errors(value):
            if error.instance is None and error.schema.get("nullable"):
                continue         # the document means it; OpenAPI 3.0 lets `nullable` work beside `type` alone
            where = "/".join(map(str, error.absolute_path))
            yield f"{what}: {where or 'the whole'}: {error.message[:200]}"

    def _unknown(self, value, schema: dict, where: str = "") -> list[str]:
        """Fields of the request that no alternative of the schema names."""
        schemas = self._alternatives(schema)
        named = {name: part for item in schemas for name, part in item.get("properties", {}).items()}
        if isinstance(value, list):
            return [name for item in value for part in schemas if "items" in part
                    for name in self._unknown(item, part["items"], f"{where}[]")]
        if not isinstance(value, dict) or not named:
            return []
        return [found for name, item in value.items()
                for found in ([f"{where}.{name}".lstrip(".")] if name not in named
                              else self._unknown(item, named[name], f"{where}.{name}"))]

    def _alternatives(self, schema: dict) -> list[dict]:
        schema = self._resolved(schema)
        inner = [part for kind in ("oneOf", "anyOf", "allOf") for part in schema.get(kind, [])]
        return [schema, *(found for part in inner for found in self._alternatives(part))]

    def _resolved(self, part: dict) -> dict:
        while "$ref" in part:
            part = self._resolver.lookup(part["$ref"]).contents
        return part


@lru_cache(1)
def _github() -> Judge:
    return Judge(json.loads(file_of(OPENAPI).read_text(), object_hook=_plain))


def _plain(part: dict) -> dict:
    """Without discriminators: one stands where an answer may be a list, which has no field to tell it by."""
    return {name: value for name, value in part.items() if name != "discriminator"}


def _pattern(path: str) -> re.Pattern[str]:
    """A ref, a file and `main...feature/x` may hold slashes; the folder at the top is the empty path."""
    return re.compile("".join(SLASHED.get(part, "[^/]+") if part.startswith("{") else re.escape(part)
                              for part in re.split(r"(\{[^}]+\})", path)))


def _weight(path: str) -> tuple[bool, int]:
    """Exact paths before those with slashes in a parameter, fewer parameters before more."""
    return any(name in path for name in SLASHED), path.count("{")
