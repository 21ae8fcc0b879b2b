"""Addresses without the passwords that they may hold, for output that is pasted into bug reports."""

from __future__ import annotations

import re

_USER_INFO = re.compile(r"(?<=//)[^/\s@]*@")      # of any URL in a text
_PROXY_USER_INFO = re.compile(r"^[^/\s@]+@")      # HTTP_PROXY may lack its scheme


def redact(text: str) -> str:
    """Return `text` with the user and password of every address in it replaced by ***."""
    return _PROXY_USER_INFO.sub("***@", _USER_INFO.sub("***@", text))
