"""Runs the named benches (or all) against the test installation; each prints its rows and writes them when it ends."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from bench import runner
from cli.instance import ROOT
from tests.harness.stack import Stack, test_instance

if __name__ == "__main__":
    stack = Stack(test_instance(), Path(tempfile.mkdtemp(prefix="continuum-bench-")))
    sys.exit(runner.run(sys.argv[1:] or runner.BENCHES, stack, ROOT / "docs" / "performance.md"))
