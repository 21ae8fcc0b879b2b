"""Text from repositories and programs, made safe for a terminal: colours pass, everything else is shown, not obeyed.

A heading of ours begins with MARK, which no other text can contain: a line that is as wide as the terminal can't wrap into
something that looks like a heading.
"""

from __future__ import annotations

import re
import unicodedata

MARK = "■"
_COLOUR = re.compile(r"(\x1b\[[0-9;:]{0,64}m)")
_RESET = "\x1b[0m"
_SHOWN = {"Cc", "Cf", "Cs", "Zl", "Zp"}      # controls, direction marks, surrogates, separators of lines


def safe(text: str, colours: bool = True) -> str:
    """`text` as one line: SGR sequences stay (unless `colours` is off), other controls become visible signs."""
    pieces = _COLOUR.split(text)
    shown = [_visible(piece) if index % 2 == 0 else piece if colours else "" for index, piece in enumerate(pieces)]
    return "".join(shown) + (_RESET if colours and len(pieces) > 1 else "")


def safe_lines(text: str) -> str:
    """As `safe`, without colours, for a sentence of several lines."""
    return "\n".join(safe(line, colours=False) for line in text.split("\n"))


def heading(text: str) -> str:
    """A line of ours."""
    return f"{MARK} {text}"


def _visible(text: str) -> str:
    return text if text.isascii() and text.isprintable() else "".join(map(_sign, text))


def _sign(letter: str) -> str:
    if letter == "\t" or (letter != MARK and unicodedata.category(letter) not in _SHOWN):
        return letter
    if ord(letter) < 32:
        return chr(0x2400 + ord(letter))
    return "␡" if letter == "\x7f" else f"\\u{ord(letter):04x}"
