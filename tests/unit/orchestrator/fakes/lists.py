"""Lists as dbproxy answers them: filtered, sorted, in pages. tests/contract/dbproxy/test_fake.py holds them to the real one."""

from common.wire.errors import BadRequest

PAGING = {"page", "per_page", "sort"}


def listed(rows, params, filters=(), *, sort="-id", sorts=("id",), others=()):
    """The page of `rows` that `params` ask for: `filters` are compared as text, several with commas between; `sort` is the
    order where none is asked for, one of `sorts`. `others`: filters that the caller has seen to. An unknown one is a mistake
    of the test."""
    unknown = params.keys() - PAGING - set(filters) - set(others)
    assert not unknown, f"the fake has no filter {', '.join(sorted(unknown))}"
    found = [row for row in rows if all(_text(row[name]) in params[name].split(",") for name in filters if params.get(name))]
    order = params.get("sort", sort)
    if order.removeprefix("-") not in sorts:
        raise BadRequest(f"sort is one of {', '.join(sorts)}")
    found.sort(key=lambda row: row[order.removeprefix("-")], reverse=order.startswith("-"))
    return paged(found, params)


def paged(rows, params):
    """30 rows where nobody says how many, 100 at most."""
    page, per_page = int(params.get("page", 1)), int(params.get("per_page", 30))
    if not 1 <= per_page <= 100:
        raise BadRequest("per_page is a number from 1 to 100")
    return {"items": rows[(page - 1) * per_page:page * per_page], "total": len(rows), "page": page, "per_page": per_page}


def _text(value):
    return str(value).lower() if isinstance(value, bool) else str(value)
