"""Turns what a program prints into log lines that every part of the way can hold."""

from __future__ import annotations

import codecs
from collections.abc import Iterator

MAX_BYTES = 64 * 1024      # of one stored line, UTF-8; longer ones become several, flagged

_ESCAPES = {0: "␀", 13: "␍"}      # Postgres holds no NUL; a lone CR would rewrite the line in a terminal


def clean(text: str) -> str:
    """`text` without what Postgres or UTF-8 cannot hold; a lone surrogate becomes `\\udc80` in letters."""
    text = text.translate(_ESCAPES)
    return text.encode("utf-8", "backslashreplace").decode()


def split(line: str) -> list[str]:
    """`line` in pieces of at most MAX_BYTES bytes of UTF-8, cut between characters; their join is `line`."""
    if len(line) * 4 <= MAX_BYTES:
        return [line]
    data, pieces, start = line.encode(), [], 0
    while start < len(data):
        end = _boundary(data, min(start + MAX_BYTES, len(data)))
        pieces.append(data[start:end].decode())
        start = end
    return pieces or [""]


def _boundary(data: bytes, end: int) -> int:
    """The last place at or before `end` where a character begins."""
    while end < len(data) and data[end] & 0xC0 == 0x80:
        end -= 1
    return end


class LineReader:
    """Bytes as they come, lines as they end. CRLF counts as LF; bad UTF-8 is shown as `\\xff`."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("backslashreplace")
        self._rest = ""

    def feed(self, data: bytes) -> Iterator[str]:
        *lines, self._rest = (self._rest + self._decoder.decode(data)).split("\n")
        for line in lines:
            yield line.removesuffix("\r")

    def end(self) -> Iterator[str]:
        """What came after the last newline, if anything."""
        rest, self._rest = self._rest + self._decoder.decode(b"", final=True), ""
        if rest:
            yield rest.removesuffix("\r")
