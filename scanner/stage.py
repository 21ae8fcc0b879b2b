"""The stage `scan`: an image becomes findings, and the gate speaks."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import date, datetime, timezone
from pathlib import Path

from common.api.client import Dbproxy
from common.wire import limits
from common.wire.contracts import ScanInputs, ScanOutputs
from common.wire.errors import Failure
from common.wire.partial_database import CODE
from common.wire.reasons import reason
from common.worker.joblog import JobLog
from common.worker.jobs import Cancel, Done

from . import findings as found
from . import gate, grype, results, syft, table
from .database import FIRST, Status, Store
from .errors import ToolError
from .fetch import describe, fetch_layers
from .layout import Layout
from .limit import Limit
from .registry import Image, Registry
from .workspace import Workspace

LOOK = 1      # seconds between two looks whether a scan that waits was canceled


@dataclass(frozen=True)
class Parts:
    """What a scan works with, the same for all."""

    store: Store
    workspace: Workspace
    registry: Registry
    layout: Layout
    sboms: syft.Sboms
    dbproxy: Dbproxy


def scan(parts: Parts, inputs: ScanInputs, log: JobLog, cancel: Cancel) -> dict | Done:
    """ScanOutputs as JSON; raises Failure, which carries them too, where the gate says no.

    The database comes first: without one to trust, NoDatabase ends the job as error before anything is fetched.
    Findings and reports are stored before the stage ends, whatever the gate says.
    """
    inputs = _limited(inputs, log)
    _await_database(parts.store, log, cancel)
    limit = Limit(cancel, inputs.gate.timeout)
    with (parts.store.for_scan() as database, parts.workspace.folder(f"{inputs.run}.{inputs.attempt}") as folder,
          results.Uploads(parts.dbproxy, inputs.run, inputs.attempt, inputs.image.digest, log) as uploads):
        baseline = uploads.beside(results.baseline, parts.dbproxy, inputs.baseline_run)
        _tell_database(database.status, log)
        image, known = _fetch(parts, inputs, folder, log, limit)
        catalogue = _catalogue(parts, image, known, folder, log, limit)
        uploads.document("sbom", catalogue.path, results.SBOM_TYPE)
        reports = _match(catalogue, folder, database.env, uploads, log, limit)
        return _judge(inputs, catalogue, reports, database.status, baseline, uploads, log)


def _limited(inputs: ScanInputs, log: JobLog) -> ScanInputs:
    """Return the inputs with a gate that owners allow: that of a retry may be older than the limit."""
    allowed, told = limits.part_within("scan", inputs.gate, inputs.limits)
    for sentence in told:
        log.line(sentence)
    return inputs.model_copy(update={"gate": allowed})


def _await_database(store: Store, log: JobLog, cancel: Cancel) -> None:
    """A new installation downloads its first database while its first scan comes: the scan waits, and its own time does
    not run yet. Raises Canceled."""
    if store.ready:
        return
    log.line(FIRST)
    while not store.settled.wait(LOOK):
        cancel.check()


def _tell_database(status: Status, log: JobLog) -> None:
    log.line(f"vulnerability database: {status['source']}, built {status['built']}, {status['advisories']} "
             f"vulnerabilities, {status['age_hours']:g} hours old")
    if status["notice"]:
        log.line(status["notice"])


def _fetch(parts: Parts, inputs: ScanInputs, folder: Path, log: JobLog, limit: Limit) -> tuple[Image, bool]:
    """(the image, is its catalogue known): a known one needs no layers."""
    with log.step("fetch"):
        log.line(describe(inputs.image))
        image = parts.registry.image(inputs.image)
        known = parts.sboms.take(syft.key(image), folder / "made.json")
        if known:
            log.line(f"{len(image.layers)} layers, all of them catalogued by an earlier scan: nothing to fetch")
        else:
            fetch_layers(parts.layout, image, folder / "layout", log, limit)
        return image, known


def _catalogue(parts: Parts, image: Image, known: bool, folder: Path, log: JobLog, limit: Limit) -> syft.Catalogue:
    name, made = syft.key(image), folder / "made.json"
    with log.step("catalogue"):
        if not known:
            syft.catalogue(folder / "layout", made, folder / "syft", limit)
        try:
            catalogue = syft.of_image(made, image, folder / "sbom.json", reused=known)
        except ToolError:
            parts.sboms.drop(name)      # the next scan makes it anew
            raise
        if not known:
            parts.sboms.keep(name, made)
            parts.layout.evict()
        system = f" on {catalogue.distro}" if catalogue.distro else ""
        log.line(f"{catalogue.packages} packages{system}{', from the kept SBOM' if known else ''}")
        return catalogue


def _match(catalogue: syft.Catalogue, folder: Path, env: dict[str, str], uploads: results.Uploads, log: JobLog,
           limit: Limit) -> grype.Reports:
    with log.step("match"):
        reports = grype.match(catalogue.path, folder, env, limit)
        for kind, path in reports.files.items():
            uploads.document(kind, path, grype.KINDS[kind][1])
        log.line(f"{len(reports.report['matches'])} matches")
        for sentence in found.alerts(reports.report):
            log.line(sentence)
        return reports


def _judge(inputs: ScanInputs, catalogue: syft.Catalogue, reports: grype.Reports, status: Status, baseline: Future,
           uploads: results.Uploads, log: JobLog) -> dict | Done:
    with log.step("gate"):
        findings = found.read(reports.report)
        before = baseline.result()
        gone = found.mark_changes(findings, before)
        notes = gate.waive(findings, gate.rules(inputs.gate, inputs.waivers), _today(),
                           limits.last_day(inputs.limits, _today()))
        uploads.findings(findings, gone)
        verdict = gate.judge(findings, catalogue.packages, inputs.gate, notes, status["full"])
        against = None if before is None else inputs.baseline_run
        _show(findings, gone, against, verdict, log)
        outputs = _outputs(findings, gone, against, catalogue, status, verdict)
        uploads.finish()
        if not verdict.passed:
            failure = Failure(verdict.reason, error="gate_failed")
            failure.outputs = outputs
            raise failure
        return outputs if verdict.full else Done(outputs, reason(CODE))


def _show(findings: list[found.Finding], gone: list[dict], against: int | None, verdict: gate.Verdict,
          log: JobLog) -> None:
    for line in [*table.lines(findings), *verdict.notes]:
        log.line(line)
    if against is not None:
        new = sum(finding.change == "new" for finding in findings)
        log.line(f"against the live image, of run {against}: {new} new, {len(gone)} gone")
    log.line(f"gate {'passed' if verdict.passed else 'failed'}: {verdict.reason}")


def _outputs(findings: list[found.Finding], gone: list[dict], against: int | None, catalogue: syft.Catalogue,
             status: Status, verdict: gate.Verdict) -> dict:
    compared = against is not None
    counted = [finding for finding in findings if not finding.waived]
    return ScanOutputs(
        counts=Counter(finding.severity for finding in counted),
        fixable=sum(finding.fixed_in is not None for finding in counted), waived=len(findings) - len(counted),
        new=sum(finding.change == "new" for finding in findings) if compared else None,
        gone=len(gone) if compared else None, against=against,
        packages=catalogue.packages, gate=verdict.document(),
        database={name: status[name] for name in ("source", "full", "built", "age_hours", "notice")},
        sbom_reused=catalogue.reused).model_dump()


def _today() -> date:
    return datetime.now(timezone.utc).date()
