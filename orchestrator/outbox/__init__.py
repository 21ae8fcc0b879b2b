"""Sends what dbproxy has recorded for the outside: reports of runs, each through its channel (channels.py).

A report is claimed, sent, and stored with its outcome. While the receiver is away it is tried again, with longer and
longer pauses, for a week: neither an outage nor the end of an orchestrator loses one. A try whose answer was lost may
have arrived; the next one then asks first (`again`), so that nothing is shown twice.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable

from common.api.client import Dbproxy
from common.wire.errors import BadRequest, ContinuumError, Problem, in_words

from .. import metrics
from ..background.queue_worker import QueueWorker, backoff
from ..background.threads import Threads
from .channels import Channel, Sent
from .report import Report

__all__ = ["Outbox"]

log = logging.getLogger(__name__)

AT_ONCE = 4                              # reports, each of another line
LONGEST_PAUSE = 300                      # seconds between two tries, unless the receiver asks for more
LONGEST_WAIT = 3600                      # seconds that dbproxy takes
GIVEN_UP_AFTER = 7 * 24 * 3600           # seconds since the report was written
PASSING = {401, 429, 500, 502, 503, 504}      # 401: whoever it is may sign in again meanwhile


class Outbox:
    """Sends reports as its worker claims them. Safe for several threads."""

    def __init__(self, db: Dbproxy, channels: Iterable[Channel], public_url: str, threads: Threads):
        self._channels = {channel.name: channel for channel in channels}
        self._public_url = public_url.rstrip("/")
        self.worker = QueueWorker(db, "reports", lambda row: self.send(Report.of(row, self._public_url)), threads, AT_ONCE)

    def send(self, report: Report) -> None:
        """One claimed report, to its outcome or back into the queue."""
        try:
            sent = self._channel(report.channel).send(report)
        except ContinuumError as problem:
            self._stumble(report, problem)
        except Exception as problem:         # the border of a report: a mistake of ours ends it, and says so
            log.exception("report %s broke", report.id)
            self._end(report, "failed", "broken", Sent(in_words(problem)))
        else:
            self._end(report, "done", "told", sent)

    def _channel(self, name: str) -> Channel:
        if name not in self._channels:
            raise BadRequest(f"this version of Continuum knows no channel {name}")
        return self._channels[name]

    def _stumble(self, report: Report, problem: ContinuumError) -> None:
        reason = getattr(problem, "detail", str(problem))
        if isinstance(problem, Problem) and problem.status not in PASSING:
            self._end(report, "failed", "refused", Sent(reason))
        elif report.age > GIVEN_UP_AFTER:
            self._end(report, "failed", "given_up",
                      Sent(f"given up after {GIVEN_UP_AFTER // 86400} days: {reason}"))
        else:
            pause = max(getattr(problem, "retry_after", None) or 0, backoff(report.attempts, LONGEST_PAUSE))
            self._write(report, "queued", reason, wait=min(pause, LONGEST_WAIT))

    def _end(self, report: Report, state: str, counted: str, sent: Sent) -> None:
        metrics.REPORTS.labels(report.channel, counted).inc()
        if state == "failed":
            log.warning("report %s of run %s was not sent: %s", report.id, report.run, sent.outcome)
        self._write(report, state, sent.outcome, known=sent.known)

    def _write(self, report: Report, state: str, outcome: str, **fields) -> None:
        self.worker.write(report.id, attempt=report.attempts, state=state, outcome=outcome[:4000], **fields)
