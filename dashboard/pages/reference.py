"""The API for readers: a page made from the same document that programs read."""

from __future__ import annotations

from flask import render_template

from ..api.openapi import document
from .blueprint import page


@page("/api", right="public")
def api_reference():
    found = document()
    by_tag: dict[str, list] = {tag["name"]: [] for tag in found["tags"]}
    for path, operations in found["paths"].items():
        for method, operation in operations.items():
            by_tag[operation["tags"][0]].append({"method": method.upper(), "path": path, **operation})
    return render_template("api.html", by_tag=by_tag, schemas=found["components"]["schemas"])
