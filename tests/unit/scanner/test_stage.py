"""The whole stage, with Syft and Grype as small programs that write what the real ones do."""

from __future__ import annotations

import json
import os
import select
import threading
import time

import pytest

from common.wire.contracts import ScanInputs
from common.wire.errors import Canceled, Failure, ServiceDown
from common.wire.reasons import Reason
from common.worker.joblog import JobLog
from common.worker.jobs import Cancel
from scanner.database import NoDatabase
from scanner.errors import ToolError
from scanner.layout import Layout
from scanner.registry import Registry
from scanner.stage import Parts, scan
from scanner.syft import Sboms
from scanner.workspace import Workspace
from tests.unit.scanner.fakes import GZIP, FakeDbproxy, FakeRegistry, match, tar, token, tool

STATUS = {"source": "imported", "full": True, "built": "2026-11-22T00:00:00Z", "age_hours": 3.0, "schema": "v6.1.9",
          "advisories": 9, "valid": True, "reason": None, "notice": None, "update": None}
SYFT = """
target = args[args.index("--output") + 1].removeprefix("syft-json=")
layout = args[1].removeprefix("oci-dir:")
index = json.load(open(layout + "/index.json"))
open(os.environ["TMPDIR"] + "/stereoscope-left", "w").write("x")
open(%(count)r, "a").write("x")
json.dump({"artifacts": [{"name": "a"}] * %(packages)d, "distro": {"name": "Debian", "versionID": "13"},
           "source": {"id": "x", "name": layout, "version": "", "type": "image",
                      "metadata": {"layers": [], "manifestDigest": index["manifests"][0]["digest"]}}},
          open(target, "w"))
"""
GRYPE = """
sbom = json.load(open(args[0].removeprefix("sbom:")))
assert os.environ["GRYPE_DB_CACHE_DIR"] == "/database"
for output in [args[i + 1] for i, arg in enumerate(args) if arg == "--output"]:
    kind, _, path = output.partition("=")
    json.dump({"kind": kind, "matches": %r, "source": sbom["source"]["version"]}, open(path, "w"))
"""


class FakeStore:
    """`problem` is what a scan that asks for the database meets."""

    def __init__(self):
        self.status, self.problem = dict(STATUS), None
        self.settled = threading.Event()
        self.settled.set()

    @property
    def ready(self):
        return self.settled.is_set()

    def for_scan(self):
        return self

    def __enter__(self):
        if self.problem:
            raise self.problem
        self.env = {"PATH": os.environ["PATH"], "GRYPE_DB_CACHE_DIR": "/database"}
        return self

    def __exit__(self, *_):
        return None


class World:
    def __init__(self, registry, root, monkeypatch):
        self.registry, self.root, self.dbproxy, self.store = registry, root, FakeDbproxy(), FakeStore()
        monkeypatch.setenv("PATH", f"{root / 'bin'}:{os.environ['PATH']}")
        self.count = root / "count"
        self.syft()
        self.grype()
        client = Registry(registry.address, None, token)
        workspace = Workspace(root / "scans")
        workspace.start()
        self.parts = Parts(self.store, workspace, client, Layout(root / "layout", client, keep=10**9, largest=10**9),
                           Sboms(root / "sboms"), self.dbproxy)
        self.cancel = Cancel()

    def syft(self, packages=2, body=SYFT):
        values = {"count": str(self.count), "packages": packages}
        tool(self.root / "bin", "syft", body % values if body is SYFT else body)

    def grype(self, *matches, body=None):
        tool(self.root / "bin", "grype", body or GRYPE % (list(matches),))

    def scan(self, image, *, run=7, baseline=None, **config):
        self.messages = []
        self.log = JobLog(run, "scan", 1, lambda key, body: self.messages.append(json.loads(body)))
        inputs = ScanInputs.model_validate({
            "run": run, "repo": {"id": 1, "forge": "local", "owner": "ann", "name": "shop"}, "ref": "main",
            "commit": "c" * 40, "image": image.model_dump(), "gate": config, "baseline_run": baseline})
        try:
            return scan(self.parts, inputs, self.log, self.cancel)
        finally:
            self.log.close()

    def lines(self):
        return [line for message in self.messages for line in message["lines"]]

    def left(self):
        return [path.name for path in (self.root / "scans").rglob("*") if path.is_file() and path.name != "lock"]


@pytest.fixture
def world(tmp_path, monkeypatch):
    with FakeRegistry().serving() as registry:
        yield World(registry, tmp_path, monkeypatch)


@pytest.fixture
def image(world):
    return world.registry.push((tar("a", b"a"), GZIP))


