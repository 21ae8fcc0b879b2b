"""Lists of several pages, as dbproxy answers them: `{items, total}`."""

from __future__ import annotations

from collections.abc import Iterator

from .client import ServiceClient

MOST = 100      # items that dbproxy puts on a page


def each(client: ServiceClient, path: str, /, **filters) -> Iterator[dict]:
    """Every item of the list, page after page, each asked for when its turn comes. Raises what the call raises.

    Items that come or go meanwhile may be missed or doubled, unless `sort` is by what never changes, such as `id`.
    """
    page, seen = 1, 0
    while True:
        answer = client.get(path, params={**filters, "per_page": MOST, "page": page})
        yield from answer["items"]
        page, seen = page + 1, seen + len(answer["items"])
        if seen >= answer["total"] or not answer["items"]:
            return
