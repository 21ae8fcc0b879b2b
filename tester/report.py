"""What a test stage found: its cases, notices and raw JUnit files, and the verdict on them."""

from __future__ import annotations

from dataclasses import dataclass, field

from common.wire.contracts import TestCase, TestOutputs
from common.wire.errors import Failure
from common.worker.lines import clean

BAD = {"failure", "error"}
NOTHING_DECLARED = "nothing more was declared; add test: to .continuum.yml"


@dataclass
class Report:
    """Filled check by check, so that what was found until a timeout is kept."""

    declared: bool
    cases: list[TestCase] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    junit: list[str] = field(default_factory=list)        # XML files that could be read, as they were written
    headline: str | None = None                           # the first failing case, in a sentence
    first: str | None = None                              # its name

    def add(self, case: TestCase, headline: str | None = None) -> None:
        """`headline`: a sentence for the run's reason, in case this is the first failing case."""
        cleaned = {name: clean(value) for name, value in case if isinstance(value, str)}
        self.cases.append(case.model_copy(update=cleaned))
        if case.state in BAD and self.headline is None:
            self.first, self.headline = case.name, headline or case.message or f"{case.name} failed"

    def notice(self, sentence: str) -> None:
        self.notices.append(clean(sentence))

    @property
    def failed(self) -> int:
        return sum(case.state in BAD for case in self.cases)

    def outputs(self) -> dict:
        """TestOutputs as JSON."""
        states = [case.state for case in self.cases]
        return TestOutputs(passed=states.count("success"), failed=self.failed, skipped=states.count("skipped"),
                           declared=self.declared, notice="; ".join(self.notices) or None).model_dump()

    def verdict(self) -> dict:
        """The outputs; raises Failure, which carries them too, where a case failed."""
        outputs = self.outputs()
        if not self.failed:
            return outputs
        count = f"{self.failed} of {len(self.cases)} tests failed: " if len(self.cases) > 1 else ""
        failure = Failure(f"{count}{self.headline}", error="tests_failed",      # the headline may quote the app's last lines
                          params={"case": self.first, "failed": self.failed, "total": len(self.cases)})
        failure.outputs = outputs
        raise failure
