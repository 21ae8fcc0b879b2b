"""GitHub's own examples of webhook payloads, as npm's @octokit/webhooks-examples has them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache

from tests.harness.npm import Package, file_of

from .outbox import sign

__all__ = ["EVENTS", "body_of", "examples", "sign"]

PACKAGE = Package("@octokit/webhooks-examples", "7.6.1", "sha512-De6U3XB6O3DtCa7bKgCMzTHdeopqqZ6SNivMYJnK65ierKL1AnNIA0tk"
                  "RYCRS7lwGT792d+Ps1WbfHlso6MynQ==")
EVENTS = ("push", "pull_request", "ping", "create", "delete")


def examples(*events: str) -> Iterator[tuple[str, dict]]:
    """(event, payload) for each example of these events, of all 58 where none is named."""
    for kind in _all():
        if not events or kind["name"] in events:
            yield from ((kind["name"], payload) for payload in kind["examples"])


def body_of(payload: dict) -> bytes:
    """A body as it goes over the wire; `sign(secret, body)` gives its header."""
    return json.dumps(payload).encode()


@cache
def _all() -> list[dict]:
    return json.loads(file_of(PACKAGE, "api.github.com/index.json").read_text())
