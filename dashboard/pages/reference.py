"""The API for readers: a page made from the same document that programs read.

What an error status means is told once above the calls: with each of them it was half of the page.
"""

from __future__ import annotations

from flask import render_template

from ..api.openapi import STATUSES, TOO_LONG, document
from .blueprint import page

COMMON = {**{str(status): meaning for status, meaning in STATUSES.items()}, "414": TOO_LONG["description"]}


@page("/api", right="public")
def api_reference():
    found = document()
    by_tag: dict[str, list] = {tag["name"]: [] for tag in found["tags"]}
    for path, operations in found["paths"].items():
        for method, operation in operations.items():
            by_tag[operation["tags"][0]].append({"method": method.upper(), "path": path, **operation,
                                                 **_answers(operation["responses"])})
    return render_template("api.html", by_tag=by_tag, common=sorted(COMMON.items()),
                           schemas=found["components"]["schemas"])


def _answers(responses: dict[str, dict]) -> dict[str, dict]:
    """`responses` that say something of their own, and in `usual` those that mean what they mean everywhere."""
    usual = {status: answer for status, answer in responses.items() if answer["description"] == COMMON.get(status)}
    return {"responses": {status: answer for status, answer in responses.items() if status not in usual},
            "usual": sorted(usual)}
