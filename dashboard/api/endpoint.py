"""How a function becomes a call of the API: its route, its right, its checked parameters, its documented answer.

    @endpoint("POST", "/repos/<id:repo>/runs", right="write", status=201, tag="Runs")
    def start_run(repo: int, body: RunRequest) -> RunAnswer:
        '''Start a run.'''

`query` and `body` are validated as their annotations say (400 with each cause otherwise); what is returned is
validated as the return annotation, so an answer holds what the document says and nothing else. The function
itself stays callable, by the pages and by tests. A function that returns a Response answers on its own.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, get_type_hints

from flask import Blueprint, Response, jsonify, request
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from common.wire.errors import BadRequest

from ..auth.rights import requires
from .wording import Invalid, words

MOST_TOLD, LONGEST_TOLD = 5, 80      # wrong fields in one answer, and letters of a name that is not ours

blueprint = Blueprint("api", __name__, url_prefix="/api/v1")


@dataclass(frozen=True)
class Endpoint:
    method: str
    path: str
    right: str
    status: int
    tag: str
    view: Callable
    query: type[BaseModel] | None
    body: type[BaseModel] | None
    answer: Any                                  # a model, None for no content, or Response
    media: str = "application/json"
    also: dict[int, str] = field(default_factory=dict)      # other statuses and what they mean
    files: tuple[str, ...] = ()                  # media types that it answers too, as `format` says
    takes: str | None = None                     # media type of a body that is not JSON


ENDPOINTS: list[Endpoint] = []


def endpoint(method: str, path: str, *, right: str, tag: str, status: int = 200, media: str = "application/json",
             also: dict[int, str] | None = None, scope: str | None = None, files: tuple[str, ...] = (),
             takes: str | None = None):
    def register(view):
        hints = get_type_hints(view)
        spec = Endpoint(method, path, right, status, tag, view, hints.get("query"), hints.get("body"),
                        hints.get("return"), media, also or {}, files, takes)
        ENDPOINTS.append(spec)
        blueprint.add_url_rule(path, view.__name__, requires(right, scope=scope)(_adapter(spec)), methods=[method])
        return view
    return register


def _adapter(spec: Endpoint):
    known = set(inspect.signature(spec.view).parameters)

    def call(**path):
        arguments = {name: value for name, value in path.items() if name in known}
        if spec.query:
            arguments["query"] = parse(spec.query, request.args.to_dict())
        if spec.body:
            arguments["body"] = json_body(spec.body)
        return _respond(spec, spec.view(**arguments))
    call.__name__ = spec.view.__name__
    return call


def _respond(spec: Endpoint, result):
    if isinstance(result, Response):
        return result
    value, status = result if isinstance(result, tuple) else (result, spec.status)
    if value is None:
        return Response(status=204 if spec.answer in (None, type(None)) else status)
    if spec.answer is not None and not isinstance(value, spec.answer):
        value = spec.answer.model_validate(value)
    return jsonify(value if isinstance(value, dict) else value.model_dump(mode="json")), status


def json_body(model: type[BaseModel]) -> BaseModel:
    """The request's JSON as `model`, each value of the very type that the document says; raises BadRequest."""
    if not request.is_json:
        raise BadRequest("the body must be JSON, sent with Content-Type: application/json")
    return _checked(model, lambda: model.model_validate_json(request.get_data(), strict=True))


def parse(model: type[BaseModel], data) -> BaseModel:
    """`data` of a form or query, where every value is text, as `model`; raises BadRequest."""
    return _checked(model, lambda: model.model_validate(data))


def _checked(model: type[BaseModel], read: Callable[[], BaseModel]) -> BaseModel:
    """What `read` made; raises BadRequest with one sentence for each of the first wrong fields."""
    try:
        return read()
    except ValidationError as problem:
        raise Invalid(sentences(problem.errors(), model)) from None


def sentences(errors: list[ErrorDetails], model: type[BaseModel]) -> dict[str, str]:
    """Field -> what is wrong with it. Where a field may be one of several things, each says what it wanted."""
    told: dict[str, str] = {}
    for item in errors[:MOST_TOLD]:
        name = _told(str(item["loc"][0])) if item["loc"] else "body"
        text = words(item)
        if item["type"] == "extra_forbidden":
            text = f"is not known here; known: {', '.join(model.model_fields) or 'nothing'}"
        told[name] = f"{told[name]}, or {text}" if name in told else text
    return told


def _told(name: str) -> str:
    """A name that somebody sent, as it may stand in a sentence."""
    short = name[:LONGEST_TOLD]
    return short if short.isascii() and short.replace(".", "_").replace("-", "_").isidentifier() else repr(short)
