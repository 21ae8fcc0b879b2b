"""The table of stages, kinds of run and states. Each fact about them is here once, and everything else reads it.

    build --+--> scan ----------------+--> promote
            `--> deploy ---> test ----'

The candidate that deploy starts gets no traffic, so it need not wait for the scan; `scan: {first: true}` in
`.continuum.yml` makes it wait (orchestrator/runs/pipeline.py).

A new stage is a row in STAGES, and its name in `after` of the rows that wait for it. The orchestrator runs it, the run's
page draws it, and API, command line and RabbitMQ's rights know its name. docs/where.md says what its worker needs.

This module imports the standard library alone: the command line reads it, too.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class StageSpec:
    """One stage. `name` has lower-case letters only: it is part of job ids, addresses and routing keys."""

    name: str
    worker: str                      # the service that executes it
    after: tuple[str, ...]           # stages that it waits for; for one that is left out, what that one waits for
    kinds: tuple[str, ...]           # kinds of run that contain it
    inputs: str = "ResultsInputs"    # model in common/wire/contracts.py
    outputs: str | None = None       # model in common/wire/contracts.py; None: any JSON object
    lasts: bool = False              # a retry uses its result again, and starting_points.py may start a later run from it
    serves: bool = False             # `deploy: none` leaves it out
    goes_live: bool = False          # a pull request's run leaves it out
    secrets: bool = False            # its worker gets secrets of the repository


@dataclass(frozen=True)
class KindSpec:
    """One kind of run. `starts_from` chooses what the first stage gets (orchestrator/runs/starting_points.py):

    commit: a commit of the repository; image: the newest image of the ref; release: the same, and its scan;
    live: what is live, or the newest image; former: an image that was live before, which a rollback chooses.
    """

    name: str
    starts_from: str


@dataclass(frozen=True)
class StateSpec:
    """One state of runs and jobs."""

    name: str
    sign: str                        # of it in titles, where no icon can be
    over: bool = False               # terminal: it never changes again, unless the run is retried
    failed: bool = False
    of_runs: bool = True             # False: of jobs alone
    retry: bool = False              # a run that ended so can be retried
    rank: int = 0                    # steps that are folded into one show their highest rank


_STAGES = (
    StageSpec("build", "builder", (), ("full", "build"), "BuildInputs", "BuildOutputs", lasts=True, secrets=True),
    StageSpec("scan", "scanner", ("build",), ("full", "scan", "deploy"), "ScanInputs", "ScanOutputs", lasts=True),
    StageSpec("deploy", "deployer", ("build",), ("full", "deploy", "rollback"), "DeployInputs", "DeployOutputs",
              serves=True, secrets=True),
    StageSpec("test", "tester", ("deploy",), ("full", "deploy", "test"), "TestInputs", "TestOutputs"),
    StageSpec("promote", "deployer", ("scan", "test"), ("full", "deploy", "rollback"), "PromoteInputs",
              "PromoteOutputs", serves=True, goes_live=True),
)
_KINDS = (
    KindSpec("full", "commit"),
    KindSpec("build", "commit"),
    KindSpec("scan", "image"),
    KindSpec("deploy", "release"),      # contains scan where that very image has not passed the gate yet
    KindSpec("test", "live"),
    KindSpec("rollback", "former"),
)
_STATES = (
    StateSpec("pending", "◷"),
    StateSpec("running", "◐", rank=3),
    StateSpec("success", "✓", over=True, rank=1),
    StateSpec("failure", "✕", over=True, failed=True, retry=True, rank=5),      # the author's work failed
    StateSpec("error", "!", over=True, failed=True, retry=True, rank=4),        # Continuum failed
    StateSpec("canceled", "⊘", over=True, retry=True, rank=2),
    StateSpec("skipped", "»", over=True, of_runs=False),
)

STAGES = {row.name: row for row in _STAGES}      # in the order in which people see them
KINDS = {row.name: row for row in _KINDS}
STATES = {row.name: row for row in _STATES}

WORKERS = tuple(dict.fromkeys(row.worker for row in _STAGES))
LASTING = tuple(row.name for row in _STAGES if row.lasts)
WITH_SECRETS = {row.name: row.worker for row in _STAGES if row.secrets}      # stage -> the service that opens them
STARTABLE = tuple(row.name for row in _KINDS if row.starts_from != "former")      # kinds that people start by name

TERMINAL = tuple(row.name for row in _STATES if row.over)
UNFINISHED = tuple(row.name for row in _STATES if not row.over)
FAILED = tuple(row.name for row in _STATES if row.failed)
RETRYABLE = tuple(row.name for row in _STATES if row.retry)
RUN_STATES = tuple(row.name for row in _STATES if row.of_runs)
RUN_ENDS = tuple(row.name for row in _STATES if row.over and row.of_runs)


def of_kind(kind: str) -> tuple[str, ...]:
    """Stages of that kind of run, in their order."""
    return tuple(row.name for row in _STAGES if kind in row.kinds)


def of_worker(worker: str) -> tuple[str, ...]:
    """Stages that the service executes."""
    return tuple(row.name for row in _STAGES if row.worker == worker)


def before(stage: str) -> tuple[str, ...]:
    """All stages that are over when `stage` begins, in their order."""
    found = {earlier for direct in STAGES[stage].after for earlier in (direct, *before(direct))}
    return tuple(name for name in STAGES if name in found)
