"""One answer of GitHub, read whole."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

_NEXT = re.compile(r'<([^<>]+)>\s*;[^,]*\brel="next"')


@dataclass(frozen=True)
class Reply:
    """`headers` find their names in any case; `method` is the request's."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    method: str = "GET"

    def json(self):
        """Raises ValueError; an empty body is None."""
        return json.loads(self.body) if self.body.strip() else None

    @property
    def is_page(self) -> bool:
        """Is it a page for people, as a proxy or a wrong address gives it?"""
        return "html" in self.headers.get("Content-Type", "").lower()

    @property
    def next(self) -> str | None:
        """The address of the page after this one (RFC 8288)."""
        found = _NEXT.search(self.headers.get("Link", ""))
        return found[1] if found else None
