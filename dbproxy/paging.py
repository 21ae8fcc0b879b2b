"""Lists: `page` and `per_page` in, `{items, total, page, per_page}` out; sort keys from an allow-list."""

from __future__ import annotations

from flask import request

from common.wire.errors import BadRequest

from .database import Transaction

MOST = 100
USUAL = 30
LARGEST_ID = 2**63 - 1
ALL = 10_000      # where a caller that names no page needs them all, and there are few


def number(name: str, default: int, low: int, high: int) -> int:
    """A whole number of the query string; raises BadRequest outside of low..high."""
    text = request.args.get(name, "")
    if not text:
        return default
    if not text.isdecimal() or not low <= int(text) <= high:
        raise BadRequest(f"{name} is a number from {low} to {high}")
    return int(text)


def flag(name: str) -> bool | None:
    """true/false of the query string; None where it is absent."""
    text = request.args.get(name, "").lower()
    if text in ("", "1", "true", "0", "false"):
        return {"": None, "1": True, "true": True}.get(text, False)
    raise BadRequest(f"{name} is true or false")


def _id(name: str, text: str) -> int:
    if not text.isdecimal() or int(text) > LARGEST_ID:
        raise BadRequest(f"{name} is the number of a {name.removesuffix('s')}, or several with commas")
    return int(text)


class Filters:
    """Conditions joined by AND, each with its own parameters; the texts are ours, never the caller's."""

    def __init__(self) -> None:
        self._conditions = ["true"]
        self._parameters: list = []

    def add(self, condition: str, *parameters) -> None:
        self._conditions.append(condition)
        self._parameters.extend(parameters)

    def equal(self, column: str, query: str) -> None:
        """`column` = the query string's value, where it has one; a comma between several means any of them."""
        text = request.args.get(query)
        if text:
            self.add(f"{column}::text = ANY(%s)", text.split(","))

    def numbers(self, column: str, query: str) -> None:
        """As `equal`, for a column of numbers: compared as numbers, and one with =, so that its index gives the order."""
        text = request.args.get(query)
        if text:
            ids = [_id(query, part) for part in text.split(",")]
            self.add(f"{column} = %s" if len(ids) == 1 else f"{column} = ANY(%s)", ids[0] if len(ids) == 1 else ids)

    @property
    def where(self) -> str:
        return " AND ".join(self._conditions)

    @property
    def parameters(self) -> list:
        return list(self._parameters)


def sorting(allowed: dict[str, str], default: str) -> str:
    """ORDER BY from `sort` (`name`, `-name` for falling); raises BadRequest for a key that is not allowed.

    An id is never null, and an index that falls gives no order with NULLS LAST: all rows would be sorted for one page.
    """
    text = request.args.get("sort") or default
    column = allowed.get(text.removeprefix("-"))
    if column is None:
        raise BadRequest(f"sort is one of {', '.join(allowed)}, with - before it for falling")
    return f"{column} {'DESC' if text.startswith('-') else 'ASC'}{'' if column.rpartition('.')[2] == 'id' else ' NULLS LAST'}"


def paged(transaction: Transaction, select: str, source: str, filters: Filters, order: str,
          usual: int = USUAL, counted: str | None = None) -> dict:
    """One page of `SELECT select FROM source`; `counted`: where counting needs less than `source`."""
    page, per_page = number("page", 1, 1, 1_000_000), number("per_page", usual, 1, MOST)
    total = transaction.value(f"SELECT count(*) FROM {counted or source} WHERE {filters.where}", filters.parameters)
    items = transaction.all(f"SELECT {select} FROM {source} WHERE {filters.where} ORDER BY {order} LIMIT %s OFFSET %s",
                            [*filters.parameters, per_page, (page - 1) * per_page])
    return {"items": items, "total": total, "page": page, "per_page": per_page}


def whole(items: list[dict]) -> dict:
    """A short list that is not cut into pages, in the same shape."""
    return {"items": items, "total": len(items), "page": 1, "per_page": len(items)}
