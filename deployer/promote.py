"""Promote: the candidate gets the traffic, in one step; the old version leaves in the background.

What is routed is what deploy found and test verified: nothing is asked again here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from common.wire import limits
from common.wire.contracts import PromoteInputs, PromoteOutputs
from common.wire.errors import Failure, StageError
from common.worker.joblog import JobLog, now_ms
from common.worker.jobs import Cancel

from . import last_words
from .engine import Engine, speaking
from .engine_answers import Inspected
from .records import Record, Records, Version

INTERRUPTED = "the candidate was stopped while Continuum was down: retry the run"
ROUTED = {"http", "h2c"}
UNLESS_STOPPED = {"Name": "unless-stopped"}


@dataclass
class Promote:
    """The stage. `public_url`: with `{app}` in it; `switched` is told of every change, so that drains begin."""

    engine: Engine
    records: Records
    public_url: str
    switched: Callable[[], None]

    def __call__(self, inputs: PromoteInputs, log: JobLog, cancel: Cancel) -> dict:
        with speaking():
            candidate = self._candidate(inputs)
            cancel.check()
            self.engine.api.update_container(candidate.container, restart_policy=UNLESS_STOPPED)
            with self.records.changing(inputs.app) as record:
                cancel.check()      # the record may have been waited for
                keeps_address(record, candidate, inputs.port)
                previous = switch(self.records, record, candidate)
            self.switched()
        return self._told(inputs, candidate, previous, log)

    def _candidate(self, inputs: PromoteInputs) -> Version:
        """What becomes live; raises Failure where it is over, StageError where it was removed, or
        where we ended it ourselves."""
        found = self.engine.inspect(inputs.container)
        if found is None:
            raise StageError("the candidate's container was removed by somebody else: retry the run")
        if self.engine.interrupted(found):
            raise StageError(INTERRUPTED)
        if found["State"]["Status"] != "running":
            raise last_words.death(self.engine, found, "before it was promoted")
        config, _ = limits.part_within("deploy", inputs.config, inputs.limits)
        now = now_ms()
        return Version(deployment=inputs.deployment, repo=inputs.repo.id, run=inputs.run, container=found["Id"],
                       upstream=upstream(inputs, found), port=inputs.port, protocol=inputs.protocol,
                       patience=config.health.timeout, promoted=now,
                       watch_until=now + round(config.watch * 1000), drain=config.drain, grace=config.grace,
                       keep=config.keep)

    def _told(self, inputs: PromoteInputs, live: Version, previous: Version | None, log: JobLog) -> dict:
        url = self.public_url.format(app=inputs.app) if live.upstream else None
        log.line(f"live at {url}" if url else "live; it speaks no HTTP, so there is nothing to route")
        if previous:
            log.line(f"the deployment from run {previous.run} is draining (up to {previous.drain:g} s) and is kept for "
                     "rollback")
        return PromoteOutputs(app=inputs.app, url=url,
                              previous=previous.deployment if previous else None).model_dump()


def upstream(inputs: PromoteInputs, found: Inspected) -> str | None:
    """By name, so that a restart that changes the address changes nothing; None for what speaks no HTTP."""
    routed = inputs.port is not None and inputs.protocol in ROUTED
    return f"{found['Name'].lstrip('/')}:{inputs.port}" if routed else None


def keeps_address(record: Record, candidate: Version, port: int | None) -> None:
    """Raises Failure where the app has an address and would lose it by the switch."""
    if candidate.upstream or not (record.live and record.live.upstream):
        return
    found = f"port {port} of this version does not answer HTTP" if port else "this version listens on no port"
    raise Failure(f"the live version has an address, and {found}: the live version stays. If the port does speak HTTP, set "
                  "deploy.protocol: http; if the app is to have no address any more, stop the live version first")


def switch(records: Records, record: Record, candidate: Version) -> Version | None:
    """Make `candidate` live; the version that leaves, if any. Call with the record locked.

    Repeatable: where it is live already, the answer is the same as at first. What is intended is written before
    the route changes (see records.py).
    """
    if record.live and record.live.container == candidate.container:
        records.switch(record.app, record.live.route)
        return next((item for item in [*record.leaving, *record.kept]), None)
    record.next = candidate
    records.write_now(record)
    records.switch(record.app, candidate.route)
    return settle(record)


def settle(record: Record) -> Version | None:
    """The route has changed: `next` is live, what was live leaves. Returns what leaves."""
    previous, record.live, record.next = record.live, record.next, None
    record.forget(record.live.container)
    if previous:
        previous.leave_at = now_ms() + round(previous.drain * 1000)
        record.leaving.insert(0, previous)
    return previous


def recover(records: Records) -> None:
    """After a crash: finish the switch that had reached the route, forget the one that had not."""
    for app in records.apps():
        with records.changing(app) as record:
            if record.next is None:
                continue
            if records.route(app) == record.next.route:
                settle(record)
            else:
                record.next = None
