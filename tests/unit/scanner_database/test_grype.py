"""Commands and environments of Grype are data."""

import sys
from pathlib import Path

import pytest

from scanner.database import grype
from scanner.database.grype import Result

CACHE = Path("/data/db")
BASE = {"PATH": "/bin", "HTTPS_PROXY": "http://proxy:3128", "REGISTRY_PASSWORD": "secret",
        "GRYPE_DB_UPDATE_URL": "http://mirror", "GRYPE_DB_CA_CERT": ""}
SCAN = {"PATH": "/bin", "HTTPS_PROXY": "http://proxy:3128", "GRYPE_DB_UPDATE_URL": "http://mirror",
        "HOME": "/data/db", "NO_COLOR": "1", "GRYPE_DB_CACHE_DIR": "/data/db", "GRYPE_DB_AUTO_UPDATE": "false",
        "GRYPE_CHECK_FOR_APP_UPDATE": "false", "GRYPE_DB_VALIDATE_BY_HASH_ON_START": "false",
        "GRYPE_DB_VALIDATE_AGE": "false"}


def test_commands():
    assert grype.import_argv("grype", Path("/tmp/a.tar.gz")) == ["grype", "db", "import", "/tmp/a.tar.gz"]
    assert grype.status_argv("/bin/grype") == ["/bin/grype", "db", "status", "-o", "json"]
    assert grype.check_argv("grype") == ["grype", "db", "check", "-o", "json"]
    assert grype.update_argv("grype") == ["grype", "db", "update"]


def test_a_scan_neither_updates_nor_hashes_nor_gets_our_secrets():
    assert grype.scan_env(CACHE, BASE) == SCAN


def test_large_temporary_files_go_where_the_database_goes():
    assert grype.import_env(CACHE, BASE | {"TMPDIR": "/tmp"}) == SCAN | {"TMPDIR": "/data/db/tmp"}


def test_the_hash_is_checked_once_when_a_database_comes_in():
    assert grype.verify_env(CACHE, BASE) == SCAN | {"GRYPE_DB_VALIDATE_BY_HASH_ON_START": "true"}


def test_an_update_asks_each_time_and_in_bounded_time():
    check = {"GRYPE_DB_MAX_UPDATE_CHECK_FREQUENCY": "0", "GRYPE_DB_REQUIRE_UPDATE_CHECK": "true",
             "GRYPE_DB_UPDATE_AVAILABLE_TIMEOUT": "30s"}
    assert grype.check_env(CACHE, BASE) == SCAN | check
    assert grype.update_env(CACHE, BASE, 900.0) == SCAN | check | {
        "TMPDIR": "/data/db/tmp", "GRYPE_DB_UPDATE_DOWNLOAD_TIMEOUT": "900s"}


@pytest.mark.parametrize(("result", "reason"), [
    (Result(1, errors="[0000]  WARN slow\n[0000] ERROR unable to import: unexpected EOF\n"),
     "unable to import: unexpected EOF"),
    (Result(1, errors="[0000] ERROR Checksums did not match.\nExpected: 00\nGot: 30\n"),
     "Checksums did not match. Expected: 00 Got: 30"),
    (Result(127, errors="grype cannot be started: No such file or directory"),
     "grype cannot be started: No such file or directory"),
    (Result(1), "ended with exit code 1, saying nothing"),
    (Result(None), "took too long"),
])
def test_the_reason_is_the_last_message(result, reason):
    assert result.reason == reason


@pytest.mark.parametrize("out", ["", "no json", "[1]"])
def test_an_answer_that_is_no_object_is_empty(out):
    assert Result(0, out).document() == {}


def test_run_gives_code_output_and_exactly_the_environment():
    code = "import os, sys; print(os.environ['A'], os.getcwd()); print('bad', file=sys.stderr); sys.exit(3)"
    assert grype.run([sys.executable, "-c", code], {"A": "b"}, 20) == Result(3, "b /\n", "bad\n")


def test_run_ends_what_takes_too_long():
    assert grype.run([sys.executable, "-c", "import threading; threading.Event().wait()"], {}, 0.2) == Result(None)


def test_run_tells_a_missing_program():
    assert grype.run(["/no/grype"], {}, 1).reason == "/no/grype cannot be started: No such file or directory"
