"""Benches: their results outlive the failure of another, and a viewer may join between two lines."""

import pytest

from bench import log_latency, runner
from bench.measures import Measure

GOOD = Measure("good", 1, 2, "s", "how")


def benches(**known):
    def named(name):
        def measure(_):
            if isinstance(known[name], Exception):
                raise known[name]
            return known[name]
        return measure
    return named


def test_a_bench_that_breaks_costs_no_other_its_result(tmp_path, capsys):
    page = tmp_path / "performance.md"
    found = benches(first=[GOOD], broken=IndexError("list index out of range"), last=[Measure("last", 1, 2, "s", "how")])
    assert runner.run(["first", "broken", "last"], None, page, found) == 1
    said = capsys.readouterr()
    assert "| good | 1 s |" in page.read_text() and "| last | 1 s |" in page.read_text()
    assert "| good | 1 s |" in said.out and "without a result: broken" in said.out and "IndexError" in said.err


@pytest.mark.parametrize("value, code", [(1, 0), (3, 1)])
def test_the_exit_code_is_whether_the_budgets_were_kept(tmp_path, value, code):
    measures = [Measure("one", value, 2, "s", "how")]
    assert runner.run(["one"], None, tmp_path / "performance.md", benches(one=measures)) == code


class Stream:
    """A stack whose build printed its lines before anybody watched."""

    def __init__(self, lines):
        self.lines, self.api = lines, self

    def repo_of(self, files):
        return self

    def run(self, kind):
        return {"id": 1}

    def wait_stage(self, run, stage):
        return None

    def events(self, path, after):
        yield "lines", 1, {"lines": self.lines}
        yield "end", 2, {}


def test_a_viewer_that_joins_after_the_last_line_is_no_failure():
    far = 4e9      # seconds since 1970
    found = log_latency.measure(Stream([[1, 0, 0, f"at {far}"]]))
    assert "none was printed in the first 1 s" in found[0].detail
