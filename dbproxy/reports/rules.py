"""Which reports a change of a run causes. Rules alone, no input or output.

Each function answers the reports in the order in which they are sent.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypedDict

from common.wire.stages import UNFINISHED

LASTS = 4            # seconds; of a stage that is over sooner the end alone is sent
WHOLE = ""           # the stage of a status that is about the whole run
SHOWN_BY_PULL = "pull_request"      # the event whose runs a comment sums up


class RunKey(TypedDict):
    id: int
    repo: int
    commit: str
    state: str


class Run(RunKey):
    """Of a run's row what is needed here."""

    ref: str
    kind: str
    event: str
    reason: str


class Job(TypedDict):
    stage: str
    state: str
    reason: str


@dataclass(frozen=True)
class Report:
    """`line`: reports of one line are sent one at a time, in their order. `place`: where the report is shown; it
    replaces one that waits for the same place. `delay`: seconds in which it may be replaced before it is sent."""

    channel: str
    line: str
    place: str
    state: str
    reason: str
    stage: str = WHOLE
    delay: float = 0


def waits(run: Run) -> list[Report]:
    """The run was made, or was retried."""
    return _whole(run, "pending", run["reason"])


def stage(run: RunKey, job: Job, before: Job | None) -> list[Report]:
    """A job of the run changed; `before`: its row until now, None for a new one."""
    told, known = _of_job(job), _of_job(before) if before else None
    if job["state"] == "skipped" or told == known or job["state"] in UNFINISHED and run["state"] not in UNFINISHED:
        return []
    begins = job["stage"] == "deploy" and job["state"] == "running"
    return [_status(run, job["stage"], *told, LASTS if _may_change(job) else 0),
            *([_deployment(run, "in_progress", "the candidate is being started")] if begins else [])]


def ended(run: Run, open_stages: list[str], deployed: bool) -> list[Report]:
    """The run is over. `open_stages`: those whose job got no end of its own; `deployed`: has it a deployment?"""
    state, reason = run["state"], run["reason"]
    return [*(_status(run, name, state, reason) for name in open_stages),
            *_whole(run, state, reason),
            *([_deployment(run, state, reason)] if deployed else []),
            *([_report("check", f"check {run['commit']}", run)] if _decides(run) else []),
            *([_report("comment", f"comment {run['ref']}", run)] if run["event"] == SHOWN_BY_PULL else [])]


def fell(run: Run, state: str, reason: str) -> list[Report]:
    """What the run put live is not live any more, though nothing replaced it. A deployment that `failed` takes the run's
    success back, one that was `stopped` does not."""
    if state == "failed":
        return [*_whole(run, "failure", reason), _deployment(run, "failure", reason)]
    return [_deployment(run, "canceled", reason)]


def _of_job(job: Job) -> tuple[str, str]:
    """(state, reason) as reports have them: what a job says while it runs changes too often."""
    return job["state"], f"{job['stage']} is running" if job["state"] == "running" else job["reason"]


def _may_change(job: Job) -> bool:
    """An attempt that ended as error may be followed by another at once."""
    return job["state"] in (*UNFINISHED, "error")


def _decides(run: Run) -> bool:
    """Whether the commit as a whole is good: a branch may be protected by that word, and a build alone must not say it."""
    return run["kind"] == "full"


def _whole(run: Run, state: str, reason: str) -> list[Report]:
    return [_status(run, WHOLE, state, reason)] if _decides(run) else []


def _status(run: RunKey, stage: str, state: str, reason: str, delay: float = 0) -> Report:
    line = f"status {run['commit']}"
    return Report("status", line, f"{line} {stage or 'whole'}", state, reason, stage, delay)


def _deployment(run: RunKey, state: str, reason: str) -> Report:
    """In one line with those of other runs: at a forge the newest success takes its predecessor off."""
    return Report("deployment", "deployment", f"deployment {run['id']}", state, reason)


def _report(channel: str, place: str, run: Run) -> Report:
    return Report(channel, place, place, run["state"], run["reason"])
