"""The limits as the pages show them: in words, in one order."""

from __future__ import annotations

from dataclasses import dataclass

from common.wire.limits import written

from ..api.answers import LimitsSet

# Name -> (label, what it limits)
WORDS = {
    "memory": ("Memory", "deploy.memory; at most what the machine has"),
    "cpus": ("CPUs", "deploy.cpus"),
    "pids": ("Processes", "deploy.pids"),
    "timeout": ("Time", "each timeout, drain and grace"),
    "keep": ("Kept versions", "deploy.keep"),
    "disk": ("Disk", "of one repository: volumes, containers and images"),
    "fail_on": ("Weakest gate", "scan.fail_on; never allows every gate"),
    "waiver_days": ("Longest waiver", "in days, from today"),
}


@dataclass(frozen=True)
class Row:
    """One limit as the pages show it."""

    name: str
    label: str
    about: str
    holds: str
    otherwise: str
    set: str                 # empty: nothing is set here


def rows(answer: LimitsSet) -> list[Row]:
    holds, otherwise = answer.limits.model_dump(), answer.otherwise.model_dump()
    return [Row(name, label, about, written(name, holds[name]), written(name, otherwise[name]),
                written(name, answer.set[name]) if name in answer.set else "")
            for name, (label, about) in WORDS.items()]
