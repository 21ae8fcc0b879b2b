"""`test.http`: each check is a step of the log, with what was sent and what was answered, and one case."""

from __future__ import annotations

import json

from common.wire.contracts import HttpCheck, TestCase, TestInputs
from common.worker.joblog import JobLog

from .candidate import fate
from .exchange import Answer, NoAnswer, TooLate, exchange
from .limit import Limit
from .masking import Masking, Shown
from .report import Report
from .steps import step

GRACE = 5             # seconds past `within`, to tell how long it really took
SHOWN_LINES = 12      # of a body, in the log
SHOWN_CHARACTERS = 300
QUOTED = 80           # characters of a body in a reason
DETAIL = 4000         # characters of a body in the case of a failed check


def check_http(inputs: TestInputs, log: JobLog, limit: Limit, report: Report, deployer) -> None:
    """Run every HTTP check, also after one that failed: the report is whole."""
    for check in inputs.config.http:
        limit.check()
        name = f"{check.method} {check.path}"
        if inputs.deployment is None:
            report.add(TestCase(suite="http", name=name, state="skipped",
                                message="nothing was deployed (deploy: none), so nothing can answer"))
            continue
        show_progress(inputs, log)
        with step(log, name) as number:
            case = _run(check, name, inputs, log, limit, number, deployer)
            report.add(case)
            log.line(f"failed: {case.message}" if case.message else f"passed in {_ms(case.seconds)}", number)
            log.end_step(number, case.state)


def _run(check: HttpCheck, name: str, inputs: TestInputs, log: JobLog, limit: Limit, number: int,
         deployer) -> TestCase:
    case = TestCase(suite="http", name=name, state="failure", log_line=log.count + 1)
    _show_request(check, inputs, log, number)
    masking = Masking(deployer, inputs.deployment)
    if inputs.port is None:
        return case.model_copy(update={"message": f"{name} needs a port, but the app listens on none"})
    if inputs.protocol == "h2c":
        return case.model_copy(update={"message": f"{name} is sent in HTTP/1.1, and port {inputs.port} speaks only HTTP/2 "
                                                  "without TLS (h2c): test it with test.commands"})
    try:
        answer = exchange(inputs.host, inputs.port, check, limit, check.within + GRACE)
    except NoAnswer as problem:
        return case.model_copy(update={"message": masking.text(_no_answer(name, check, problem, inputs, deployer))})
    shown = masking.answer(answer)
    show_answer(shown, log, number)
    causes = complaints(check, answer, shown)
    if not causes:
        return case.model_copy(update={"state": "success", "seconds": answer.seconds, "log_line": None})
    return case.model_copy(update={"message": f"{name} {', and '.join(causes)}", "seconds": answer.seconds,
                                   "detail": shown.text[:DETAIL]})


def show_progress(inputs: TestInputs, log: JobLog) -> None:
    """Called before each check: those begun so far are done."""
    log.set_progress(len(log.steps), len(inputs.config.http) + len(inputs.config.commands), "checks")


def complaints(check: HttpCheck, answer: Answer, shown: Shown) -> list[str]:
    """What `answer` lacks of what `check` wants, each a phrase that follows "GET /". `shown`: the answer, masked."""
    causes = []
    if answer.status != check.status:
        causes.append(f"returned {answer.status} (expected {check.status})")
    if check.contains is not None and check.contains not in answer.text \
            and check.contains.encode() not in answer.body:
        lacks = f"the body doesn't contain {json.dumps(check.contains, ensure_ascii=False)} ({_got(shown)})"
        causes.append(lacks if causes else f"returned {answer.status}, but {lacks}")
    if answer.seconds > check.within:
        causes.append(f"took {_ms(answer.seconds)} (limit: {_ms(check.within)})")
    return causes


def _got(shown: Shown) -> str:
    """The begin of a body, for a reason."""
    first = next((line.strip() for line in shown.text.splitlines() if line.strip()), "")
    quoted = json.dumps(first[:QUOTED], ensure_ascii=False)
    return f"got {quoted}{' …' if len(first) > QUOTED else ''}" if first else "it is empty"


def show_answer(answer: Shown, log: JobLog, number: int) -> None:
    """Status, headers and the body's first lines into the log."""
    log.line(f"< {answer.status}"[:SHOWN_CHARACTERS], number)
    for header in answer.headers:
        log.line(f"< {header}"[:SHOWN_CHARACTERS], number)
    lines = answer.text.splitlines()
    for line in lines[:SHOWN_LINES]:
        log.line(line[:SHOWN_CHARACTERS], number)
    if len(lines) > SHOWN_LINES or any(len(line) > SHOWN_CHARACTERS for line in lines[:SHOWN_LINES]):
        log.line(f"(the body goes on, {answer.size} bytes in all)", number)


def _show_request(check: HttpCheck, inputs: TestInputs, log: JobLog, number: int) -> None:
    log.line(f"> {check.method} {check.path} to {inputs.host}:{inputs.port}", number)
    for header, value in check.headers.items():
        log.line(f"> {header}: {value}", number)
    if check.body:
        log.line(f"> {check.body[:SHOWN_CHARACTERS]}", number)


def _no_answer(name: str, check: HttpCheck, problem: NoAnswer, inputs: TestInputs, deployer) -> str:
    if isinstance(problem, TooLate):
        return f"{name} {problem} (limit: {_ms(check.within)})"
    why = fate(deployer, inputs.deployment)
    return f"{name} {problem}: {why}" if why else f"{name} {problem}"


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"
