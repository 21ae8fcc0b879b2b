"""How Syft and Grype are called: as data, without running them."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from common.wire.contracts import ImageRef
from common.wire.errors import Failure
from scanner import findings, grype, limit, syft
from scanner.registry import Image, Layer

ROOT = Path(__file__).parents[3]
A, B = "sha256:" + "a" * 64, "sha256:" + "b" * 64


def image(*diff_ids, config=b"{}"):
    layers = tuple(Layer(diff_id, diff_id, "", 1) for diff_id in diff_ids)
    return Image(ImageRef(repository="ann/shop", digest=A), b"{}", "", config, B, layers)


def test_syft_reads_a_layout_without_file_catalogers():
    assert syft.argv(Path("/x/layout"), Path("/x/sbom.json")) == [
        "syft", "scan", "oci-dir:/x/layout", "--quiet", "--select-catalogers", "-file",
        "--output", "syft-json=/x/sbom.json"]


def test_grype_writes_three_reports_in_one_go():
    files = {kind: Path(f"/x/{kind}.json") for kind in grype.KINDS}
    assert grype.argv(Path("/x/sbom.json"), files) == [
        "grype", "sbom:/x/sbom.json", "--quiet", "--output", "json=/x/grype.json",
        "--output", "cyclonedx-json=/x/cyclonedx.json", "--output", "sarif=/x/sarif.json"]


def test_temporary_files_stay_in_the_scans_folder(monkeypatch):
    monkeypatch.setenv("SECRET_KEY", "do not hand on")
    env = syft.environment(Path("/x/tmp"), "/bin")
    assert env["TMPDIR"] == env["HOME"] == "/x/tmp" and env["PATH"] == "/bin"
    assert "SECRET_KEY" not in env
    assert grype.environment({"TMPDIR": "/tmp", "A": "b"}, Path("/x")) == {"TMPDIR": "/x", "HOME": "/x", "A": "b"}


def test_the_catalogues_key_is_the_layers_in_their_order():
    assert syft.key(image(A, B)) == syft.key(image(A, B, config=b'{"labels": 1}'))
    assert len({syft.key(image(*ids)) for ids in ([A], [B], [A, B], [B, A], [])}) == 5


@pytest.mark.parametrize("place", ["docker-compose.yml", "images/images.toml"])
def test_a_new_syft_catalogues_anew(place):
    """The key holds the version, so it has to follow the image that the scanner is built from."""
    versions = re.findall(r"anchore/syft:v([\d.]+)", (ROOT / place).read_text())
    assert versions == [syft.VERSION]


def test_kept_catalogues_are_bounded(tmp_path):
    sboms = syft.Sboms(tmp_path / "sboms", keep=25)
    for number, name in enumerate("abc"):
        made = tmp_path / name
        made.write_text("0123456789")
        sboms.keep(name, made)
    assert [sboms.take(name, tmp_path / f"taken-{name}") for name in "abc"].count(True) == 2
    assert sboms.take("c", tmp_path / "again") and (tmp_path / "again").read_text() == "0123456789"
    sboms.drop("c")
    assert not sboms.take("c", tmp_path / "more")


def test_a_list_of_packages_that_is_too_large_is_not_read(tmp_path, monkeypatch):
    """An image with a million tiny packages fails its scan; it does not exhaust the memory that all scans share."""
    made = tmp_path / "made.json"
    made.write_text(json.dumps({"source": {"metadata": {}}, "artifacts": [{}] * 10, "distro": {}}))
    assert syft.of_image(made, image(), tmp_path / "sbom.json", reused=False).packages == 10
    monkeypatch.setattr(syft, "MOST_SBOM", 50)
    with pytest.raises(Failure, match="the list of its packages is larger than .* copy only what the app needs"):
        syft.of_image(made, image(), tmp_path / "sbom.json", reused=False)


def test_a_file_up_to_the_bound_is_read(tmp_path):
    path = tmp_path / "x"
    path.write_bytes(b"12345")
    assert limit.read(path, 5, "x") == b"12345"
    with pytest.raises(Failure):
        limit.read(path, 4, "x")


def test_what_an_author_writes_into_a_finding_has_a_length():
    match = {"vulnerability": {"id": "CVE-2020-1", "severity": "High"},
             "artifact": {"name": "n", "version": "1" * 5000, "type": "npm", "locations": [{"path": "/a" * 5000}]}}
    (finding,) = findings.read({"matches": [match]})
    assert (len(finding.version), len(finding.path)) == (findings.LONGEST, findings.LONGEST)