def test_a_clean_image_passes(world, image):
    outputs = world.scan(image)
    assert outputs == {"counts": {}, "fixable": 0, "waived": 0, "new": None, "gone": None, "against": None,
                       "packages": 2, "gate": {"passed": True, "reason": "no findings", "notes": [], "code": None,
                                                  "caveat": None, "failing": [], "failing_total": 0}, "sbom_reused": False,
                       "database": {"source": "imported", "full": True, "built": STATUS["built"], "age_hours": 3.0, "notice": None}}
    assert [(step["name"], step["state"]) for step in world.log.steps] == [
        (name, "success") for name in ("fetch", "catalogue", "match", "gate")]
    assert "2 packages on Debian 13" in world.lines() and "gate passed: no findings" in world.lines()
    assert world.left() == []


def test_the_gates_no_is_a_failure_that_carries_all(world, image):
    world.grype(match(), match("CVE-2", severity="Low", fixed=None))
    with pytest.raises(Failure, match="^1 critical: CVE-2026-0001 in openssl 3.0.1, fixed in 3.0.2$") as failure:
        world.scan(image)
    gate = failure.value.outputs["gate"]
    assert gate["failing_total"] == 1 and gate["failing"] == [
        {"vulnerability": "CVE-2026-0001", "severity": "critical", "package": "openssl", "version": "3.0.1",
         "fixed_in": "3.0.2"}]
    assert failure.value.outputs["counts"] == {"critical": 1, "low": 1} and failure.value.outputs["fixable"] == 1
    stored = world.dbproxy.stored["/v1/runs/7/findings"]
    assert stored["digest"] == image.digest and stored["attempt"] == 1
    assert [finding["vulnerability"] for finding in stored["findings"]] == ["CVE-2026-0001", "CVE-2"]
    assert world.log.steps[-1]["state"] == "failure"
    assert any(line.startswith("critical  CVE-2026-0001  openssl") for line in world.lines())


def test_all_documents_are_kept(world, image):
    world.scan(image)
    documents = {path.rpartition("/")[2]: json.loads(data) for path, data in world.dbproxy.stored.items()
                 if "/documents/" in path}
    assert set(documents) == {"sbom", "grype", "cyclonedx", "sarif"}
    assert documents["sbom"]["source"]["metadata"]["manifestDigest"] == image.digest
    assert documents["sbom"]["source"]["metadata"]["userInput"] == f"ann/shop@{image.digest}"
    assert documents["cyclonedx"]["kind"] == "cyclonedx-json"


def test_the_same_layers_are_catalogued_once(world):
    layers = [(tar("a", b"a"), GZIP)]
    first, second = (world.registry.push(*layers, labels={"run": run}) for run in ("1", "2"))
    assert first.digest != second.digest
    assert world.scan(first)["sbom_reused"] is False
    world.registry.asked.clear()
    assert world.scan(second)["sbom_reused"] is True
    assert world.count.read_text() == "x"
    assert len(world.registry.asked) == 2      # manifest and configuration
    sbom = json.loads(world.dbproxy.stored[f"/v1/images/{second.digest}/documents/sbom"])
    assert sbom["source"]["metadata"]["labels"] == {"run": "2"}


def test_another_layer_is_catalogued_anew(world, image):
    world.scan(image)
    assert world.scan(world.registry.push((tar("a", b"b"), GZIP)))["sbom_reused"] is False
    assert world.count.read_text() == "xx"


def test_a_damaged_kept_catalogue_is_an_error_once(world, image):
    world.scan(image)
    kept, = (world.root / "sboms").iterdir()
    kept.write_text("{")
    with pytest.raises(ToolError, match="catalogue cannot be read"):
        world.scan(image)
    assert world.scan(image)["packages"] == 2


def test_without_a_database_nothing_passes_and_nothing_is_fetched(world, image):
    world.store.problem = NoDatabase("no vulnerability database is installed; ./continuum db import FILE")
    with pytest.raises(NoDatabase):
        world.scan(image)
    assert world.registry.asked == [] and world.dbproxy.stored == {}


def test_a_pass_without_the_full_database_says_so_in_gate_reason_and_code(world, image):
    world.store.status["full"] = False
    done = world.scan(image)
    assert done.reason == Reason("passed, but without the full vulnerability database", "no_full_database")
    assert done.outputs["gate"] == {"passed": True, "reason": "no findings (no full database)", "notes": [],
                                    "code": "no_full_database", "caveat": "no full database", "failing": [], "failing_total": 0}


def test_a_gate_that_failed_without_the_full_database_says_so_too(world, image):
    world.store.status["full"] = False
    world.grype(match("CVE-2026-1", severity="Critical"))
    with pytest.raises(Failure) as failed:
        world.scan(image, fail_on="critical")
    assert failed.value.error == "gate_failed" and failed.value.outputs["gate"]["code"] == "no_full_database"


def test_the_notice_of_a_database_is_in_the_log_and_in_the_outputs(world, image):
    world.store.status["notice"] = "Not the full one"
    assert world.scan(image)["database"]["notice"] == "Not the full one"
    assert "Not the full one" in world.lines()


