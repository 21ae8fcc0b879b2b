"""The gate's verdict against the exit code of the real `grype --only-fixed --fail-on`, for several advisories of one
vulnerability in one package."""

import json
import subprocess
from datetime import date

import pytest

from common.wire.contracts import ScanConfig
from images.grype_database.advisories import load
from images.grype_database.archive import write_archive
from scanner import findings, gate
from scanner.database import Store
from tests.contract.test_grype_database import NOW, grype, sbom  # noqa: F401  (grype is a fixture)

ADVISORIES = """
[[go]]
id = "GHSA-aaaa-bbbb-cccc"
cve = "CVE-2025-90001"
package = "github.com/example/dash"
affected = {"<12.0.7" = "12.0.7"}
severity = "critical"
published = 2025-03-25
text = "One."

[[go]]
id = "GHSA-gggg-hhhh-iiii"
cve = "CVE-2025-90001"
package = "github.com/example/dash"
affected = {"<13.0.0" = ""}
severity = "critical"
published = 2025-03-25
text = "Two."

[[python]]
id = "GHSA-gggg-jjjj-kkkk"
cve = "CVE-2025-90003"
package = "widgetlib"
affected = {"<2.0.0" = "2.0.0"}
severity = "high"
published = 2025-03-25
text = "High, with a fix."

[[python]]
id = "GHSA-llll-mmmm-nnnn"
cve = "CVE-2025-90003"
package = "widgetlib"
affected = {"<2.1.0" = ""}
severity = "critical"
published = 2025-03-25
text = "Critical, without a fix."
"""
PACKAGES = {"dash": ("pkg:golang/github.com/example/dash", "go", "12.0.0"),
            "widgetlib": ("pkg:pypi/widgetlib", "python", "1.0.0")}
FAILED_GATE = 2      # Grype's exit code where --fail-on was met


@pytest.fixture(scope="module")
def store(grype, tmp_path_factory):  # noqa: F811
    folder = tmp_path_factory.mktemp("gate")
    (folder / "own.toml").write_text(ADVISORIES)
    write_archive(folder / "own.tar.gz", load(folder / "own.toml"), NOW)
    store = Store(folder / "store", binary=grype)
    store.import_file(folder / "own.tar.gz")
    return store


@pytest.mark.parametrize("fail_on", ["critical", "high"])
@pytest.mark.parametrize("only_fixed", [True, False])
@pytest.mark.parametrize("package", PACKAGES)
def test_the_verdict_is_grypes(store, tmp_path, package, only_fixed, fail_on):
    document = sbom(tmp_path / "bom.json", "languages", [PACKAGES[package]])
    config = ScanConfig(fail_on=fail_on, only_fixed=only_fixed)
    code, _ = call(store, document, "--fail-on", fail_on, *(["--only-fixed"] if only_fixed else []))
    matches = json.loads(call(store, document)[1])["matches"]
    assert len(matches) == 2
    for ordered in (matches, matches[::-1]):
        found = findings.read({"matches": ordered})
        gate.waive(found, gate.rules(config, []), date(2026, 11, 30))
        assert len(found) == 1
        assert gate.judge(found, 1, config, {}).passed == (code != FAILED_GATE)


def call(store, document, *options):
    with store.for_scan() as database:
        done = subprocess.run([store.binary, f"sbom:{document}", "-o", "json", *options], env=database.env,
                              capture_output=True, text=True, timeout=60)
    assert done.returncode in (0, FAILED_GATE), done.stderr
    return done.returncode, done.stdout
