"""What the client's resources are made of: one call that answers a row, a page, a whole list, or nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol, TypeVar
from urllib.parse import quote

import requests

from ...wire.errors import NotFound
from ..base import Items, Page, Row

MOST = 100              # items that dbproxy puts on a page
ANSWERS_WITHIN = 10     # seconds that a call may take beyond the time that it asks dbproxy to wait

AnyRow = TypeVar("AnyRow", bound=Row)
Query = dict[str, Any]


class Caller(Protocol):
    """The two methods of a ServiceClient that are needed here."""

    def call(self, method: str, path: str, **options): ...

    def send(self, method: str, path: str, **options) -> requests.Response: ...


class Resource:
    """Calls through `client`, each with `options`, such as its patience."""

    def __init__(self, client: Caller, options: dict[str, Any]):
        self._client, self._options = client, options

    def _call(self, method: str, path: str, body: dict | None = None, query: Query | None = None, **options) -> Any:
        """The answer's JSON. `options` of the one call give way to those of the client."""
        given = ({} if body is None else {"json": body}) | ({"params": written(query)} if query else {})
        return self._client.call(method, path, **given, **(options | self._options))

    def _get(self, model: type[AnyRow], path: str, query: Query | None = None, **options) -> AnyRow:
        return model.model_validate(self._call("GET", path, query=query, **options))

    def _write(self, model: type[AnyRow], method: str, path: str, body: dict, query: Query | None = None, **options) -> AnyRow:
        return model.model_validate(self._call(method, path, body, query, **options))

    def _made(self, model: type[AnyRow], method: str, path: str, body: dict) -> tuple[AnyRow, bool]:
        """(the row, is it new)."""
        answer = self._client.send(method, path, json=body, **self._options)
        return model.model_validate(answer.json()), answer.status_code == 201

    def _page(self, model: type[AnyRow], path: str, query: Query) -> Page[AnyRow]:
        return Page[model].model_validate(self._call("GET", path, query=query))

    def _list(self, model: type[AnyRow], path: str, query: Query | None = None) -> list[AnyRow]:
        """Of a list that has no pages."""
        return self._get(Items[model], path, query).items

    def _claimed(self, model: type[AnyRow], path: str, owner: str, limit: int, wait: float) -> list[AnyRow]:
        """What `owner` has from now on. dbproxy waits for it up to `wait` seconds, and its answer takes some more."""
        body = {"owner": owner, "limit": limit, "wait": wait}
        return self._write(Items[model], "POST", path, body, timeout=wait + ANSWERS_WITHIN).items

    def _each(self, model: type[AnyRow], path: str, query: Query) -> Iterator[AnyRow]:
        """Every item of the list, page after page, each asked for when its turn comes.

        Items that come or go meanwhile may be missed or doubled, unless `sort` is by what never changes, such as `id`.
        """
        page, seen = 1, 0
        while True:
            found = self._page(model, path, {**query, "per_page": MOST, "page": page})
            yield from found.items
            page, seen = page + 1, seen + len(found.items)
            if seen >= found.total or not found.items:
                return


def given(**fields: Any) -> dict[str, Any]:
    """The fields that are not None: what is absent stays as it is at dbproxy."""
    return {name: value for name, value in fields.items() if value is not None}


def written(query: Query) -> dict[str, str]:
    """A query as dbproxy reads it: `true`, `1,2`; None is left out."""
    return {name: _written(value) for name, value in query.items() if value is not None}


def _written(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return ",".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)


def segment(name: str) -> str:
    """`name` as one part of a path. Raises NotFound for what would climb out of it: nothing is called like that."""
    if name in ("", ".", ".."):
        raise NotFound(f"nothing is called {name!r}")
    return quote(name, safe=":")
