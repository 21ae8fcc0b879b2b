"""The style sheet of the rail of stages on a run's page, made from the table of stages.

A stage is one column right of what it waits for, and reaches to the next stage that waits for it. Stages that run side by
side are on tracks of their own, the short ones above; a stage that runs alone is as high as all tracks.
"""

from __future__ import annotations

from dataclasses import dataclass

from common.wire.stages import STAGES


@dataclass(frozen=True)
class Place:
    """Columns and tracks count from 1; `track` is None for a stage that has all of them."""

    first: int
    last: int
    track: int | None = None

    def meets(self, other: Place) -> bool:
        return self.first <= other.last and other.first <= self.last


def style_sheet() -> str:
    found = places()
    tracks = max((place.track or 1 for place in found.values()))
    lines = [f".rail {{ grid-template-columns: repeat({max(place.last for place in found.values())}, minmax(0, 1fr)); }}"]
    for name, place in found.items():
        columns = _lines(place.first, place.last - place.first + 1)
        rows = _lines(place.track or 1, 1 if place.track else tracks)
        lines.append(f".rail .stage-{name} {{ grid-column: {columns}; grid-row: {rows}; }}")
        if not place.track:
            lines.append(f".rail .stage-{name} > * {{ height: 100%; }}")
    return "\n".join(lines)


def places() -> dict[str, Place]:
    """Stage -> where it is."""
    first: dict[str, int] = {}
    for name, row in STAGES.items():
        first[name] = 1 + max((first[earlier] for earlier in row.after), default=0)
    wide = {name: Place(first[name], _end(name, first)) for name in STAGES}
    tracks: dict[str, int] = {}
    for name in sorted(STAGES, key=lambda name: wide[name].last - wide[name].first):
        taken = {track for other, track in tracks.items() if wide[name].meets(wide[other])}
        tracks[name] = next(track for track in range(1, len(STAGES) + 1) if track not in taken)
    alone = {name for name in STAGES if not any(wide[name].meets(wide[other]) for other in STAGES if other != name)}
    return {name: place if name in alone else Place(place.first, place.last, tracks[name]) for name, place in wide.items()}


def _end(name: str, first: dict[str, int]) -> int:
    """The column before the first stage that waits for this one."""
    return min((first[later] for later, row in STAGES.items() if name in row.after), default=first[name] + 1) - 1


def _lines(start: int, count: int) -> str:
    """As CSS writes grid lines."""
    return f"{start} / span {count}" if count > 1 else str(start)
