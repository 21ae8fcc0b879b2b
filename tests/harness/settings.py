"""The test installation with other settings for a while: those services are made anew, and afterwards as they were."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from cli import compose
from cli.proc import run
from tests.harness.stack import Stack

KNOW_GITHUB = ("dashboard", "orchestrator")


@contextmanager
def changed(stack: Stack, services: tuple[str, ...], **settings: str) -> Iterator[None]:
    """`settings` as `.env` would have them; what this process has in its environment goes before that file."""
    up = compose.argv(stack.instance, "up", "--detach", "--no-deps", "--no-build", "--wait", *services)
    run(up, env=settings)
    try:
        yield
    finally:
        run(up)
