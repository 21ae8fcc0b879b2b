"""The OpenAPI 3.1 document, made from the calls as they are registered."""

from __future__ import annotations

import inspect
import re
from dataclasses import replace
from functools import cache
from typing import Any

from flask import Response, jsonify
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from common.wire.stages import STAGES
from forges import FORGES

from ..auth.rights import ON_REPO, requires
from ..forge import hubs
from .endpoint import ENDPOINTS, Endpoint, blueprint

HUB = "<hub:forge>"
ANSWERS = {dict: {"type": "object"}, Response: {}}      # a Response is described by its media type
TOO_LONG = {"description": "the address is longer than 8,190 bytes", "content": {"text/html": {}}}      # gunicorn's word
NUMBER = {"type": "integer", "minimum": 1}
CONVERTERS = {"id": NUMBER, "name": {"type": "string", "pattern": "^[A-Za-z0-9_.][A-Za-z0-9_.-]{0,99}$"},
              "forge": {"type": "string", "enum": list(FORGES)}, "string": {"type": "string"},
              "stage": {"type": "string", "enum": list(STAGES)},
              "digest": {"type": "string", "pattern": "^sha256:[0-9a-f]{64}$"}}
ERROR = {"type": "object", "required": ["error", "detail", "id"], "properties": {
    "error": {"type": "string", "description": "a stable word for programs"},
    "detail": {"type": "string", "description": "a sentence that names the next step"},
    "id": {"type": "string", "description": "of this answer in the service's log"}}}
RIGHTS = {"public": "anyone", "account": "anyone signed in", "owner": "owners of the installation",
          "read": "read on the repository", "write": "write on the repository", "admin": "admin on the repository"}
STATUSES = {400: "a parameter is wrong, and why", 401: "not signed in",
            403: "seen, and not allowed; or the token's scope does not reach so far",
            404: "unknown, or not yours to see", 413: "the body is too large",
            429: "too many wrong tokens, or open streams; Retry-After says how long",
            503: "a part of the platform is away, see Retry-After"}


# (model, "validation" or "serialization") -> its JSON schema
Schemas = dict[tuple[type[BaseModel], str], dict[str, Any]]


@requires("public")
def openapi_document() -> Response:
    return jsonify(document())


blueprint.add_url_rule("/openapi.json", view_func=openapi_document)


@cache
def document() -> dict:
    schemas, definitions = _schemas()
    paths: dict[str, dict] = {}
    for spec in ENDPOINTS:
        for path, name in _spelled(spec):
            operation = _operation(replace(spec, path=path), schemas) | {"operationId": name}
            paths.setdefault(openapi_path(path), {})[spec.method.lower()] = operation
    return {"openapi": "3.1.0",
            "info": {"title": "Continuum", "version": "1", "description": "From a git repository with a Dockerfile to "
                     "a tested container that takes traffic. Lists take `page` and `per_page`."},
            "servers": [{"url": "/api/v1"}],
            "security": [{"token": []}, {"session": []}],
            "tags": [{"name": tag} for tag in dict.fromkeys(spec.tag for spec in ENDPOINTS)],
            "paths": paths,
            "components": {"schemas": {**definitions, "Error": ERROR}, "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer"},
                "session": {"type": "apiKey", "in": "cookie", "name": "continuum"}}}}


def _spelled(spec: Endpoint) -> list[tuple[str, str]]:
    """(path, operation id): a forge at which people sign in is named in the path, as it is in the address."""
    if HUB not in spec.path:
        return [(spec.path, spec.view.__name__)]
    return [(spec.path.replace(HUB, name), spec.view.__name__ + (f"_{name}" if number else ""))
            for number, name in enumerate(hubs())]


def openapi_path(rule: str) -> str:
    return re.sub(r"<(?:[^:<>]+:)?([a-z_]+)>", r"{\1}", rule)


def _models(spec: Endpoint) -> list[tuple[type[BaseModel], str]]:
    found = [(spec.body, "validation")] if spec.body else []
    return found + ([(spec.answer, "serialization")] if _is_model(spec.answer) else [])


def _is_model(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def _schemas() -> tuple[Schemas, dict[str, Any]]:
    models = dict.fromkeys(pair for spec in ENDPOINTS for pair in _models(spec))
    schemas, top = models_json_schema(list(models), ref_template="#/components/schemas/{model}")
    return schemas, top.get("$defs", {})


def _operation(spec: Endpoint, schemas: Schemas) -> dict:
    summary, _, rest = inspect.getdoc(spec.view).partition("\n")
    operation = {"tags": [spec.tag], "summary": summary,
                 "description": f"{rest.strip()}\n\nRight: {RIGHTS[spec.right]}.".strip(),
                 "parameters": _path_parameters(spec) + _query_parameters(spec), "responses": _responses(spec, schemas)}
    if spec.right == "public":
        operation["security"] = []
    if spec.body:
        operation["requestBody"] = {"required": True, "content": {
            "application/json": {"schema": schemas[spec.body, "validation"]}}}
    if spec.takes:
        operation["requestBody"] = {"required": True, "content": {
            spec.takes: {"schema": {"type": "string", "format": "binary"}}}}
    return operation


def _path_parameters(spec: Endpoint) -> list[dict]:
    return [{"name": name, "in": "path", "required": True, "schema": _converter(kind)}
            for kind, name in re.findall(r"<(?:([^:<>]+):)?([a-z_]+)>", spec.path)]


def _converter(kind: str) -> dict:
    if kind.startswith("any("):
        return {"type": "string", "enum": [word.strip() for word in kind[4:-1].split(",")]}
    return CONVERTERS[kind or "string"]


def _query_parameters(spec: Endpoint) -> list[dict]:
    if not spec.query:
        return []
    schema = spec.query.model_json_schema(by_alias=True)
    return [{"name": name, "in": "query", "required": name in schema.get("required", ()),
             "description": part.get("description", ""),
             "schema": {key: value for key, value in part.items() if key not in ("description", "title")}}
            for name, part in schema["properties"].items()]


def _responses(spec: Endpoint, schemas: Schemas) -> dict:
    failures = {400, 413, 503} | ({401, 403, 429} if spec.right != "public" else set())
    failures |= {404} if "<" in spec.path or spec.right in ON_REPO else set()
    responses = {str(spec.status): _success(spec, schemas)}
    for status in sorted(failures | set(spec.also)):
        meaning = spec.also.get(status, STATUSES.get(status, ""))
        responses[str(status)] = ({**_success(spec, schemas), "description": meaning} if status < 300 else
                                  {"description": meaning, "content": {"application/json": {
                                      "schema": {"$ref": "#/components/schemas/Error"}}}})
    return {**responses, "414": TOO_LONG}


def _success(spec: Endpoint, schemas: Schemas) -> dict:
    if spec.answer in (None, type(None)):
        return {"description": "done"}
    schema = schemas[spec.answer, "serialization"] if _is_model(spec.answer) else ANSWERS.get(spec.answer, {})
    if spec.media in spec.files:
        schema = {"anyOf": [schema, {"type": "object", "description": "the document that `format` names"}]}
    files = {media: {"schema": {"type": "object" if media.endswith("json") else "string"}}
             for media in spec.files if media != spec.media}
    return {"description": "done", "content": {spec.media: {"schema": schema}, **files}}
