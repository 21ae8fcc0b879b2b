"""Answers: a view gives what Postgres has, and the caller gets it as a row of `common/api`."""

from __future__ import annotations

from functools import wraps

from flask import Response
from pydantic import BaseModel


def answers(model: type[BaseModel]):
    """Decorator: what the view returns, or (that, status), is answered as `model`. Keys that it has not are left out.

    A view whose query asks for another shape returns the row itself.
    """
    def decorate(view):
        @wraps(view)
        def answered(**arguments):
            given = view(**arguments)
            found, status = given if isinstance(given, tuple) else (given, 200)
            row = found if isinstance(found, BaseModel) else model.model_validate(found)
            return Response(row.model_dump_json(), status, content_type="application/json")
        answered.answers = model
        return answered
    return decorate
