"""The check of a repository that declares none: the port answers HTTP, or accepts a connection.

Any status is fine, since healthy apps answer `/` with 302, 404 or 500; what it answered is told.
"""

from __future__ import annotations

from common.wire.contracts import HttpCheck, TestCase, TestInputs
from common.worker.joblog import JobLog

from .candidate import fate
from .exchange import NoAnswer, Unreachable, connect, exchange
from .http_checks import show_answer
from .limit import Limit
from .masking import Masking
from .report import NOTHING_DECLARED, Report
from .steps import step

SECONDS = 10


def check_default(inputs: TestInputs, log: JobLog, limit: Limit, report: Report, deployer) -> None:
    """One case; without a deployment none, since there is nothing to ask."""
    report.notice(NOTHING_DECLARED)
    log.line(NOTHING_DECLARED)
    if inputs.deployment is None:
        return
    with_port = inputs.port is not None
    name = f"port {inputs.port} answers" if with_port else "the container runs"
    with step(log, name) as number:
        problem, said = (_ask_port if with_port else _ask_deployer)(inputs, log, limit, number, deployer)
        log.line(problem or said, number)
        state = "failure" if problem else "success"
        report.add(TestCase(suite="default", name=name, state=state, message=problem or said,
                            log_line=log.count if problem else None))
        log.end_step(number, state)


def _ask_port(inputs: TestInputs, log: JobLog, limit: Limit, number: int, deployer) -> tuple[str | None, str]:
    """(what is wrong or None, what it answered)."""
    masking = Masking(deployer, inputs.deployment)
    accepts = f"accepts connections on {inputs.port}"
    try:
        if inputs.protocol != "http":      # what else it speaks, deploy has verified
            connect(inputs.host, inputs.port, limit).close()
            return None, accepts
        answer = exchange(inputs.host, inputs.port, HttpCheck(), limit, SECONDS)
    except Unreachable as problem:
        why = fate(deployer, inputs.deployment)
        return (f"the tester {problem}: {why}" if why else f"the tester {problem}"), ""
    except NoAnswer as problem:
        return None, masking.text(f"{accepts}; GET / {problem}")
    show_answer(masking.answer(answer), log, number)
    return None, f"HTTP {answer.status} on /"


def _ask_deployer(inputs: TestInputs, log: JobLog, limit: Limit, number: int, deployer) -> tuple[str | None, str]:
    """A candidate that listens on nothing (a worker process) is asked after by name."""
    limit.check()
    return fate(deployer, inputs.deployment), "the container runs; it listens on no port"
