"""Turns what a program prints into log lines that every part of the way can hold."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from typing import NamedTuple

from ..secrets.masking import Masker

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


class Piece(NamedTuple):
    """A line, or a part of one that is longer than MAX_BYTES."""

    text: str
    part: bool = False      # it continues the piece before it


class LineReader:
    """Bytes as they arrive, lines as they end; memory is bounded by about twice `limit`, time is linear.

    CRLF counts as LF, and invalid UTF-8 is shown as `\\xff`. A carriage return starts the line again, as in a terminal:
    the last state is the line, and the states before it are seen in `state` alone. A line longer than `limit` is cut
    into pieces between characters.
    """

    def __init__(self, masker: Masker | None = None, limit: int = MAX_BYTES) -> None:
        """`masker`: its secrets are also masked where the cut of a long line would go through them. `limit`: bytes."""
        self._limit = limit
        self._decoder = codecs.getincrementaldecoder("utf-8")("backslashreplace")
        self._masker = masker or Masker()
        self._parts: list[str] = []
        self._bytes = 0
        self._returned = False      # the last character was a carriage return
        self.state: str | None = None      # what a line that is rewritten said last, such as a progress bar
        self._cut = False           # the beginning of this line has been given out

    def feed(self, data: bytes) -> Iterator[Piece]:
        yield from self._take(self._decoder.decode(data))

    def end(self) -> Iterator[Piece]:
        """What came after the last newline, if anything."""
        yield from self._take(self._decoder.decode(b"", final=True))
        if self._parts:
            yield self._ended()
        self._cut, self._returned, self.state = False, False, None

    def _take(self, text: str) -> Iterator[Piece]:
        *ended, rest = text.split("\n")
        for line in ended:
            yield from self._add(line)
            yield self._ended()
        yield from self._add(rest)

    def _add(self, text: str) -> Iterator[Piece]:
        self._note_state(text)
        state = text.rstrip("\r")
        if self._returned and state:
            self._drop()
        self._returned = (self._returned and not state) or len(state) < len(text)
        _, mark, last = state.rpartition("\r")
        if mark:
            self._drop()
        if last:
            self._parts.append(last)
            self._bytes += len(last.encode())
        if self._bytes > self._limit:
            yield from self._overflow()

    def _note_state(self, text: str) -> None:
        """Keep the last whole state: a part of one may end inside a secret, which a mask would not know."""
        if "\r" in text:
            begun = "" if self._returned else "".join(self._parts)
            states = [state for state in f"{begun}{text}".split("\r")[:-1] if state]
            self.state = states[-1] if states else self.state

    def _overflow(self) -> Iterator[Piece]:
        """Give out what is full; keep what a secret may have begun in."""
        data = self._masker.mask("".join(self._parts)).encode()
        start, held = 0, min(4 * self._masker.held, self._limit // 2)
        while len(data) - start > self._limit:
            end = _boundary(data, start + self._limit - held)
            yield Piece(data[start:end].decode(), self._cut)
            start, self._cut = end, True
        self._parts, self._bytes = [data[start:].decode()], len(data) - start

    def _ended(self) -> Piece:
        piece = Piece("".join(self._parts), self._cut)
        self._drop()
        self._cut, self._returned, self.state = False, False, None
        return piece

    def _drop(self) -> None:
        self._parts, self._bytes = [], 0
