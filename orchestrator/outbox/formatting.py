"""What is told of a run, in words: statuses, the comment on a pull request, annotations. No input or output."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from common.api.results import Finding, FindingsPage, TestReport
from common.wire.contracts import TestCase
from common.wire.stages import FAILED
from forges import Annotation, Check, Status

from .annotations import inside
from .report import Report

STATES = {"pending": "pending", "running": "pending", "success": "success", "failure": "failure"}
LONGEST = 140            # characters of a description, as the narrowest forge has it
WHOLE = "continuum"      # the context of the run as a whole
MOST = 10                # findings, tests of a comment; the run's page has them all
MOST_ANNOTATIONS = 50    # of one call
CONCLUSIONS = {"success": "success", "failure": "failure", "canceled": "cancelled"}
SIGNS = {"success": "✅", "failure": "❌", "error": "⚠️", "canceled": "⏹️"}


def status(report: Report) -> Status:
    """Of a stage, or of the run in one."""
    context = f"{WHOLE}/{report.stage}" if report.stage else WHOLE
    return Status(report.commit, STATES.get(report.state, "error"), context, one_line(report.reason), report.url)


def one_line(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= LONGEST else f"{line[:LONGEST - 1]}…"


def marker(number: int) -> str:
    """By which our comment is known among others'; people do not see it."""
    return f"<!-- continuum: pull request {number} -->"


def comment(number: int, report: Report, findings: FindingsPage | None, tests: TestReport | None) -> str:
    """Markdown. `findings`, `tests`: as dbproxy tells them; None: the run did not come so far."""
    parts = [marker(number),
             f"{SIGNS.get(report.state, '⏳')} **{report.state}** for {report.commit[:12]}: {quoted(report.reason)}",
             f"[The run with all its stages]({report.url})", *_findings(findings), *_tests(tests)]
    return "\n\n".join(parts)


def check(report: Report, findings: FindingsPage | None, tests: TestReport | None,
          place: Callable[[Finding], tuple[str, int] | None]) -> Check:
    """The check run of a run that is over. `place`: where in the repository a finding can be mended."""
    summary = "\n\n".join([quoted(report.reason), *_findings(findings), *_tests(tests)])
    return Check(report.commit, WHOLE, CONCLUSIONS.get(report.state, "failure"), one_line(report.reason), summary, report.url,
                 tuple([*_of_tests(tests), *_of_findings(findings, place)][:MOST_ANNOTATIONS]))


def _of_tests(tests: TestReport | None) -> list[Annotation]:
    """Failed tests whose file is known."""
    return [Annotation(case.file, case.line or 1, "failure", f"test {case.name}"[:250],
                       (case.message or "failed")[:2000])
            for case in _failed(tests) if inside(case.file)]


def _of_findings(findings: FindingsPage | None, place: Callable[[Finding], tuple[str, int] | None]) -> list[Annotation]:
    """New findings of which something in the repository speaks."""
    return [Annotation(*where, "warning", f"{item.vulnerability} ({item.severity})"[:250],
                       f"{item.package} {item.version}{_fixed(item)}")
            for item in _new(findings) if (where := place(item))]


def quoted(text: str) -> str:
    """Text of others in our Markdown: it mentions nobody, opens no tag, no link and no code."""
    line = " ".join(text.split())[:300]
    for sign in "\\`*_[]<>|#!~":
        line = line.replace(sign, f"\\{sign}")
    return line.replace("@", "@\u200b")


def _findings(findings: FindingsPage | None) -> Iterable[str]:
    if findings is None:
        return
    new = _new(findings)
    summary, gone = findings.summary, findings.gone
    caveat = f" ({findings.caveat})" if findings.caveat else ""
    yield (f"**Scan**{caveat}: {summary.total} findings, {summary.new} new, {summary.gone} gone, "
           f"{summary.fixable} with a fix")
    yield from _list([f"new: {quoted(item.vulnerability)} ({item.severity}) in {quoted(item.package)} "
                      f"{quoted(item.version)}{quoted(_fixed(item))}" for item in new])
    yield from _list([f"gone: {quoted(item['vulnerability'])}" for item in gone])


def _tests(tests: TestReport | None) -> Iterable[str]:
    if tests is None:
        return
    failed = _failed(tests)
    yield f"**Tests**: {len(tests.cases)} ran, {len(failed)} failed" if tests.cases else "**Tests**: none ran"
    yield from _list([f"{quoted(case.suite)}: {quoted(case.name)}"
                      + (f": {quoted(case.message)}" if case.message else "") for case in failed])


def _new(findings: FindingsPage | None) -> list[Finding]:
    return [item for item in (findings.items if findings else ()) if item.change == "new" and not item.waived]


def _fixed(item: Finding) -> str:
    return f", fixed in {item.fixed_in}" if item.fixed_in else ""


def _failed(tests: TestReport | None) -> list[TestCase]:
    return [case for case in (tests.cases if tests else ()) if case.state in FAILED]


def _list(lines: list[str]) -> Iterable[str]:
    if lines:
        more = [f"- and {len(lines) - MOST} more"] if len(lines) > MOST else []
        yield "\n".join([f"- {line}" for line in lines[:MOST]] + more)
