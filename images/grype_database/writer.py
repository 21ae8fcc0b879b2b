"""Writes a Grype v6 database from a list of advisories.

A vulnerability is a handle (name, provider, dates) and a blob (the JSON that reports show); that it affects
a package is another handle (vulnerability, package, release) and a blob with the version ranges.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from datetime import date, datetime, timezone
from pathlib import Path

from . import seed
from .advisories import DISTRIBUTION_ECOSYSTEMS, FORMATS, Advisory, Range
from .releases import provider_of
from .schema import INDEXES, SCHEMA, TABLES, create_index, create_table


def write_database(path: Path, advisories: Iterable[Advisory], built: datetime, mark: str = "continuum") -> None:
    """Write a new SQLite file at `path`; `built` has a time zone. `mark` says who made it."""
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        writer = _Writer(connection, built, mark)
        writer.create()
        for advisory in advisories:
            writer.add(advisory)
        writer.finish()
    finally:
        connection.close()


class _Writer:
    def __init__(self, connection: sqlite3.Connection, built: datetime, mark: str):
        self.connection, self.built, self.mark = connection, built, mark
        self.ids: dict[tuple, int] = {}

    def create(self) -> None:
        self.connection.execute("PRAGMA journal_mode = DELETE")      # Grype opens the file as immutable: no WAL
        self.connection.execute("PRAGMA foreign_keys = ON")
        self.connection.execute("BEGIN")
        for table in TABLES:
            self.connection.execute(create_table(table))
        for table, row in seed.rows():
            self._insert(table, row)
        self._insert("db_metadata", {"build_timestamp": _timestamp(self.built),
                                     **dict(zip(("model", "revision", "addition"), SCHEMA, strict=True))})
        self._insert("epss_metadata", {"date": _timestamp(self.built)})

    def add(self, advisory: Advisory) -> None:
        provider = provider_of(advisory.release) if advisory.release else "github"
        vulnerability = self._vulnerability(advisory, provider, details(advisory))
        for cve in {advisory.id, advisory.cve}:
            if cve.startswith("CVE-"):      # reports read a CVE's own words from the provider nvd
                self._vulnerability(advisory, "nvd", details(advisory) | {"id": cve, "aliases": []}, cve)
        kind = FORMATS[advisory.ecosystem][0]
        package = self._once("packages", {"ecosystem": kind, "name": advisory.package})
        system = self._once("operating_systems", advisory.release._asdict()) if advisory.release else None
        for part in ([advisory.ranges] if advisory.release else [(item,) for item in advisory.ranges]):
            # A language's advisory has a row a range, so that the fix of the matching range alone is reported.
            self._insert("affected_package_handles", {
                "vulnerability_id": vulnerability, "operating_system_id": system, "package_id": package,
                "blob_id": self._blob(affected(advisory, part))})

    def finish(self) -> None:
        for index in INDEXES:
            self.connection.execute(create_index(index))
        self.connection.execute("COMMIT")
        self.connection.execute("VACUUM")

    def _vulnerability(self, advisory: Advisory, provider: str, blob: dict, name: str = "") -> int:
        name = name or advisory.id
        key = ("vulnerability", name, provider)
        if key not in self.ids:
            self._once("providers", {"id": provider, "version": "1", "processor": self.mark,
                                     "date_captured": _timestamp(self.built), "input_digest": f"sha256:{provider}"})
            if advisory.cve and name == advisory.id:
                self._once("vulnerability_aliases", {"name": name, "alias": advisory.cve})
            published = _timestamp(advisory.published)
            self.ids[key] = self._insert("vulnerability_handles", {
                "name": name, "status": "active", "published_date": published, "modified_date": published,
                "withdrawn_date": None, "provider_id": provider, "blob_id": self._blob(blob)})
        return self.ids[key]

    def _blob(self, value: dict) -> int:
        return self._once("blobs", {"value": json.dumps(value, ensure_ascii=False, separators=(",", ":")) + "\n"})

    def _once(self, table: str, row: dict) -> int:
        key = (table, *row.values())
        if key not in self.ids:
            self.ids[key] = self._insert(table, row)
        return self.ids[key]

    def _insert(self, table: str, row: dict) -> int:
        columns, places = ",".join(f"`{column}`" for column in row), ",".join("?" * len(row))
        return self.connection.execute(f"INSERT INTO `{table}` ({columns}) VALUES ({places})",
                                       list(row.values())).lastrowid


def details(advisory: Advisory) -> dict:
    """The blob of a vulnerability: what reports show about it. The first severity is the one that counts."""
    scheme = "CHMLN" if advisory.ecosystem in DISTRIBUTION_ECOSYSTEMS else "CHML"
    severities = [{"scheme": scheme, "value": advisory.severity, "rank": 1}]
    if advisory.cvss:
        version = advisory.cvss.removeprefix("CVSS:").split("/")[0]
        severities.append({"scheme": "CVSS", "value": {"vector": advisory.cvss, "version": version}, "rank": 2})
    return {"id": advisory.id, "description": advisory.description, "refs": [{"url": advisory.url}],
            "aliases": [advisory.cve] if advisory.cve else [], "severities": severities}


def affected(advisory: Advisory, ranges: tuple[Range, ...]) -> dict:
    """The blob that says which versions of a package have the fault, and which end it."""
    blob: dict = {"ranges": [_range(item, FORMATS[advisory.ecosystem][1]) for item in ranges]}
    if advisory.cve:
        blob["cves"] = [advisory.cve]
    if advisory.ecosystem == "rpm":
        blob["qualifiers"] = {"rpm_modularity": ""}      # packages outside any module
    return blob


def _range(item: Range, kind: str) -> dict:
    fix = {"version": item.fixed, "state": "fixed"} if item.fixed else {"state": "not-fixed"}
    return {"version": {"type": kind, "constraint": item.constraint}, "fix": fix}


def _timestamp(moment: datetime | date) -> str:
    """The text that Grype's SQLite driver writes and reads for a datetime column."""
    if not isinstance(moment, datetime):
        moment = datetime(moment.year, moment.month, moment.day, tzinfo=timezone.utc)
    return moment.astimezone(timezone.utc).strftime("%Y-%m-%d %H:%M:%S+00:00")
