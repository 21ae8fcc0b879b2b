"""The stage `test`: a candidate becomes a report."""

from __future__ import annotations

from dataclasses import dataclass

from common.api.client import Dbproxy
from common.service.client import ServiceClient
from common.wire import limits
from common.wire.contracts import TestCase, TestInputs
from common.worker.joblog import JobLog
from common.worker.jobs import Cancel

from .commands import run_commands
from .default_check import check_default
from .http_checks import check_http
from .limit import Limit, TimeUp
from .report import Report
from .results import store


@dataclass(frozen=True)
class Services:
    deployer: ServiceClient
    dbproxy: Dbproxy


def test(services: Services, inputs: TestInputs, log: JobLog, cancel: Cancel) -> dict:
    """TestOutputs as JSON; raises Failure, which carries them too, where a case failed or time was up.

    The report is stored before the stage ends, whatever its verdict is.
    """
    config, told = limits.part_within("test", inputs.config, inputs.limits)
    for sentence in told:
        log.line(sentence)
    inputs = inputs.model_copy(update={"config": config})
    limit = Limit(cancel, config.timeout)
    report = Report(declared=bool(config.http or config.commands))
    try:
        check_http(inputs, log, limit, report, services.deployer)
        run_commands(inputs, log, limit, report, services.deployer)
        if not report.declared:
            check_default(inputs, log, limit, report, services.deployer)
    except TimeUp:
        report.add(_timeout(config.timeout, log))
    store(report, inputs, services.dbproxy)
    return report.verdict()


test.__test__ = False      # pytest: not a test


def _timeout(seconds: float, log: JobLog) -> TestCase:
    during = f" in {log.steps[-1]['name']}" if log.steps else ""
    message = f"the tests took longer than {seconds:g} s{during}: make them faster, or set a longer test.timeout"
    return TestCase(suite="timeout", name="test.timeout", state="failure", message=message, log_line=log.count or None)
