"""Owners' limits: which values of a `.continuum.yml` exceed them, and what a value that nobody set becomes.

`Limits` in `common/wire/contracts.py` says which limits there are and their defaults. dbproxy stores what owners set.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any, get_args

from .contracts import Limits, RepoConfig, Severity

Path = tuple[str | int, ...]

GATES = ("never", *get_args(Severity))                  # values of scan.fail_on, the weakest first
WHO = "an owner of the installation can change the limit"
_TIMES = ("timeout", "within", "drain", "grace")        # keys of durations that hold a worker or a container


def exceeded(config: RepoConfig, limits: Limits, today: date) -> Iterator[tuple[Path, str]]:
    """Yield (path, sentence) for each value of `config` over its limit; the sentence names the limit and who changes it."""
    for path, name, value in _bounded(config.model_dump()):
        if _over(name, value, limits, today):
            yield path, f"{_spelled(path)} is `{written(name, value)}`, {_beyond(name, limits, today)}; {WHO}"


def within(config: RepoConfig, limits: Limits) -> RepoConfig:
    """Return `config` with each number over its limit lowered to it, and a gate that is too weak made stronger.

    Waivers stay as they are: the gate ignores those that last too long.
    """
    data = config.model_dump()
    for path, name, value in list(_bounded(data)):
        if name != "waiver_days" and _over(name, value, limits, date.min):
            _put(data, path, getattr(limits, name))
    return RepoConfig.model_validate(data)


def part_within(name: str, part: Any, limits: Limits) -> tuple[Any, list[str]]:
    """Return (one part of a configuration, such as `deploy`, within `limits`; a sentence for each value that was lowered).

    The workers' last defence: a configuration that was read before a limit was lowered, or by a broken service.
    """
    before = RepoConfig.model_validate({name: part.model_dump()})
    after = within(before, limits)
    told = [f"{_spelled(path)} is {written(limit, value)}, over the limit of {written(limit, getattr(limits, limit))}, "
            "which is used instead" for path, limit, value in _bounded(before.model_dump())
            if path[0] == name and limit != "waiver_days" and _over(limit, value, limits, date.min)]
    return getattr(after, name), told


def last_day(limits: Limits, today: date) -> date:
    """Return the latest day that a waiver may name."""
    return today + timedelta(days=limits.waiver_days)


def written(name: str, value: Any) -> str:
    """Return a limit's value as people write it: 12g, 6h, 365 days."""
    if name in ("memory", "disk"):
        return _in_units(value, ((1024**3, "g"), (1024**2, "m"), (1024, "k"), (1, "b")))
    if name == "timeout":
        return _in_units(value, ((86400, "d"), (3600, "h"), (60, "m"), (1, "s"))) if value >= 1 else f"{value * 1000:g}ms"
    return f"{value:g}" if isinstance(value, float) else str(value)


def measured(size: int) -> str:
    """Return a measured size as people read it: 1.5 GiB, 300 MiB; the units are those of the limits."""
    return f"{size / 1024**3:.1f} GiB" if size >= 1024**3 else f"{size / 1024**2:.0f} MiB"


def _in_units(value: float, units: tuple[tuple[int, str], ...]) -> str:
    factor, unit = next(((factor, unit) for factor, unit in units if value >= factor and value % factor == 0), units[-1])
    return f"{value / factor:.15g}{unit}"


def _bounded(config: dict) -> Iterator[tuple[Path, str, Any]]:
    """(path, name of the limit, value) of every value that a limit bounds."""
    yield from _times(config, ())
    yield ("scan", "fail_on"), "fail_on", config["scan"]["fail_on"]
    for index, waiver in enumerate(config["scan"]["waivers"]):
        yield ("scan", "waivers", index, "until"), "waiver_days", waiver["until"]
    if config["deploy"] != "none":
        for name in ("memory", "cpus", "pids", "keep"):
            yield ("deploy", name), name, config["deploy"][name]


def _times(part: Any, path: Path) -> Iterator[tuple[Path, str, Any]]:
    items = part.items() if isinstance(part, dict) else enumerate(part) if isinstance(part, list) else ()
    for key, value in items:
        if key in ("env", "args", "headers"):
            continue
        if key in _TIMES and value is not None:
            yield (*path, key), "timeout", value
        yield from _times(value, (*path, key))


def _over(name: str, value: Any, limits: Limits, today: date) -> bool:
    if name == "fail_on":
        return GATES.index(value) < GATES.index(limits.fail_on)
    if name == "waiver_days":
        return value > last_day(limits, today)
    return value > getattr(limits, name)


def _beyond(name: str, limits: Limits, today: date) -> str:
    if name == "fail_on":
        return f"which is weaker than the weakest gate allowed here, {limits.fail_on}"
    if name == "waiver_days":
        return f"which is after the last day that a waiver may have, {last_day(limits, today)} ({limits.waiver_days} days)"
    return f"over the limit of {written(name, getattr(limits, name))}"


def _spelled(path: Path) -> str:
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).lstrip(".")


def _put(data: Any, path: Path, value: Any) -> None:
    for part in path[:-1]:
        data = data[part]
    data[path[-1]] = value
