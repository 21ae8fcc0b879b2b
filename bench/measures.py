"""What a bench gives back, and how it is written down."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Measure:
    """One row: `value` and `budget` in `unit`; `detail` says how it came about."""

    name: str
    value: float
    budget: float
    unit: str
    detail: str

    @property
    def kept(self) -> bool:
        return self.value <= self.budget

    def row(self) -> str:
        return (f"| {self.name} | {self.value:.3g} {self.unit} | at most {self.budget:g} {self.unit} | "
                f"{'yes' if self.kept else '**no**'} | {self.detail} |")


def percentile(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, round(share * (len(ordered) - 1)))]


def spread(values: Sequence[float]) -> str:
    return f"{min(values):.3g} / {statistics.median(values):.3g} / {max(values):.3g}"