def test_the_first_scan_waits_for_the_first_database(world, image):
    world.store.settled.clear()
    threading.Timer(0.05, world.store.settled.set).start()
    assert world.scan(image)["gate"]["passed"]
    assert world.lines()[0] == "the first vulnerability database is being downloaded; scans wait for it"


def test_a_scan_that_waits_for_the_first_database_can_be_canceled(world, image):
    world.store.settled.clear()
    world.cancel.request()
    with pytest.raises(Canceled):
        world.scan(image)


def test_an_empty_catalogue_is_told(world, image):
    world.syft(packages=0)
    outputs = world.scan(image)
    assert outputs["packages"] == 0
    assert outputs["gate"]["reason"] == "no packages were recognised: nothing to scan is not clean"


def test_new_and_gone_against_the_baseline_of_several_pages(world, image):
    world.grype(match("CVE-1", severity="Low"), match("CVE-0000", severity="Low"))
    world.dbproxy.scans[3] = [{"vulnerability": f"CVE-{number:04}", "package": "openssl", "type": "deb"}
                              for number in range(250)]
    outputs = world.scan(image, baseline=3)
    assert (outputs["new"], outputs["gone"], outputs["against"]) == (1, 249, 3)
    assert len(world.dbproxy.stored["/v1/runs/7/findings"]["gone"]) == 249
    assert "against the live image, of run 3: 1 new, 249 gone" in world.lines()


def test_a_baseline_that_was_never_scanned_compares_with_nothing(world, image):
    assert world.scan(image, baseline=99)["new"] is None


@pytest.mark.parametrize(("body", "cause"), [
    ("sys.stderr.write('[0000] ERROR no such layer\\n'); sys.exit(1)", "syft ended with exit code 1: .*no such layer"),
    ("os.kill(os.getpid(), 9)", r"syft was killed, perhaps because the scanner ran out of memory"),
    ("pass", "catalogue cannot be read"),
])
def test_a_syft_that_breaks_is_an_error(world, image, body, cause):
    world.syft(body=body)
    with pytest.raises(ToolError, match=cause):
        world.scan(image)
    assert [step["state"] for step in world.log.steps] == ["success", "failure"]
    assert world.left() == [] and list((world.root / "sboms").iterdir()) == []


@pytest.mark.parametrize("body", ["sys.exit(1)", "pass", "open(args[3].partition('=')[2], 'w').write('{}')"])
def test_a_grype_that_breaks_is_an_error_and_never_a_pass(world, image, body):
    world.grype(body=body)
    with pytest.raises(ToolError):
        world.scan(image)
    assert "/v1/runs/7/findings" not in world.dbproxy.stored


def test_results_that_cannot_be_stored_are_an_error(world, image):
    world.dbproxy.problem = ServiceDown("dbproxy does not answer")
    with pytest.raises(ServiceDown):
        world.scan(image)


def test_cancel_kills_a_tool_and_its_children_at_once(world, image):
    pids = world.root / "pids"
    world.syft(body=f"import subprocess\nchild = subprocess.Popen(['sleep', '60'])\n"
                    f"open({str(pids)!r}, 'w').write(f'{{os.getpid()}} {{child.pid}}')\ntime.sleep(60)")

    def cancel_once_it_runs():
        while not (pids.exists() and pids.read_text()):
            time.sleep(0.01)
        world.cancel.request()

    threading.Thread(target=cancel_once_it_runs).start()
    began = time.monotonic()
    with pytest.raises(Canceled):
        world.scan(image)
    assert time.monotonic() - began < 10      # of 60 without the cancel
    assert [pid for pid in pids.read_text().split() if _outlives(pid)] == []
    assert world.left() == []


def _outlives(pid: str) -> bool:
    """Is it still there after 10 s? What was killed a moment ago may need one to go."""
    try:
        process = os.pidfd_open(int(pid))
    except ProcessLookupError:
        return False
    try:
        return not select.select([process], [], [], 10)[0]
    finally:
        os.close(process)


def test_the_timeout_is_a_failure(world, image):
    world.syft(body="time.sleep(60)")
    with pytest.raises(Failure, match=r"^the scan took longer than 0.3 s: set a longer scan.timeout, or make the image smaller$"):
        world.scan(image, timeout="300ms")


def test_an_unreachable_image_says_what_to_do(world, image):
    world.registry.blobs.clear()
    with pytest.raises(Exception, match="build the image again"):
        world.scan(image)


def test_what_a_killed_scanner_left_is_swept(tmp_path):
    first, second = Workspace(tmp_path), Workspace(tmp_path)
    first.start()
    left = first.own / "7.1-x"
    left.mkdir()
    (left / "stereoscope").write_text("x")
    second.start()
    assert left.exists()                 # its process lives
    os.close(first._lock)                # and now it does not
    assert Workspace.sweep(second) == [first.own.name]
    assert not left.exists() and second.own.exists()

