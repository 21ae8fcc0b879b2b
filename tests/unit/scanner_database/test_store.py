"""The store: what scans get, and what changes the database and what does not."""

import json
import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest

from common.wire.partial_database import MARK
from images.grype_database.advisories import load
from scanner.database import ArchiveRefused, Busy, DatabaseError, NoDatabase
from scanner.database.grype import Result
from scanner.database.store import Store
from tests.unit.scanner_database.conftest import NOW

COUNT = len({advisory.id for advisory in load().advisories})


def folders_of(store):
    return [folder.name for folder in store.folders.databases.iterdir()]


# ---- what scans get ----

def test_without_a_database_a_scan_is_an_error_and_never_a_pass(store):
    status = store.status()
    assert (status["source"], status["valid"], status["built"]) == ("none", False, None)
    assert "no vulnerability database is installed; import the newest" in status["reason"]
    with pytest.raises(NoDatabase), store.for_scan():
        pass


def test_the_standin_is_installed_once_and_says_that_it_is_not_the_full_database(store, grype, standin):
    assert store.install_standin(standin)
    status = store.status()
    assert (status["source"], status["full"], status["valid"], status["schema"]) == ("imported", False, True, "v6.1.9")
    assert status["advisories"] == COUNT
    assert f"not the full vulnerability database: it has {COUNT} well-known vulnerabilities as of 2026-11-22" in status["notice"]
    assert not store.install_standin(standin) and grype.commands() == ["import", "status"]


def test_the_standin_never_takes_the_place_of_a_database(store, archive, standin):
    store.import_file(archive())
    assert not store.install_standin(standin) and store.status()["full"]


def test_without_the_standin_there_is_no_database(store, tmp_path):
    assert not store.install_standin(tmp_path / "none.tar.gz") and store.status()["source"] == "none"


def test_a_partial_database_of_an_earlier_version_is_still_one(store, standin):
    store.install_standin(standin)
    about = store.folders.current() / "about.json"
    earlier = json.loads(about.read_text()) | {"source": "starter"}
    del earlier["full"]
    about.write_text(json.dumps(earlier))
    assert (store.status()["source"], store.status()["full"], store.status()["valid"]) == ("imported", False, True)


def test_until_the_first_try_is_over_the_status_says_that_a_database_is_on_its_way(store):
    store.settled.clear()
    assert store.status()["reason"] == "the first vulnerability database is being downloaded; scans wait for it"


def test_the_standin_does_not_grow_too_old(store, standin):
    store.install_standin(standin)
    store.now = lambda: NOW + timedelta(days=900)
    assert store.status()["valid"] and store.status()["age_hours"] > 20_000


def test_a_scan_gets_the_folder_the_environment_and_the_status(store, archive):
    store.import_file(archive(hours=2))
    with store.for_scan() as database:
        assert database.env["GRYPE_DB_CACHE_DIR"] == str(database.folder)
        assert (database.folder / "6" / "vulnerability.db").is_file()
        assert database.status["source"] == "imported" and database.status["age_hours"] == 2.0
        assert database.status["notice"] is None


def test_a_scan_keeps_its_database_while_another_takes_its_place(store, archive):
    store.import_file(archive(hours=3))
    with store.for_scan() as database:
        store.import_file(archive(hours=2))
        assert (database.folder / "6" / "vulnerability.db").is_file()
        assert len(folders_of(store)) == 2
    store.import_file(archive(hours=1))
    assert len(folders_of(store)) == 1


def test_a_database_past_the_allowed_age_is_an_error(store, archive):
    store.import_file(archive(hours=119))
    store.now = lambda: NOW + timedelta(hours=2)
    assert store.status()["reason"].startswith("the vulnerability database is 121 hours old, and 120 are allowed; import")
    with pytest.raises(NoDatabase, match="121 hours old"), store.for_scan():
        pass


def test_the_allowed_age_can_be_set(tmp_path, grype, archive):
    store = Store(tmp_path / "s", run=grype, now=lambda: NOW, max_age_hours=1000)
    assert store.import_file(archive(hours=500))["valid"]


@pytest.mark.parametrize("harm", [lambda folder: (folder / "6" / "vulnerability.db").write_bytes(b"SQLite"),
                                  lambda folder: (folder / "6" / "vulnerability.db").unlink(),
                                  lambda folder: (folder / "about.json").write_text("{"),
                                  lambda folder: (folder / "about.json").unlink()])
def test_a_damaged_database_is_an_error(store, archive, harm):
    store.import_file(archive())
    harm(store.folders.current())
    assert store.status()["reason"].startswith("the vulnerability database is damaged; import")
    with pytest.raises(NoDatabase, match="damaged"), store.for_scan():
        pass


# ---- import ----

def test_an_import_goes_into_a_fresh_folder_and_is_verified_there(store, grype, archive):
    path = archive()
    store.import_file(path)
    (_, argv, env), (_, check, verify) = grype.calls
    assert argv == ["grype", "db", "import", str(path)] and check == ["grype", "db", "status", "-o", "json"]
    assert "incoming-" in env["GRYPE_DB_CACHE_DIR"] and env["TMPDIR"].startswith(env["GRYPE_DB_CACHE_DIR"])
    assert verify["GRYPE_DB_VALIDATE_BY_HASH_ON_START"] == "true"
    assert not (store.folders.current() / "tmp").exists()


