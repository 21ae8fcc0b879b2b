"""`test.commands`: each runs in a one-off container of the same image beside the candidate, by the deployer.

Its output streams into the log as it comes, a step a command; the container ends with the command, with a cancel,
or with the timeout, whichever is first.
"""

from __future__ import annotations

import logging
import shlex
import time
from typing import TypedDict

from common.wire.contracts import CommandCheck, TestCase, TestInputs
from common.wire.errors import BadRequest, ContinuumError, ServiceDown
from common.worker.joblog import JobLog

from . import junit
from .failed_lines import FailedLines
from .http_checks import show_progress
from .limit import Limit
from .ndjson import read_objects
from .report import BAD, Report
from .steps import step

logger = logging.getLogger(__name__)

END_PATIENCE = 3      # seconds that a deployer which is away is asked to end a container
REMOVED = "canceled"  # the code of the end of a container that somebody took away
TITLE, LAST_LINE = 100, 200      # characters
SLACK = 30            # seconds that the deployer has to end a command itself before its stream counts as broken


def run_commands(inputs: TestInputs, log: JobLog, limit: Limit, report: Report, deployer) -> None:
    """Run every command, also after one that failed."""
    for number, check in enumerate(inputs.config.commands, 1):
        limit.check()
        command = title(check.run)
        show_progress(inputs, log)
        with step(log, command) as open_step:
            cases = _Command(number, check, command, inputs, log, limit, report, deployer, open_step).run()
            log.end_step(open_step, "failure" if any(case.state in BAD for case in cases) else "success")


def title(argv: list[str]) -> str:
    """The command in one line, for the names of its step and its case; a script in an argument is cut."""
    line = " ".join(shlex.join(argv).split())
    return line if len(line) <= TITLE else line[:TITLE - 1] + "…"


class End(TypedDict, total=False):
    """The deployer's last object of a command's stream. `code`: of the reason."""

    exit: int | None
    reason: str | None
    code: str | None
    reports: list[dict[str, str]] | None


class _Command:
    """One command: from the PUT to its cases in the report."""

    def __init__(self, number: int, check: CommandCheck, command: str, inputs: TestInputs, log: JobLog, limit: Limit,
                 report: Report, deployer, step: int):
        self.check, self.command, self.inputs, self.step = check, command, inputs, step
        self.log, self.limit, self.report, self.deployer = log, limit, report, deployer
        self.path = f"/v1/commands/{inputs.run}.test.{inputs.attempt}.{number}"
        self.failed_lines = FailedLines()
        self.output: list[str] = []

    def run(self) -> list[TestCase]:
        """The cases that were added."""
        self.log.line(f"$ {shlex.join(self.check.run)}", self.step)
        began = time.monotonic()
        end = self._stream()
        self.seconds = time.monotonic() - began
        cases = self._reported(end)
        if not cases or (end["exit"] != 0 and not any(case.state in BAD for case in cases)):
            cases.append(self._own_case(end))
        for case in cases:
            self.report.add(case, self._headline(case))
        return cases

    def _stream(self) -> End:
        """Copy the output into the log; the deployer's last object `{exit, reason?, reports}`."""
        with self.limit.guard(self._end):
            try:
                response = self.deployer.send("PUT", self.path, json=self._request(), stream=True,
                                              timeout=self.limit.remaining + SLACK)
            except BadRequest as refusal:
                if refusal.error != "failure":
                    raise
                return {"exit": None, "reason": refusal.detail}
            with response:
                return self._follow(response)

    def _follow(self, response) -> dict:
        self._check_ended()
        for message in read_objects(response):
            if "exit" in message:
                self._check_ended()
                if message.get("code") == REMOVED:
                    raise ServiceDown(f"the container of {self.command} was removed while it ran")
                return message
            if "now" in message:
                self.log.show(message["now"], self.step)
            else:
                self._take_line(message["line"], message.get("part", False))
        self._check_ended()
        raise ServiceDown("the deployer's stream ended before the command did")

    def _take_line(self, text: str, part: bool) -> None:
        number = self.log.line(text, self.step, part)
        self.failed_lines.see(number, text)
        self.output = [*self.output[-19:], text]

    def _check_ended(self) -> None:
        """Canceled or TimeUp, with the container gone for certain: the guard's own call may have come too early."""
        try:
            self.limit.check()
        except BaseException:
            self._end()
            raise

    def _end(self) -> None:
        """Ask for the container's end; repeatable, and told where it did not work."""
        try:
            self.deployer.delete(self.path, patience=END_PATIENCE)
        except ContinuumError as problem:
            logger.warning("could not end %s, the deployer's sweep will: %s", self.path, problem)

    def _request(self) -> dict:
        inputs, check = self.inputs, self.check
        seconds = min(self.limit.remaining, check.timeout or self.limit.remaining)
        return {"run": inputs.run, "repo": inputs.repo.id, "deployment": inputs.deployment,
                "image": inputs.image.model_dump(), "argv": check.run, "env": {**candidate_env(inputs), **check.env},
                "timeout": seconds, "junit": check.junit,
                "deploy": inputs.deploy.model_dump() if inputs.deploy else None, "limits": inputs.limits.model_dump()}

    def _reported(self, end: End) -> list[TestCase]:
        """The cases of the command's JUnit files; what is missing or unreadable becomes a notice."""
        if not self.check.junit:
            return []
        cases, files = [], end.get("reports") or []
        for file in files:
            if "problem" in file:
                self._notice(f"{file['path']}: {file['problem']}")
                continue
            try:
                cases += junit.read_bounded(file["xml"], self.command)
                self.report.junit.append(file["xml"])
            except junit.BadReport as problem:
                self._notice(f"{file['path']}: {problem}")
        if not files:
            self._notice(f"{self.command} left no report at {self.check.junit}; it counts as one test")
        return [self.failed_lines.located(case) for case in cases]

    def _own_case(self, end: End) -> TestCase:
        """The command as one case, by its exit code."""
        good = end["exit"] == 0
        return TestCase(suite=self.command, name=self.command, state="success" if good else "failure",
                        seconds=self.seconds, message=None if good else self._complaint(end),
                        detail=None if good else "\n".join(self.output)[-junit.DETAIL:] or None,
                        log_line=None if good else self.log.steps[self.step - 1]["last_line"])

    def _complaint(self, end: End) -> str:
        last = next((line.strip() for line in reversed(self.output) if line.strip()), "")
        said = f": {last[:LAST_LINE]}" if last and end["exit"] is not None and not end.get("reason") else ""
        return f"{self.command} {_ended(end)}{said}"

    def _headline(self, case: TestCase) -> str | None:
        if case.suite == self.command and case.name == self.command:
            return case.message
        what = (case.message or "").partition("\n")[0]
        return f"{case.name} failed: {what}" if what else f"{case.name} failed"

    def _notice(self, sentence: str) -> None:
        self.report.notice(sentence)
        self.log.line(sentence, self.step)


def candidate_env(inputs: TestInputs) -> dict[str, str]:
    """How a command finds the candidate that it runs beside."""
    if inputs.host is None or inputs.port is None:
        return {}
    return {"CANDIDATE_HOST": inputs.host, "CANDIDATE_PORT": str(inputs.port),
            "CANDIDATE_URL": f"http://{inputs.host}:{inputs.port}"}


def _ended(end: End) -> str:
    if end["exit"] is None:
        return f"did not finish: {end.get('reason')}"
    reason = f" ({end['reason']})" if end.get("reason") else ""
    return f"exited {end['exit']}{reason}"
