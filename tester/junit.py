"""JUnit XML into cases. An author's container wrote it: no DTD, no entities, bounded size, and a child process with limits.

`python -m tester.junit COMMAND` is that child: XML on standard input, `{cases}` or `{problem}` as JSON on standard output.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from xml.etree.ElementTree import Element, ParseError, tostring

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring
from junitparser import Error, Failure, JUnitXml, JUnitXmlError, Skipped
from junitparser import TestCase as JUnitCase
from junitparser import TestSuite as JUnitSuite

from common.wire.contracts import TestCase
from common.worker import bounded

MAX_BYTES = 8 * 1024**2      # of one file
MAX_CASES = 20_000
MOST_RESULT = 48 * 1024**2   # bytes of the cases of one file, as JSON
MESSAGE, DETAIL = 2000, 8000      # characters kept
STATES = {Failure: "failure", Error: "error", Skipped: "skipped"}
# "tests/test_cart.py:12: AssertionError", "    at cart.test.js:7:3", "cart_test.go:9: …"
PLACE = re.compile(r"(?:^|[\s(])((?![/.])[\w./-]+\.\w{1,5}):(\d+)", re.MULTILINE)


class BadReport(ValueError):
    """The file cannot be read as JUnit XML; the text says why."""


def read_bounded(xml: str, command: str) -> list[TestCase]:
    """As `read`, in a child process with limits; raises BadReport also where it needs more than they allow."""
    try:
        answer = json.loads(bounded.parse("tester.junit", [command], [xml.encode("utf-8", "replace")], MOST_RESULT))
    except bounded.OverLimit as problem:
        raise BadReport(f"not read: {problem}") from problem
    if "problem" in answer:
        raise BadReport(answer["problem"])
    return [TestCase.model_validate(case) for case in answer["cases"]]


def read(xml: str, command: str) -> list[TestCase]:
    """The cases of one file, in its order; `command` names the suite of cases that name none.

    Raises BadReport for what is no JUnit XML, too large, or carries a DTD (entity bombs).
    """
    if len(xml) > MAX_BYTES:
        raise BadReport(f"larger than {MAX_BYTES // 1024**2} MiB")
    try:
        suites = JUnitXml.fromroot(fromstring(xml, forbid_dtd=True))
        cases = [_case(case, suite, command) for suite, case in _walk(suites)]
    except (ParseError, JUnitXmlError, DefusedXmlException, ValueError) as problem:
        raise BadReport(f"no readable JUnit XML ({problem})") from problem
    if len(cases) > MAX_CASES:
        raise BadReport(f"{len(cases)} cases, more than {MAX_CASES}")
    return cases


def merged(files: list[str]) -> bytes:
    """One document of all, UTF-8; a single file stays as it was written."""
    if len(files) == 1:
        return files[0].encode()
    root = Element("testsuites")
    for content in files:
        found = fromstring(content, forbid_dtd=True)
        root.extend([found] if found.tag == "testsuite" else list(found))
    return tostring(root, encoding="utf-8", xml_declaration=True)


def _walk(suites: JUnitXml) -> Iterator[tuple[JUnitSuite, JUnitCase]]:
    """Suites may hold suites."""
    waiting = list(suites)[::-1]
    while waiting:
        suite = waiting.pop()
        for case in suite.iterchildren(JUnitCase):
            yield suite, case
        waiting.extend(list(suite.testsuites())[::-1])


def _case(case: JUnitCase, suite: JUnitSuite, command: str) -> TestCase:
    results = case.result
    worst = next((kind for kind in (Error, Failure, Skipped) if any(isinstance(item, kind) for item in results)), None)
    result = next((item for item in results if isinstance(item, worst)), None) if worst else None
    detail = (result.text or "").strip() if result is not None else ""
    file, line = _place(case, detail)
    return TestCase(suite=case.classname or suite.name or command, name=case.name or "unnamed",
                    state=STATES.get(worst, "success"), seconds=_seconds(case), message=_message(result, detail),
                    detail=detail[:DETAIL] or None, file=file, line=line)


def _seconds(case: JUnitCase) -> float | None:
    """None for what is no time: a wrong number must not cost the whole report."""
    try:
        seconds = case.time
    except ValueError:
        return None
    return seconds if seconds is not None and 0 <= seconds < float("inf") else None


def _message(result: Error | Failure | Skipped | None, detail: str) -> str | None:
    if result is None:
        return None
    return (result.message or detail.partition("\n")[0] or result.type or "")[:MESSAGE] or None


def _place(case: JUnitCase, detail: str) -> tuple[str | None, int | None]:
    """Where the test says it is, else the last place in its own code that the detail names."""
    attributes = case._elem.attrib      # junitparser has no accessor for attributes outside the schema
    if attributes.get("file"):
        line = attributes.get("line", "")
        return attributes["file"], int(line) if line.isdecimal() else None
    places = [(file, int(line)) for file, line in PLACE.findall(detail) if "site-packages" not in file]
    return places[-1] if places else (None, None)


def main() -> None:
    bounded.limit()
    try:
        cases = read(sys.stdin.buffer.read().decode(), sys.argv[1])
        answer = {"cases": [case.model_dump() for case in cases]}
    except BadReport as problem:
        answer = {"problem": str(problem)}
    sys.stdout.buffer.write(json.dumps(answer, ensure_ascii=False).encode("utf-8", "replace"))


if __name__ == "__main__":
    main()
