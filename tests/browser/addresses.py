"""Addresses of pages."""

from __future__ import annotations

from urllib.parse import urlsplit


def without_host(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def of_repo(repo) -> str:
    return f"/repos/local/{repo.owner}/{repo.name}"
