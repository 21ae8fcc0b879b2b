"""Pages with GitHub's Link header."""

from __future__ import annotations

from urllib.parse import urlencode

from flask import Response, jsonify, request

from .access import hub

MOST = 100


def asked() -> tuple[int, int]:
    """(page, per_page); what is odd counts as not given, as GitHub has it."""
    page = request.args.get("page", 1, type=int)
    per_page = request.args.get("per_page", 30, type=int)
    return max(1, page), min(max(1, per_page), MOST)


def paged(items: list, spell, wrap: str | None = None) -> Response:
    """`spell` makes the shape of each item of this page alone. `wrap`: name of the list in {total_count, …}."""
    page, per_page = asked()
    shapes = [spell(item) for item in items[(page - 1) * per_page:page * per_page]]
    answer = jsonify({"total_count": len(items), wrap: shapes} if wrap else shapes)
    links = _links(page, max(1, -(-len(items) // per_page)))
    if links:
        answer.headers["Link"] = ", ".join(f'<{_url(number)}>; rel="{name}"' for name, number in links.items())
    return answer


def _links(page: int, last: int) -> dict[str, int]:
    before = {"prev": min(page - 1, last), "first": 1} if page > 1 else {}
    return {**before, **({"next": page + 1, "last": last} if page < last else {})}


def _url(page: int) -> str:
    return f"{hub().url}{request.path}?{urlencode({**request.args.to_dict(), 'page': page})}"
