"""What is in a database that we wrote."""

import json
import sqlite3
from contextlib import closing
from datetime import datetime, timezone

import pytest

from images.grype_database.advisories import parse
from images.grype_database.schema import TABLES, create_table
from images.grype_database.writer import write_database

BUILT = datetime(2026, 11, 22, 12, 0, tzinfo=timezone.utc)


@pytest.fixture
def written(tmp_path):
    """Write advisories, answer a function that queries them."""
    def write(*advisories, mark="continuum"):
        path = tmp_path / "vulnerability.db"
        write_database(path, advisories, BUILT, mark)

        def ask(query, *values):
            with closing(sqlite3.connect(path)) as connection:
                return connection.execute(query, values).fetchall()
        return ask
    return write


def test_statements_are_one_line_with_back_quotes():
    for table in TABLES:
        assert "\n" not in create_table(table)
    assert create_table("vulnerability_aliases") == (
        "CREATE TABLE `vulnerability_aliases` (`name` text,`alias` text NOT NULL,PRIMARY KEY (`name`,`alias`))")
    assert create_table("package_cpes").endswith(
        "CONSTRAINT `fk_package_cpes_package` FOREIGN KEY (`package_id`) REFERENCES `packages`(`id`))")


def test_the_build_time_and_the_schema(written):
    ask = written()
    assert ask("SELECT * FROM db_metadata") == [("2026-11-22 12:00:00+00:00", 6, 1, 9)]


def test_a_language_advisory(written, entry):
    ask = written(*parse(entry, "python"))
    assert ask("SELECT ecosystem, name FROM packages") == [("python", "pyyaml")]
    assert ask("SELECT name, provider_id, published_date FROM vulnerability_handles ORDER BY id") == [
        ("GHSA-8q59-q68h-6hv4", "github", "2026-11-22 00:00:00+00:00"),
        ("CVE-2020-14343", "nvd", "2026-11-22 00:00:00+00:00")]
    assert ask("SELECT name, alias FROM vulnerability_aliases") == [("GHSA-8q59-q68h-6hv4", "CVE-2020-14343")]
    (blob,), = ask("SELECT value FROM blobs JOIN affected_package_handles ON blob_id = blobs.id")
    assert json.loads(blob) == {"cves": ["CVE-2020-14343"], "ranges": [
        {"version": {"type": "python", "constraint": "<5.4"}, "fix": {"version": "5.4", "state": "fixed"}}]}


def test_the_first_severity_is_the_word(written, entry):
    vector = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"
    ask = written(*parse(entry | {"cvss": vector}, "python"))
    (blob,), = ask("SELECT value FROM blobs JOIN vulnerability_handles v ON blob_id = blobs.id WHERE provider_id = 'github'")
    assert json.loads(blob)["severities"] == [
        {"scheme": "CHML", "value": "critical", "rank": 1},
        {"scheme": "CVSS", "value": {"vector": vector, "version": "3.1"}, "rank": 2}]


def test_each_range_of_a_language_has_its_own_row(written, entry):
    ask = written(*parse(entry | {"affected": {"<1.0": "1.0", ">=2.0,<2.1": ""}}, "npm"))
    blobs = [json.loads(row[0]) for row in
             ask("SELECT value FROM blobs JOIN affected_package_handles ON blob_id = blobs.id")]
    assert [blob["ranges"][0]["fix"] for blob in blobs] == [{"version": "1.0", "state": "fixed"}, {"state": "not-fixed"}]


def test_a_distribution_advisory_hangs_on_its_release_and_codename(written, entry):
    del entry["affected"]
    ask = written(*parse(entry | {"id": "CVE-2023-4911", "package": "glibc",
                                  "fixed": {"debian:11": "2.31-13+deb11u7", "debian:12": "2.36-9+deb12u3"}}, "deb"))
    assert ask("SELECT name, major_version, minor_version, codename, provider_id FROM affected_package_handles a "
               "JOIN operating_systems o ON o.id = operating_system_id "
               "JOIN (SELECT id, provider_id FROM vulnerability_handles) v ON v.id = vulnerability_id") == [
        ("debian", "11", "", "bullseye", "debian"), ("debian", "12", "", "bookworm", "debian")]


def test_nothing_is_written_twice_and_all_references_hold(written, entry):
    ask = written(*parse(entry, "python"), *parse(entry | {"package": "other"}, "python"))
    assert ask("SELECT count(*) FROM vulnerability_handles") == [(2,)]
    assert ask("SELECT count(*) FROM affected_package_handles") == [(2,)]
    assert ask("PRAGMA foreign_key_check") == []
    assert ask("SELECT DISTINCT processor FROM providers") == [("continuum",)]
