"""Archives and mirrors, and the command that writes them."""

import hashlib
import json
import tarfile

import pytest

from common.wire.partial_database import MARK
from images.grype_database.__main__ import main
from images.grype_database.advisories import load

OWN = """[[npm]]
id = "GHSA-xvch-5gv4-984h"
package = "minimist"
affected = {"<1.2.6" = "1.2.6"}
severity = "critical"
published = 2022-03-18
text = "Prototype pollution."
"""


@pytest.fixture
def own(tmp_path):
    path = tmp_path / "own.toml"
    path.write_text(OWN)
    return path


def database_in(archive):
    with tarfile.open(archive) as packed:
        assert packed.getnames() == ["vulnerability.db"]
        member = packed.getmember("vulnerability.db")
        assert (member.uid, member.uname, member.mode) == (0, "", 0o644)
        return packed.extractfile(member).read()


def test_write_makes_an_archive_of_the_standin_that_says_so(tmp_path, capsys):
    assert main(["write", str(tmp_path / "db.tar.gz")]) == 0
    content = database_in(tmp_path / "db.tar.gz")
    assert content.startswith(b"SQLite format 3") and MARK.encode() in content
    assert f"{len({item.id for item in load().advisories})} vulnerabilities" in capsys.readouterr().out


def test_advisories_of_ones_own_have_no_mark(tmp_path, own):
    assert main(["write", str(tmp_path / "db.tar.gz"), "--advisories", str(own)]) == 0
    content = database_in(tmp_path / "db.tar.gz")
    assert b"minimist" in content and MARK.encode() not in content


def test_a_mirror_has_a_listing_that_fits_its_archive(tmp_path, own):
    assert main(["mirror", str(tmp_path / "m"), "--advisories", str(own), "--built", "2026-11-22T10:00:00+01:00"]) == 0
    listing = json.loads((tmp_path / "m" / "v6" / "latest.json").read_text())
    archive = tmp_path / "m" / "v6" / listing.pop("path")
    assert listing == {"status": "active", "schemaVersion": "v6.1.9", "built": "2026-11-22T09:00:00Z",
                       "checksum": "sha256:" + hashlib.sha256(archive.read_bytes()).hexdigest()}
    assert b"2026-11-22 09:00:00+00:00" in database_in(archive)


def test_a_fault_is_one_line_and_exit_code_1(tmp_path, own, capsys):
    own.write_text(OWN.replace("critical", "bad"))
    assert main(["write", str(tmp_path / "db.tar.gz"), "--advisories", str(own)]) == 1
    assert capsys.readouterr().err.startswith("own.toml: [[npm]] number 1 (GHSA-xvch-5gv4-984h): severity 'bad'")
    assert not (tmp_path / "db.tar.gz").exists()
