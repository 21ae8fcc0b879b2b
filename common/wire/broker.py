"""Names on the broker, declared by dbproxy; and what one message holds.

One durable topic exchange; routing key `log.<run>.<stage>`. dbproxy's queue is a quorum queue that never gives
up on a message (`x-delivery-limit=-1`: with the default of 20, groups redelivered after crashes are dropped) and
refuses new ones at its limit (`reject-publish`) instead of dropping old ones. What dbproxy cannot read goes to
the dead-letter queue, which its health reports.

Who may do what with these names is in dbproxy/rabbitmq/definitions.json: each worker publishes lines of its own
stages, dbproxy declares and stores, the dashboard reads the jobs that somebody looks at.
"""

from __future__ import annotations

import json

EXCHANGE = "continuum.logs"
STORE_QUEUE = "continuum.logs.store"
DEAD_EXCHANGE = "continuum.logs.dead"
DEAD_QUEUE = "continuum.logs.dead"
MAX_QUEUED_BYTES = 4 * 1024**3

STORE_ARGUMENTS = {
    "x-queue-type": "quorum",
    "x-delivery-limit": -1,
    "x-overflow": "reject-publish",
    "x-max-length-bytes": MAX_QUEUED_BYTES,
    "x-dead-letter-exchange": DEAD_EXCHANGE,
    "x-dead-letter-strategy": "at-least-once",
}


def routing_key(run: int, stage: str) -> str:
    return f"log.{run}.{stage}"


def declarations() -> list[tuple[str, dict]]:
    """(method of a pika channel, its arguments), in order; each may be repeated."""
    return [
        ("exchange_declare", {"exchange": EXCHANGE, "exchange_type": "topic", "durable": True}),
        ("exchange_declare", {"exchange": DEAD_EXCHANGE, "exchange_type": "fanout", "durable": True}),
        ("queue_declare", {"queue": DEAD_QUEUE, "durable": True, "arguments": {"x-queue-type": "quorum"}}),
        ("queue_bind", {"queue": DEAD_QUEUE, "exchange": DEAD_EXCHANGE, "routing_key": ""}),
        ("queue_declare", {"queue": STORE_QUEUE, "durable": True, "arguments": STORE_ARGUMENTS}),
        ("queue_bind", {"queue": STORE_QUEUE, "exchange": EXCHANGE, "routing_key": "log.#"}),
    ]


def encode(run: int, stage: str, attempt: int, first_seq: int, at: list[int], steps: list[int],
           lines: list[str], parts: list[int]) -> bytes:
    """The body of one message.

    `lines[i]` has the number `first_seq + i`, was printed at `at[i]` (ms since 1970) in step `steps[i]` (numbers
    from 1; 0 where none), and continues the line before it if `i` is in `parts`.
    """
    return json.dumps({"run": run, "stage": stage, "attempt": attempt, "first_seq": first_seq, "at": at,
                       "steps": steps, "lines": lines, "parts": parts},
                      ensure_ascii=False, separators=(",", ":")).encode()
