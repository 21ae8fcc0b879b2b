"""The vulnerability database against the real Grype: what we write it reads, and what it refuses we refuse.

Needs the Grype that `images/` builds (or GRYPE=PATH). A missing one fails these tests; it never skips them.
"""

import functools
import json
import os
import re
import subprocess
import threading
from datetime import datetime, timedelta, timezone
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from images.grype_database.__main__ import main
from images.grype_database.advisories import load
from images.grype_database.archive import write_archive, write_mirror, write_standin
from scanner.database import ArchiveRefused, NoDatabase, Store

NOW = datetime.now(timezone.utc).replace(microsecond=0)
PURL_TYPES = {"deb": "deb/debian", "apk": "apk/alpine", "python": "pypi", "npm": "npm", "go": "golang",
              "java": "maven", "ruby": "gem"}


@pytest.fixture(scope="module")
def grype():
    built = Path(os.environ.get("CONTINUUM_CACHE") or Path.home() / ".cache" / "continuum").glob("go/grype-v*/grype")
    found = os.environ.get("GRYPE") or next((str(path) for path in sorted(built, reverse=True)), None)
    assert found, "no Grype: set GRYPE=PATH, or let ./continuum up build its image"
    return found


@pytest.fixture(scope="module")
def standin_archive(tmp_path_factory):
    """The stand-in, as `./continuum up` writes it."""
    path = tmp_path_factory.mktemp("archive") / "standin.tar.gz"
    write_standin(path)
    return path


@pytest.fixture(scope="module")
def standin(grype, standin_archive, tmp_path_factory):
    store = Store(tmp_path_factory.mktemp("standin"), binary=grype)
    assert store.install_standin(standin_archive)
    return store


@pytest.fixture
def store(grype, tmp_path):
    return Store(tmp_path / "store", binary=grype)


@pytest.fixture
def mirror(tmp_path):
    """A folder served over HTTP on loopback: (folder, address)."""
    folder = tmp_path / "mirror"
    folder.mkdir()
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(SimpleHTTPRequestHandler, directory=folder))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield folder, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


# ---- matching: every advisory of the stand-in, by a version that has the fault and by the one that ends it ----

CODENAMES = {"debian:11": "bullseye", "debian:12": "bookworm", "debian:13": "trixie", "debian:unstable": "forky"}
SYSTEMS = ["debian:11", "debian:12", "debian:13", "debian:unstable", "alpine:3.18", "languages"]


def cases(system):
    """(purl without a version, ecosystem, faulty version, fixed version, advisory) for each range."""
    for advisory in load().advisories:
        release = advisory.release
        where = f"{release.release_id}:{_version_of(release)}" if release else "languages"
        for item in advisory.ranges if where == system else ():
            yield (f"pkg:{PURL_TYPES[advisory.ecosystem]}/{advisory.package.replace(':', '/')}", advisory.ecosystem,
                   faulty(item.constraint), item.fixed, advisory)


def _version_of(release):
    return release.label_version or ".".join(filter(None, (release.major_version, release.minor_version)))


def faulty(constraint):
    """A version inside a range: its lower bound, or the one it names, or a very old one."""
    bound = re.search(r">=\s*([^,]+)|(?<![<>])=([^,]+)", constraint)
    return (bound[1] or bound[2]) if bound else "0.0.1"


def sbom(path, system, packages):
    """A CycloneDX document with these (purl, ecosystem, version) in it."""
    name, _, version = system.partition(":")
    described = [component(*package) for package in packages]
    if version:
        described.append(operating_system(name, "" if version == "unstable" else version, CODENAMES.get(system)))
    path.write_text(json.dumps({"bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1,
                                "components": described}))
    return path


def operating_system(name, version, codename):
    """As Syft tells it. Grype looks a release up by its number and codename together, where there is one."""
    told = {"syft:distro:id": name, "syft:distro:versionID": version, "syft:distro:versionCodename": codename}
    return {"type": "operating-system", "name": name, "version": version,
            "properties": [{"name": key, "value": value} for key, value in told.items() if value]}


def component(purl, ecosystem, version):
    shown = f"v{version}" if ecosystem == "go" and not purl.endswith("/stdlib") else version
    name = purl.split("/", 1)[1] if ecosystem == "go" else purl.rsplit("/", 1)[1]
    return {"type": "library", "bom-ref": f"{purl}@{version}", "name": name, "version": shown,
            "purl": f"{purl}@{shown}"}


