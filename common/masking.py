"""Secrets do not reach log lines: each known value is replaced in the forms that programs commonly print.

Covered: plain, base64 (standard and URL-safe, at each of the three alignments), URL-encoded, JSON-escaped, and each line of
a value of several lines. A value that a program cuts up or transforms in another way is not recognised
(docs/security.md says so).
"""

from __future__ import annotations

import base64
import json
import re
from urllib.parse import quote, quote_plus

MASK = "***"
SHORTEST = 4      # a shorter value would mask half of every log and protect nothing


class Masker:
    """Replaces the values that it was told of."""

    def __init__(self) -> None:
        self._forms: set[str] = set()
        self._pattern: re.Pattern[str] | None = None

    def add(self, value: str) -> None:
        """From now on `value` and its known forms are masked; values under 4 characters are left alone."""
        for part in {value, *value.splitlines()}:
            if len(part.strip()) >= SHORTEST:
                self._forms |= _forms(part)
        if self._forms:
            ordered = sorted(self._forms, key=len, reverse=True)
            self._pattern = re.compile("|".join(map(re.escape, ordered)))

    def mask(self, text: str) -> str:
        return self._pattern.sub(MASK, text) if self._pattern else text


def _forms(value: str) -> set[str]:
    plain = {value, quote(value, safe=""), quote_plus(value), json.dumps(value)[1:-1],
             json.dumps(value, ensure_ascii=False)[1:-1]}
    return plain | {form for alphabet in (base64.b64encode, base64.urlsafe_b64encode)
                    for form in _base64_forms(value.encode(), alphabet)}


def _base64_forms(data: bytes, encode) -> set[str]:
    """The characters that `data` alone decides, wherever it begins in a longer encoded text."""
    forms = set()
    for before in range(3):
        text = encode(b"\0" * before + data).decode().rstrip("=")
        first = (before * 8 + 5) // 6
        last = len(text) if (before + len(data)) % 3 == 0 else len(text) - 1
        if last - first >= SHORTEST:
            forms.add(text[first:last])
    return forms
