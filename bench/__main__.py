"""Runs the named benches (or all) against the test installation, prints their table, writes docs/performance.md."""

from __future__ import annotations

import importlib
import sys
import tempfile
from pathlib import Path

from bench import report
from cli.instance import ROOT
from tests.harness.stack import Stack, test_instance

BENCHES = ("full_run", "log_latency", "registry", "pages", "forge", "at_rest")


def main(names: list[str]) -> int:
    stack = Stack(test_instance(), Path(tempfile.mkdtemp(prefix="continuum-bench-")))
    measures = []
    for name in names or BENCHES:
        print(f"bench {name}", flush=True)
        measures += importlib.import_module(f"bench.{name}").measure(stack)
    print("\n".join(report.table([measure.row() for measure in measures])))
    report.write(ROOT / "docs" / "performance.md", measures)
    return 0 if all(measure.kept for measure in measures) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
