"""Results belong to a run and an attempt; a later attempt replaces them, an earlier one does not."""

from __future__ import annotations

from common.wire.errors import Conflict, NotFound

from ..database import Transaction


def begin(transaction: Transaction, table: str, run: int, attempt: int) -> int:
    """Take out what `table` (and by cascade its rows) holds of `run`; answers the run's repo.

    Raises NotFound for an unknown run, Conflict `old_attempt` where a later attempt has written.
    """
    repo = transaction.value("SELECT repo FROM runs WHERE id = %s FOR NO KEY UPDATE", (run,))
    if repo is None:
        raise NotFound(f"run {run} is unknown")
    known = transaction.value(f"SELECT attempt FROM {table} WHERE run = %s", (run,))
    if known is not None and known > attempt:
        raise Conflict(f"attempt {known} of run {run} has written already, {attempt} is older", error="old_attempt")
    transaction.do(f"DELETE FROM {table} WHERE run = %s", (run,))
    return repo
