"""The webhook payloads that GitHub published, as (event, payload)."""

from __future__ import annotations

import json
from collections.abc import Iterator

from .npm import EXAMPLES, file_of


def examples(*events: str) -> Iterator[tuple[str, dict]]:
    """Those of `events`, in the published order; all without any."""
    for group in json.loads(file_of(EXAMPLES).read_text()):
        if not events or group["name"] in events:
            yield from ((group["name"], payload) for payload in group["examples"])
