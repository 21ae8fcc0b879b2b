"""A step of the log that ends as what happened in it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from common.wire.errors import Canceled
from common.worker.joblog import JobLog


@contextmanager
def step(log: JobLog, name: str) -> Iterator[int]:
    """The number of a fresh step. The block ends it with its verdict; an exception ends it here."""
    number = log.begin_step(name)
    try:
        yield number
    except BaseException as problem:
        log.end_step(number, "canceled" if isinstance(problem, Canceled) else "failure")
        raise
