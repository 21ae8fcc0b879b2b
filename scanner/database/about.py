"""What is known of one database: written beside it when it comes in, read at each scan."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Literal

from common.wire.partial_database import MARK

Source = Literal["imported", "updated"]
COUNT = "SELECT count(DISTINCT name) FROM vulnerability_handles WHERE provider_id <> 'nvd'"
EARLIER = "starter"      # what earlier versions called the source of a database that is not the full one
DATABASE_FILE = Path("6") / "vulnerability.db"      # below Grype's cache folder; 6 is the schema's model


@dataclass(frozen=True)
class About:
    source: Source
    built: str              # ISO 8601, UTC
    schema: str             # such as v6.1.9
    advisories: int
    size: int               # bytes of the database file, to notice one that was cut off
    full: bool = True       # False: its own mark says that it is not the full database

    def age_hours(self, now: datetime) -> float:
        built = datetime.fromisoformat(self.built)
        return round((now - built.astimezone(timezone.utc)).total_seconds() / 3600, 1)

    def gains_on(self, other: About | None) -> bool:
        """Is it worth an update? A full one always replaces one that is not, and never the other way round."""
        if other is None or self.full != other.full:
            return other is None or self.full
        return datetime.fromisoformat(self.built) > datetime.fromisoformat(other.built)

    def save(self, folder: Path) -> None:
        (folder / "about.json").write_text(json.dumps(asdict(self), indent=1) + "\n", encoding="utf-8")


def read(folder: Path) -> About | None:
    """What was saved; None where that is damaged or missing."""
    try:
        about = About(**json.loads((folder / "about.json").read_text(encoding="utf-8")))
        return replace(about, source="imported", full=False) if about.source == EARLIER else about
    except (OSError, ValueError, TypeError):
        return None


def inspect(folder: Path, source: Source, built: str, schema: str) -> About:
    """Look into a database that Grype found valid. Raises sqlite3.Error."""
    path = folder / DATABASE_FILE
    connection = sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True)
    try:
        marks = {row[0] for row in connection.execute("SELECT processor FROM providers")}
        count = connection.execute(COUNT).fetchone()[0]
    finally:
        connection.close()
    return About(source, built, schema, count, path.stat().st_size, full=MARK not in marks)


def whole(folder: Path, about: About) -> bool:
    """Is the database file there, and as long as it was when it came in?"""
    try:
        return (folder / DATABASE_FILE).stat().st_size == about.size
    except OSError:
        return False
