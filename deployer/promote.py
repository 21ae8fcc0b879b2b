"""Promote: the candidate gets the traffic, in one step; the old version leaves in the background."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from common.contracts import PromoteInputs, PromoteOutputs
from common.errors import Failure
from common.jobs import Cancel
from common.joblog import JobLog, now_ms

from . import names, ports
from .engine import Engine, speaking
from .records import Record, Records, Version

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
                previous = switch(self.records, record, candidate)
            self.switched()
        return self._told(inputs, candidate, previous, log)

    def _candidate(self, inputs: PromoteInputs) -> Version:
        """What becomes live; raises Failure unless it runs at this moment."""
        found = self.engine.inspect(inputs.container)
        if found is None:
            raise Failure("the candidate's container is gone: deploy again")
        state = found["State"]
        if state["Status"] != "running":
            oom = ", out of memory" if state.get("OOMKilled") else ""
            raise Failure(f"the candidate died before it was promoted: exited {state['ExitCode']}{oom}")
        config, now = inputs.config, now_ms()
        return Version(deployment=inputs.deployment, repo=inputs.repo.id, run=inputs.run, container=found["Id"],
                       upstream=self._upstream(inputs, found), port=inputs.port, promoted=now,
                       watch_until=now + round(config.watch * 1000), drain=config.drain, grace=config.grace,
                       keep=config.keep)

    def _upstream(self, inputs: PromoteInputs, found: dict) -> str | None:
        """By name, so that a restart that changes the address changes nothing; None for what speaks no HTTP."""
        if inputs.port is None:
            return None
        network = found["NetworkSettings"]["Networks"][names.network(self.engine.instance, inputs.repo.id)]
        if ports.ask(network["IPAddress"], inputs.port).protocol != "http":
            return None
        return f"{found['Name'].lstrip('/')}:{inputs.port}"

    def _told(self, inputs: PromoteInputs, live: Version, previous: Version | None, log: JobLog) -> dict:
        url = self.public_url.format(app=inputs.app) if live.upstream else None
        log.line(f"live at {url}" if url else "live; it speaks no HTTP, so there is nothing to route")
        if previous:
            log.line(f"deployment {previous.deployment} leaves: it finishes its requests for up to "
                     f"{previous.drain:g} s and is kept for rollback")
        return PromoteOutputs(app=inputs.app, url=url,
                              previous=previous.deployment if previous else None).model_dump()


def switch(records: Records, record: Record, candidate: Version) -> Version | None:
    """Make `candidate` live; the version that leaves, if any. Call with the record locked.

    Repeatable: where it is live already, the answer is the same as at first. What is intended is written before
    the route changes (see records.py).
    """
    if record.live and record.live.container == candidate.container:
        records.switch(record.app, record.live.upstream)
        return next((item for item in [*record.leaving, *record.kept]), None)
    record.next = candidate
    records.write_now(record)
    records.switch(record.app, candidate.upstream)
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
            if records.route(app) == record.next.upstream:
                settle(record)
            else:
                record.next = None
