"""Runs the named benches (or all) against the test installation, prints their table, writes docs/performance.md."""

from __future__ import annotations

import importlib
import platform
import os
import sys
import tempfile
from pathlib import Path

from cli.instance import ROOT
from tests.harness.stack import Stack, test_instance

BENCHES = ("full_run", "log_latency", "at_rest", "forge")
HEAD = ["| what | measured | budget | kept | how |", "|---|---|---|---|---|"]


def main(names: list[str]) -> int:
    stack = Stack(test_instance(), Path(tempfile.mkdtemp(prefix="continuum-bench-")))
    measures = []
    for name in names or BENCHES:
        print(f"bench {name}", flush=True)
        measures += importlib.import_module(f"bench.{name}").measure(stack)
    rows = [*HEAD, *(measure.row() for measure in measures)]
    print("\n".join(rows))
    if not names:
        write(rows)
    return 0 if all(measure.kept for measure in measures) else 1


def write(rows: list[str]) -> None:
    text = f"""# Performance

Made by `./continuum bench`; ratios are of two things run in turn in one go. Absolute times depend on the machine: this one
had {os.cpu_count()} cores and ran {platform.system()} {platform.machine()}.

{chr(10).join(rows)}
"""
    (ROOT / "docs" / "performance.md").write_text(text)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
