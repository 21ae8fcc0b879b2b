"""What `/metrics` tells of runs. `continuum_stage_overhead_seconds` is what we add to a worker's own time."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

from .runs.state import Outcome

_FINE = (.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800)

RUNS = Counter("continuum_runs_total", "Runs that ended", ["kind", "state"])
STAGE = Histogram("continuum_stage_seconds", "From a stage's beginning to its end", ["stage", "state"], buckets=_FINE)
OVERHEAD = Histogram("continuum_stage_overhead_seconds", "Of that, not spent in the worker", ["stage"], buckets=_FINE)
HELD = Gauge("continuum_runs_held", "Runs that this conductor has now")
DELIVERIES = Counter("continuum_deliveries_total", "Webhook deliveries that ended", ["event", "state"])
REPORTS = Counter("continuum_reports_total", "Reports that were sent to forges, or were not", ["channel", "end"])
FORGE_REQUESTS = Counter("continuum_forge_requests_total", "Requests to forges; a 304 costs nothing of a limit",
                         ["forge", "method", "answer"])
EVENTS = {"push", "create", "delete", "pull_request", "ping", "repository"}


def run_ended(kind: str, state: str) -> None:
    RUNS.labels(kind, state).inc()


def stage_ended(outcome: Outcome, seconds: float) -> None:
    """`seconds` by our clock; the worker's part is a difference of its own clock, so the two need not agree."""
    STAGE.labels(outcome.stage, outcome.state).observe(seconds)
    if outcome.worker_seconds is not None:
        OVERHEAD.labels(outcome.stage).observe(max(0.0, seconds - outcome.worker_seconds))


def delivery_ended(event: str, state: str) -> None:
    """Other events share a label: whoever sends them cannot make as many series as they like."""
    DELIVERIES.labels(event if event in EVENTS else "other", state).inc()
