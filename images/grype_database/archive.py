"""Archives of a database, as `grype db import` takes them, and a folder of them, as `grype db update` does."""

from __future__ import annotations

import hashlib
import json
import os
import tarfile
import tempfile
from datetime import datetime, timezone
from pathlib import Path

from common.wire.partial_database import MARK

from .advisories import AdvisorySet, load
from .schema import SCHEMA
from .writer import write_database

DATABASE_FILE = "vulnerability.db"


def write_standin(target: Path) -> None:
    """Put the stand-in's archive at `target`, in one step and readable for the scanner, whatever the umask. Raises OSError."""
    target.parent.mkdir(parents=True, exist_ok=True)
    target.parent.chmod(0o755)
    known = load()
    fresh = target.with_name(f".{target.name}-{os.getpid()}")
    try:
        write_archive(fresh, known, known.facts or datetime.now(timezone.utc), MARK)
        fresh.chmod(0o644)
        fresh.replace(target)
    finally:
        fresh.unlink(missing_ok=True)


def write_archive(target: Path, advisories: AdvisorySet, built: datetime, mark: str = "continuum") -> None:
    """Write a tar.gz that holds the database file alone, in no folder: Grype's unpacker makes none."""
    with tempfile.TemporaryDirectory(prefix="database-") as folder:
        database = Path(folder) / DATABASE_FILE
        write_database(database, advisories.advisories, built, mark)
        with tarfile.open(target, "w:gz", format=tarfile.USTAR_FORMAT) as archive:
            archive.add(database, DATABASE_FILE, filter=lambda entry: _plain(entry, built))


def _plain(entry: tarfile.TarInfo, built: datetime) -> tarfile.TarInfo:
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = ""
    entry.mode, entry.mtime = 0o644, int(built.timestamp())
    return entry


def write_mirror(folder: Path, advisories: AdvisorySet, built: datetime, mark: str = "continuum") -> Path:
    """Write an archive and the listing beside it; serve `folder` and set GRYPE_DB_UPDATE_URL to its address.

    Answers the archive's path. The listing's time must be the database's own, or every client would
    fetch it again and again.
    """
    version = "v" + ".".join(map(str, SCHEMA))
    built = built.astimezone(timezone.utc).replace(microsecond=0)
    place = folder / f"v{SCHEMA[0]}"
    place.mkdir(parents=True, exist_ok=True)
    archive = place / f"vulnerability-db_{version}_{built:%Y-%m-%d}_{int(built.timestamp())}.tar.gz"
    write_archive(archive, advisories, built, mark)
    listing = {"status": "active", "schemaVersion": version, "built": f"{built:%Y-%m-%dT%H:%M:%SZ}",
               "path": archive.name, "checksum": f"sha256:{hashlib.sha256(archive.read_bytes()).hexdigest()}"}
    (place / "latest.json").write_text(json.dumps(listing, indent=1) + "\n", encoding="utf-8")
    return archive
