"""The one masker: it replaces known secrets in every text that is stored or shown.

Recognised forms of a value, and of each line of a value of several lines:
- plain, and without the white space around it;
- Base64 (standard and URL-safe) at each of the three alignments, also wrapped at 64 or 76 characters;
- URL-encoded;
- inside a JSON string: with and without ASCII escapes, with `\\/`, with escaped `<`, `>`, `&`, and JSON inside JSON;
- inside XML or HTML text and attributes.

A value that is a JSON document is also recognised in its compact and indented layout, and by each of its texts. A value
that a program cuts up or transforms in another way is not recognised (docs/security.md states this).
"""

from __future__ import annotations

import base64
import html
import json
from collections.abc import Iterable, Iterator
from urllib.parse import quote, quote_plus

MASK = "***"
SHORTEST = 4                # characters; a shorter value would mask half of every log and protect nothing
WRAPS = (64, 76)            # characters a line in which tools print Base64
INDENTS = (None, 1, 2, 3, 4, "\t")
LONGEST_HELD = 32 * 1024    # characters of a form that is recognised across the cut of an endless line


class Masker:
    """Replaces the values that were added. Its cost is linear in the text, for each form."""

    def __init__(self, values: Iterable[str] = ()) -> None:
        self._forms: tuple[str, ...] = ()
        for value in values:
            self.add(value)

    def add(self, value: str) -> None:
        """Mask `value` and its known forms from now on; values of fewer than 4 characters are ignored."""
        found = set(self._forms)
        for part in _parts(value):
            if len(part) >= SHORTEST:
                found |= _forms(part)
        found |= _wrapped(value)
        self._forms = tuple(sorted(found, key=len, reverse=True))

    @property
    def held(self) -> int:
        """Characters at the end of an unfinished text in which a secret may have begun."""
        return min(len(self._forms[0]) - 1, LONGEST_HELD) if self._forms else 0

    def mask(self, text: str) -> str:
        """`text` with one MASK in place of each stretch that secrets cover, also where they overlap."""
        spans = sorted(span for form in self._forms for span in _places(text, form))
        if not spans:
            return text
        pieces, end = [], 0
        for start, stop in _merged(spans):
            pieces += [text[end:start], MASK]
            end = stop
        return "".join([*pieces, text[end:]])


def _places(text: str, form: str) -> Iterator[tuple[int, int]]:
    """Where `form` stands; occurrences that overlap each other come as one."""
    start = text.find(form)
    while start >= 0:
        end = start + len(form)
        following = text.find(form, start + 1)
        while 0 <= following < end:
            end = following + len(form)
            following = text.find(form, following + 1)
        yield start, end
        start = following


def _merged(spans: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Sorted spans, those that share a character as one; neighbours stay two."""
    first, last = spans[0]
    for start, end in spans[1:]:
        if start >= last:
            yield first, last
            first, last = start, end
        last = max(last, end)
    yield first, last


def _parts(value: str) -> set[str]:
    """The value, its lines, and what it consists of where it is JSON; each also without the space around it."""
    parts = {value, *value.splitlines(), *_json_parts(value)}
    return parts | {part.strip() for part in parts}


def _json_parts(value: str) -> Iterator[str]:
    try:
        document = json.loads(value)
    except (ValueError, RecursionError):
        return
    if not isinstance(document, (dict, list)):
        return
    for ascii_only in (True, False):
        yield json.dumps(document, separators=(",", ":"), ensure_ascii=ascii_only)
        for indent in INDENTS:
            for line in json.dumps(document, indent=indent, ensure_ascii=ascii_only).splitlines():
                yield line.strip().rstrip(",")
    yield from _texts(document)


def _texts(document: object) -> Iterator[str]:
    """Each text inside a JSON document; names of fields are not secret."""
    if isinstance(document, str):
        yield document
        yield from document.splitlines()
    elif isinstance(document, (dict, list)):
        for item in document.values() if isinstance(document, dict) else document:
            yield from _texts(item)


def _forms(value: str) -> set[str]:
    found = {value, quote(value), quote(value, safe=""), quote_plus(value)} | _json_forms(value)
    found |= {form.replace('"', mark) for form in (html.escape(value, quote=False),) for mark in ('"', "&quot;", "&#34;")}
    found |= {form.replace("'", mark) for form in set(found) if "&" in form for mark in ("&apos;", "&#39;", "&#x27;")}
    return found | {form for alphabet in (base64.b64encode, base64.urlsafe_b64encode)
                    for form in _base64_forms(value.encode(), alphabet)}


def _json_forms(value: str) -> set[str]:
    plain = {json.dumps(value, ensure_ascii=ascii_only)[1:-1] for ascii_only in (True, False)}
    plain |= {form.replace("/", "\\/") for form in plain}
    plain |= {form.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026") for form in plain}
    return plain | {json.dumps(form, ensure_ascii=False)[1:-1] for form in plain}


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


def _wrapped(value: str) -> set[str]:
    """The lines in which tools print the value in Base64."""
    text = base64.b64encode(value.encode()).decode().rstrip("=")[:-1]      # the last one depends on what follows
    pieces = (text[at:at + width] for width in WRAPS for at in range(0, len(text), width) if len(text) > width)
    return {piece for piece in pieces if len(piece) >= SHORTEST}
