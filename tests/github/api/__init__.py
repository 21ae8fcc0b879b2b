"""The API's calls, a file for each part; each has `add(app)`."""

from __future__ import annotations

from typing import Any

from flask import Response, jsonify, request

from ..gate import PREFIX

MOST = 100


def paged(items: list, shape=lambda item: item) -> Response:
    """The asked page of `items`, with the Link header that leads to the others."""
    page, per_page = _number("page", 1), min(MOST, _number("per_page", 30))
    last = max(1, -(-len(items) // per_page))
    response = jsonify([shape(item) for item in items[(page - 1) * per_page:page * per_page]])
    links = {"prev": page - 1, "next": page + 1, "last": last, "first": 1}
    wanted = {name: to for name, to in links.items() if 1 <= to <= last and (to < page) == (name in ("prev", "first"))
              and to != page}
    if wanted:
        response.headers["Link"] = ", ".join(f'<{_page_url(to)}>; rel="{name}"' for name, to in wanted.items())
    return response


def body() -> dict[str, Any]:
    found = request.get_json(silent=True)
    return found if isinstance(found, dict) else {}


def path(rest: str) -> str:
    return f"{PREFIX}{rest}"


def repo_path(rest: str = "") -> str:
    return path(f"/repos/<owner>/<name>{rest}")


def _page_url(number: int) -> str:
    query = "&".join(f"{key}={value}" for key, value in {**request.args.to_dict(), "page": number}.items())
    return f"{request.base_url}?{query}"


def _number(name: str, default: int) -> int:
    text = request.args.get(name, "")
    return max(1, int(text)) if text.isdecimal() else default
