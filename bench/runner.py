"""One bench after another: what one measured is kept, whatever becomes of the next."""

from __future__ import annotations

import importlib
import traceback
from collections.abc import Callable, Iterable
from pathlib import Path

from bench import report
from bench.measures import Measure
from tests.harness.stack import Stack

BENCHES = ("full_run", "log_latency", "registry", "pages", "forge", "at_rest")
Bench = Callable[[Stack], list[Measure]]


def _named(name: str) -> Bench:
    return importlib.import_module(f"bench.{name}").measure


def run(names: Iterable[str], stack: Stack, page: Path, bench: Callable[[str], Bench] = _named) -> int:
    """Return the exit code: 1 where a budget was not kept or a bench broke, which does not keep the others from running."""
    broken, kept = [], True
    for name in names:
        print(f"bench {name}", flush=True)
        try:
            measures = bench(name)(stack)
        except Exception:      # the border of a bench
            traceback.print_exc()
            broken.append(name)
            continue
        print("\n".join(report.table(measure.row() for measure in measures)), flush=True)
        report.write(page, measures)
        kept = kept and all(measure.kept for measure in measures)
    if broken:
        print(f"without a result: {', '.join(broken)}; each one's traceback is above", flush=True)
    return 0 if kept and not broken else 1
