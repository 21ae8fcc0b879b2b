"""Lists as dbproxy answers them: filtered, sorted, in pages. tests/contract/dbproxy/test_fake.py holds them to the real one."""

from .client import paged

PAGING = {"page", "per_page", "sort"}


def listed(rows, params, filters=(), *, sort="-id", others=()):
    """The page of `rows` that `params` ask for: `filters` are compared as text, several with commas between; `sort` is the
    order where none is asked for. `others`: filters that the caller has seen to. An unknown one is a mistake of the test."""
    unknown = params.keys() - PAGING - set(filters) - set(others)
    assert not unknown, f"the fake has no filter {', '.join(sorted(unknown))}"
    found = [row for row in rows if all(_text(row[name]) in params[name].split(",") for name in filters if params.get(name))]
    order = params.get("sort", sort)
    found.sort(key=lambda row: row[order.removeprefix("-")], reverse=order.startswith("-"))
    return paged(found, params)


def _text(value):
    return str(value).lower() if isinstance(value, bool) else str(value)
