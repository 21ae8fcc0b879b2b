"""Waiting for a condition, bounded, with the reason said when it does not come."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from tenacity import RetryError, Retrying, retry_if_result, stop_after_delay, wait_fixed

from cli.errors import PlatformError

Found = TypeVar("Found")


def wait_for(look: Callable[[], Found | None], what: str, seconds: float, every: float = 0.2) -> Found:
    """The first result of `look` that is not None or False; raises PlatformError after `seconds`."""
    retrying = Retrying(retry=retry_if_result(lambda found: found is None or found is False),
                        stop=stop_after_delay(seconds), wait=wait_fixed(every))
    try:
        return retrying(look)
    except RetryError as problem:
        raise PlatformError(f"waited {seconds:.0f} s for {what}", "./continuum status tells how each part is doing"
                            ) from problem
