"""Reads a stream of JSON objects, one a line, as they come."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

import requests
from urllib3.exceptions import HTTPError

from common.wire.errors import ServiceDown

CHUNK = 64 * 1024
LONGEST = 64 * 1024**2      # bytes of one line: reports travel in the last one


def read_objects(response: requests.Response) -> Iterator[dict]:
    """The objects of `response`; raises ServiceDown where it breaks off."""
    try:
        yield from split_objects(response.raw.stream(CHUNK, decode_content=True))
    except (HTTPError, OSError) as problem:
        raise ServiceDown(f"the stream broke off ({type(problem).__name__})") from problem


def split_objects(chunks: Iterable[bytes]) -> Iterator[dict]:
    """Objects from bytes that are cut anywhere. An empty line is a sign of life; a last one without its end is none."""
    parts: list[bytes] = []
    size = 0
    for chunk in chunks:
        *ended, rest = chunk.split(b"\n")
        for piece in ended:
            line = b"".join([*parts, piece])
            parts, size = [], 0
            if line:
                yield json.loads(line)
        parts.append(rest)
        size += len(rest)
        if size > LONGEST:
            raise ServiceDown(f"a line of the stream is longer than {LONGEST // 1024**2} MiB")