def scan(store, document):
    """{(vulnerability, purl): match}"""
    with store.for_scan() as database:
        done = subprocess.run([store.binary, f"sbom:{document}", "-o", "json"], env=database.env,
                              capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return {(match["vulnerability"]["id"], match["artifact"]["purl"]): match
            for match in json.loads(done.stdout)["matches"]}


@pytest.mark.parametrize("system", SYSTEMS)
def test_faulty_versions_are_found(standin, tmp_path, system):
    expected = list(cases(system))
    matches = scan(standin, sbom(tmp_path / "bom.json", system, [(purl, eco, bad) for purl, eco, bad, *_ in expected]))
    wrong = []
    for purl, ecosystem, bad, fixed, advisory in expected:
        match = matches.get((advisory.id, component(purl, ecosystem, bad)["purl"]))
        told = match and (match["vulnerability"]["severity"].lower(), match["vulnerability"]["fix"]["versions"])
        if told != (advisory.severity, [fixed] if fixed else []):
            wrong.append((advisory.id, purl, bad, told))
    assert expected and not wrong


@pytest.mark.parametrize("system", SYSTEMS)
def test_fixed_versions_are_not_found(standin, tmp_path, system):
    expected = [case for case in cases(system) if case[3]]
    matches = scan(standin, sbom(tmp_path / "bom.json", system, [(purl, eco, good) for purl, eco, _, good, _ in expected]))
    wrong = [(advisory.id, purl, good) for purl, ecosystem, _, good, advisory in expected
             if (advisory.id, component(purl, ecosystem, good)["purl"]) in matches]
    assert expected and not wrong


def test_a_finding_tells_its_cve_its_score_and_where_to_read_on(standin, tmp_path):
    found = scan(standin, sbom(tmp_path / "bom.json", "languages", [("pkg:pypi/PyYAML", "python", "5.3")]))
    match = found["GHSA-8q59-q68h-6hv4", "pkg:pypi/PyYAML@5.3"]
    assert match["vulnerability"]["severity"] == "Critical"
    assert match["vulnerability"]["cvss"][0]["metrics"]["baseScore"] == 9.8
    assert match["vulnerability"]["dataSource"] == "https://github.com/advisories/GHSA-8q59-q68h-6hv4"
    assert [(other["id"], other["severity"]) for other in match["relatedVulnerabilities"]] == [
        ("CVE-2020-14343", "Critical")]


def test_a_binary_package_is_matched_through_its_source(standin, tmp_path):
    purl = "pkg:deb/debian/libc6"
    document = sbom(tmp_path / "bom.json", "debian:12", [(purl, "deb", "2.36-9+deb12u2")])
    document.write_text(document.read_text().replace(f"{purl}@2.36-9+deb12u2\"}}",
                                                     f"{purl}@2.36-9+deb12u2?upstream=glibc&distro=debian-12\"}}"))
    assert "CVE-2023-4911" in {name for name, _ in scan(standin, document)}


# ---- import ----

ADVISORIES = """
[[python]]
id = "GHSA-8q59-q68h-6hv4"
package = "pyyaml"
affected = {"<5.4" = "5.4"}
severity = "critical"
published = 2021-03-25
text = "Runs code."
"""


@pytest.fixture
def own(tmp_path):
    path = tmp_path / "own.toml"
    path.write_text(ADVISORIES)
    return path


def test_the_command_writes_an_archive_that_grype_imports(store, own, tmp_path):
    archive = tmp_path / "own.tar.gz"
    assert main(["write", str(archive), "--advisories", str(own)]) == 0
    status = store.import_file(archive)
    assert (status["source"], status["advisories"], status["valid"]) == ("imported", 1, True)
    assert scan(store, sbom(tmp_path / "bom.json", "languages", [("pkg:pypi/pyyaml", "python", "5.3")]))


@pytest.mark.parametrize("pack", [["gzip", "-c", "-d"], ["zstd", "-q", "-c"], ["xz", "-c"]], ids=["tar", "zst", "xz"])
def test_other_packings_are_imported_too(store, own, tmp_path, pack):
    archive = tmp_path / "own.tar.gz"
    write_archive(archive, load(own), NOW)
    plain = subprocess.run(["gzip", "-c", "-d", archive], check=True, capture_output=True).stdout
    packed = tmp_path / {"gzip": "own.tar", "zstd": "own.tar.zst", "xz": "own.tar.xz"}[pack[0]]
    packed.write_bytes(plain if pack[0] == "gzip" else
                       subprocess.run(pack, input=plain, check=True, capture_output=True).stdout)
    assert store.import_file(packed)["source"] == "imported"


@pytest.mark.parametrize("name", ["vulnerability.db", "upload"])
def test_a_raw_database_file_is_imported_too(store, own, tmp_path, name):
    archive = tmp_path / "own.tar.gz"
    write_archive(archive, load(own), NOW)
    subprocess.run(["tar", "-xzf", archive, "-C", tmp_path], check=True)
    assert store.import_file((tmp_path / "vulnerability.db").rename(tmp_path / name))["source"] == "imported"


def test_an_archive_needs_no_name(store, own, tmp_path):
    write_archive(tmp_path / "upload", load(own), NOW)
    assert store.import_file(tmp_path / "upload")["source"] == "imported"


def test_the_standin_says_what_it_is_wherever_it_is_imported(store, tmp_path):
    assert main(["write", str(tmp_path / "written.tar.gz")]) == 0
    status = store.import_file(tmp_path / "written.tar.gz")
    assert not status["full"] and "not the full vulnerability database" in status["notice"]


def damage(archive, how):
    content = archive.read_bytes()
    if how == "cut":
        archive.write_bytes(content[:len(content) // 2])
    if how == "text":
        archive.write_text("no database\n")
    if how == "empty":
        archive.write_bytes(b"")
    if how == "flipped":
        middle = len(content) // 2
        archive.write_bytes(content[:middle] + bytes(byte ^ 255 for byte in content[middle:middle + 64])
                            + content[middle + 64:])


@pytest.mark.parametrize("how", ["cut", "text", "empty", "flipped"])
def test_a_broken_archive_is_refused_and_the_current_database_stays(store, own, tmp_path, standin_archive, how):
    assert store.install_standin(standin_archive)
    before = store.status()
    archive = tmp_path / "own.tar.gz"
    write_archive(archive, load(own), NOW)
    damage(archive, how)
    with pytest.raises(ArchiveRefused, match=r"own\.tar\.gz is no vulnerability database that Grype can import: \w"):
        store.import_file(archive)
    assert store.status() == before
    assert [folder.name for folder in store.folders.databases.iterdir()] == [store.folders.current().name]


def test_an_archive_past_the_allowed_age_is_refused(store, own, tmp_path, standin_archive):
    assert store.install_standin(standin_archive)
    write_archive(tmp_path / "old.tar.gz", load(own), NOW - timedelta(hours=121))
    with pytest.raises(ArchiveRefused, match=r"is 121(\.\d)? hours old, and 120 are allowed"):
        store.import_file(tmp_path / "old.tar.gz")
    assert not store.status()["full"]


def test_a_database_that_grew_old_is_no_longer_used(grype, own, tmp_path):
    store = Store(tmp_path / "store", binary=grype)
    write_archive(tmp_path / "own.tar.gz", load(own), NOW)
    store.import_file(tmp_path / "own.tar.gz")
    store.now = lambda: NOW + timedelta(hours=121)
    with pytest.raises(NoDatabase, match="121 hours old"), store.for_scan():
        pass


# ---- update ----

def test_an_update_comes_from_a_folder_served_over_http(grype, own, tmp_path, mirror, standin_archive):
    folder, address = mirror
    store = Store(tmp_path / "store", binary=grype, environ=os.environ | {"GRYPE_DB_UPDATE_URL": address,
                                                                          "NO_PROXY": "127.0.0.1"})
    assert store.install_standin(standin_archive)
    write_mirror(folder, load(own), NOW - timedelta(hours=2))
    assert store.update().changed
    assert store.status()["source"] == "updated"
    unchanged = store.update()
    assert not unchanged.changed and "is the newest" in unchanged.reason
    write_mirror(folder, load(own), NOW)
    assert store.update().changed
    assert store.status()["built"] == NOW.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert scan(store, sbom(tmp_path / "bom.json", "languages", [("pkg:pypi/pyyaml", "python", "5.3")]))


def test_a_broken_update_and_a_source_that_is_away_leave_the_current_database(grype, own, tmp_path, mirror, standin_archive):
    folder, address = mirror
    store = Store(tmp_path / "store", binary=grype, environ=os.environ | {"GRYPE_DB_UPDATE_URL": address,
                                                                          "NO_PROXY": "127.0.0.1"})
    assert store.install_standin(standin_archive)
    damage(write_mirror(folder, load(own), NOW), "cut")
    broken = store.update()
    assert not broken.changed and "Checksums did not match" in broken.reason
    (folder / "v6" / "latest.json").unlink()
    away = store.update()
    assert not away.changed and "listing" in away.reason
    assert not store.status()["full"] and store.status()["update"] == away.reason
