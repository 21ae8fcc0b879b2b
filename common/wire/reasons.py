"""The reason of a run or a job: a sentence for people; for programs a code, and the parameters of the sentence.

This file lists all codes of reasons. SENTENCES has those of the regular course, each with its sentence. ERRORS has the
`error` words of the exceptions that end a job; a job that ends with a Problem (errors.py) has that problem's word. No code
reads a sentence: it asks for the code.

A run whose reason is that of one of its jobs has the job's code and parameters, and `stage`. The parameter `line` is the
number of the log line with which the worker reported the reason.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from . import partial_database
from .errors import ContinuumError, in_words

SENTENCES = {
    "queued": "waiting for the orchestrator",
    "retried": "retried by {actor}, waiting for the orchestrator",
    "waiting_for_run": "waiting for run {run} of the same repository",
    "starting": "starting",
    "handed_over": "handed to the {worker}",
    "queued_at_worker": "waiting for a free slot, {ahead} ahead",
    "running": "running",
    "done": "done",
    partial_database.CODE: partial_database.PASSED,
    "canceling": "canceling",
    "canceled": "canceled",
    "unconfirmed": "canceled; its worker did not confirm it in time",
    "canceled_before_start": "canceled before it began",
    "canceled_by": "canceled by {actor}",
    "superseded": "superseded by run {run}",
    "ended_unasked": "the {worker} ended the job unasked",
    "not_begun": "not begun: {cause}",
    "passed": "all stages passed",
    "live": "live at {url}",
    "preview_passed": "the pull request passed all stages; its preview is removed",
    "crashed_live": "{cause}",
    "orchestrator_failed": "the orchestrator failed: {cause}",
}
ERRORS = {
    "failure": "the work failed",
    "error": "Continuum failed",
    "internal": "Continuum failed in a way that nobody foresaw",
    "service_down": "a service of Continuum did not answer",
    "timeout": "the work took longer than it may",
    "invalid_config": ".continuum.yml has problems; `problems`: a list of {line, message}",
    "gate_failed": "the gate of the scan failed",
    "tests_failed": "tests failed; `case`: the name of the first one, `failed` and `total`: their numbers",
    "app_exited": "the app ended; `exit_code`: its exit code",
    "out_of_memory": "the app was killed because it needed more memory than it may",
    "not_healthy": "the app did not become healthy",
}
PLAIN = frozenset({"running", "done", "canceled", "passed"})      # the sentence repeats the state


@dataclass(frozen=True)
class Reason:
    text: str
    code: str = ""
    params: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.text

    def row(self) -> dict[str, Any]:
        """As jobs and runs have it in JSON and in their tables."""
        return {"reason": self.text, "code": self.code, "params": self.params}

    def of_stage(self, stage: str) -> Reason:
        """The same as the reason of the stage's run."""
        return Reason(f"{stage}: {self.text}", self.code, {**self.params, "stage": stage})

    def at_line(self, line: int) -> Reason:
        """The same, reported in this line of the job's log."""
        return replace(self, params={**self.params, "line": line})

    def masked(self, mask: Callable[[str], str]) -> Reason:
        return Reason(mask(self.text), self.code, _masked(self.params, mask))


def reason(code: str, **params) -> Reason:
    """The reason with a code of SENTENCES; `cause` is a sentence, and thus no parameter for programs. Raises KeyError for
    another code, and for a parameter that is missing."""
    return Reason(SENTENCES[code].format(**params), code, {name: value for name, value in params.items() if name != "cause"})


def reason_of(problem: Exception) -> Reason:
    """The reason of a job that ended with this exception."""
    if isinstance(problem, ContinuumError):
        return Reason(str(problem), problem.error, problem.params)
    return Reason(in_words(problem), ContinuumError.error)


class HasReason(Protocol):
    """A row of dbproxy or a worker's view of a job."""

    reason: str
    code: str
    params: dict[str, Any]


def reason_in(row: HasReason) -> Reason:
    return Reason(row.reason, row.code, row.params)


def _masked(value, mask: Callable[[str], str]):
    if isinstance(value, dict):
        return {name: _masked(item, mask) for name, item in value.items()}
    if isinstance(value, list):
        return [_masked(item, mask) for item in value]
    return mask(value) if isinstance(value, str) else value