def test_an_uploaded_raw_database_gets_the_name_that_grype_wants(store, tmp_path):
    upload = tmp_path / "upload"
    upload.write_bytes(b"SQLite format 3\0...")
    asked = []
    store.run = lambda argv, env, timeout: asked.append(Path(argv[3]).name) or Result(1)
    with pytest.raises(ArchiveRefused, match="upload is no vulnerability database"):
        store.import_file(upload)
    assert asked == ["upload.db"]


@pytest.mark.parametrize(("command", "result", "message"), [
    ("import", Result(1, errors="[0000] ERROR unexpected EOF"), r"built-.* is no vulnerability database .*: unexpected EOF"),
    ("import", Result(None), "took too long"),
    ("status", Result(1, '{"valid": false, "error": "bad digest"}'), "did not pass its check: bad digest"),
    ("status", Result(0, ""), "did not pass its check"),
    ("status", Result(0, '{"valid": true}'), "cannot be read"),
])
def test_a_refused_archive_leaves_the_current_database(store, grype, archive, command, result, message):
    store.import_file(archive(hours=3))
    before = store.status()
    grype.fails[command] = result
    with pytest.raises(ArchiveRefused, match=message):
        store.import_file(archive(hours=1))
    assert store.status() == before and len(folders_of(store)) == 1


def test_an_archive_past_the_allowed_age_is_refused(store, archive, standin):
    store.install_standin(standin)
    with pytest.raises(ArchiveRefused, match="is 121 hours old, and 120 are allowed"):
        store.import_file(archive(hours=121))
    assert not store.status()["full"]


def test_a_database_of_another_make_is_refused(store, grype, tmp_path):
    def other(argv, env, timeout):
        if argv[2] == "status":
            return Result(0, '{"valid": true, "built": "2026-11-22T00:00:00Z", "schemaVersion": "v6.0.0"}')
        place = tmp_path / "x.db"
        sqlite3.connect(place).close()
        return Result(0)
    store.run = other
    (tmp_path / "x.tar.gz").write_bytes(b"")
    with pytest.raises(ArchiveRefused, match="cannot be read"):
        store.import_file(tmp_path / "x.tar.gz")


def test_a_missing_file_is_refused_without_asking_grype(store, grype, tmp_path):
    with pytest.raises(ArchiveRefused, match=r"there is no file none\.tar\.gz"):
        store.import_file(tmp_path / "none.tar.gz")
    assert grype.calls == []


def test_a_disk_that_cannot_be_written_is_told(store, archive):
    store.import_file(archive(hours=3))
    store.run = full_disk
    with pytest.raises(DatabaseError, match="the database could not be written: No space left on device"):
        store.import_file(archive(hours=1))
    assert store.update().reason == "the database could not be written: No space left on device"
    assert store.status()["valid"] and len(folders_of(store)) == 1


def full_disk(argv, env, timeout):
    raise OSError(28, "No space left on device")


def test_an_imported_partial_database_is_still_one(store, archive):
    assert not store.import_file(archive(hours=1, mark=MARK))["full"] and store.import_file(archive(hours=2))["full"]


def test_an_import_during_an_update_is_refused(store, archive):
    with store.folders.changing(), pytest.raises(Busy):
        store.import_file(archive())


# ---- update ----

def test_the_standin_is_replaced_without_asking_for_its_age(store, grype, archive, standin):
    store.install_standin(standin)
    grype.calls.clear()
    grype.source = archive(hours=30)
    update = store.update()
    assert update.changed and update.reason == "updated to the database of 2026-11-21 06:00:00+00:00"
    assert grype.commands() == ["update", "status"] and store.status()["source"] == "updated"


def test_a_newer_database_is_fetched_and_a_newest_one_is_left(store, grype, archive):
    store.import_file(archive(hours=30))
    grype.calls.clear()
    assert store.update().reason.endswith("is the newest") and grype.commands() == ["check"]
    grype.source = archive(hours=2)
    assert store.update().changed and store.status()["age_hours"] == 2.0
    assert len(folders_of(store)) == 1


@pytest.mark.parametrize(("hours", "mark"), [(40, "continuum"), (30, "continuum"), (1, MARK)])
def test_an_older_or_partial_one_never_replaces_a_full_one(store, grype, archive, hours, mark):
    store.import_file(archive(hours=30))
    grype.source = archive(hours=hours, mark=mark)
    update = store.update()
    assert not update.changed and "is no gain" in update.reason and store.status()["age_hours"] == 30.0


@pytest.mark.parametrize(("command", "result", "message"), [
    ("check", Result(1, errors="[0000] ERROR connection refused"), "the source of updates did not answer: connection refused"),
    ("check", Result(None), "the source of updates did not answer: took too long"),
    ("update", Result(1, errors="[0000] ERROR Checksums did not match"), "no update could be fetched: Checksums did not"),
    ("status", Result(1, '{"valid": false, "error": "bad digest"}'), "did not pass its check: bad digest"),
])
def test_a_failed_update_keeps_the_current_database_and_says_so(store, grype, archive, command, result, message):
    store.import_file(archive(hours=30))
    before = store.status()
    grype.source = archive(hours=1)
    grype.fails[command] = result
    update = store.update()
    assert not update.changed and message in update.reason
    assert store.status() == before | {"update": update.reason} and len(folders_of(store)) == 1


def test_an_update_past_the_allowed_age_is_refused(store, grype, archive, standin):
    store.install_standin(standin)
    grype.source = archive(hours=200)
    update = store.update()
    assert not update.changed and "200 hours old" in update.reason and not store.status()["full"]


def test_an_update_during_an_import_waits_for_its_next_turn(store):
    with store.folders.changing():
        update = store.update()
    assert not update.changed and "under way" in update.reason
