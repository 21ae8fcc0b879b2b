"""A warm full run after a one-line change, against a script that does the same five jobs with the same tools."""

from __future__ import annotations

import shutil
import statistics
import subprocess
import time
from datetime import datetime
from pathlib import Path

from bench.measures import Measure, spread
from cli import envfile
from cli.cache import cache_dir
from cli.instance import ROOT
from cli.proc import answer, run
from common.wire.stages import STAGES
from tests.harness.stack import Repo, Stack

PAIRS = 7
BASE = "python:3.13-slim"


def measure(stack: Stack) -> list[Measure]:
    """Platform and script in turn, a fresh one-line change for each."""
    repo = stack.repo("hello-flask")
    work = stack.scratch / "by-hand"
    work.mkdir()
    made_base = _base_image(stack, work)
    database = _grype_database(stack, work)
    ours, script, added = [], [], []
    try:
        for number in range(PAIRS + 1):      # the first of each warms up
            ended, seconds = _ours(stack, repo, number)
            theirs = _by_hand(repo, work, database, number)
            if number:
                ours.append(seconds)
                script.append(theirs)
                added.append(_added(ended))
    finally:
        _remove_containers()
        if made_base:
            run(["docker", "rmi", BASE])
    ratios = [a / b for a, b in zip(ours, script, strict=True)]
    return [Measure("warm full run / the same by a script", statistics.median(ratios), 0.8, "x",
                    f"{PAIRS} pairs; ours {spread(ours)} s, script {spread(script)} s (min / median / max)"),
            *_overhead(added)]


def _change(repo: Repo, who: str, number: int) -> None:
    repo.write("app.py", f"{(repo.work / 'app.py').read_text()}# {who} {number}\n")
    repo.commit(f"{who} {number} [skip ci]")
    repo.push()


def _ours(stack: Stack, repo: Repo, number: int) -> tuple[dict, float]:
    _change(repo, "ours", number)
    began = time.perf_counter()
    ended = stack.wait(repo.run()["id"])
    seconds = time.perf_counter() - began
    assert ended["state"] == "success", ended["reason"]
    return ended, seconds


def _by_hand(repo: Repo, work: Path, database: Path, number: int) -> float:
    _change(repo, "script", number)
    began = time.perf_counter()
    subprocess.run([str(ROOT / "bench" / "by_hand.sh"), str(repo.bare), str(work), str(_grype()), str(database)],
                   check=True)
    return time.perf_counter() - began


def _added(ended: dict) -> float:
    """Seconds that the platform adds to the tools of one run: its length less the longest chain of its jobs."""
    jobs = {job["stage"]: job for job in ended["jobs"]}
    length = {stage: _seconds(jobs[stage]["started"], jobs[stage]["ended"]) for stage in STAGES}
    return _seconds(ended["created"], ended["ended"]) - max(_chain(stage, length) for stage in STAGES)


def _chain(stage: str, length: dict[str, float]) -> float:
    """Seconds of the longest chain of stages that ends with this one."""
    return length[stage] + max((_chain(earlier, length) for earlier in STAGES[stage].after), default=0)


def _overhead(added: list[float]) -> list[Measure]:
    middle = statistics.median(added)
    return [Measure("added by the platform over five stages", middle, 0.5, "s",
                    f"{len(added)} runs; {spread(added)} s (min / median / max)"),
            Measure("added by the platform, a stage", middle / 4 * 1000, 50, "ms",
                    "the same, by the four stages in a row")]


def _seconds(begin: str | int, end: str | int) -> float:
    return _moment(end) - _moment(begin)


def _moment(value: str | int) -> float:
    """Seconds since 1970: runs tell ISO 8601, jobs milliseconds."""
    return value / 1000 if isinstance(value, int) else datetime.fromisoformat(value.replace("Z", "+00:00")).timestamp()


def _base_image(stack: Stack, work: Path) -> bool:
    """What the example's FROM names, for the engine's own builder; returns whether it was made here.

    Where no image registry answers, or a proxy inspects TLS, the engine's builder cannot do what ours can: it gets our
    stand-in, with the certificates that pip needs.
    """
    if answer(["docker", "image", "inspect", BASE]):
        return False
    bundle = stack.api.settings["CA_BUNDLE"]
    (work / "base").mkdir()
    shutil.copy(bundle or "/dev/null", work / "base" / "ca.crt")
    image = envfile.read(stack.instance.generated_env)["PYTHON_IMAGE"]
    trust = "COPY ca.crt /etc/bench-ca.crt\nENV PIP_CERT=/etc/bench-ca.crt\n" if bundle else ""
    (work / "base" / "Dockerfile").write_text(f"FROM {image}\n{trust}")
    run(["docker", "build", "--quiet", "--tag", BASE, str(work / "base")])
    return True


def _grype() -> Path:
    """The Grype of the scanner's image, taken out of it, so that both sides run the same program."""
    path = cache_dir("bench") / "grype"
    if not path.exists():
        made = answer(["docker", "create", "continuum-test/scanner"])
        run(["docker", "cp", f"{made}:/usr/local/bin/grype", str(path)])
        run(["docker", "rm", made])
    return path


def _grype_database(stack: Stack, work: Path) -> Path:
    """A copy of the database that the scanner uses."""
    folder = work / "grype"
    run(["docker", "cp", "--follow-link", f"{stack.container('scanner')}:/var/lib/continuum/database/current",
         str(folder)])
    return folder


def _remove_containers() -> None:
    left = answer(["docker", "ps", "--all", "--quiet", "--filter", "label=continuum.bench"])
    if left:
        run(["docker", "rm", "--force", *left.split()])
