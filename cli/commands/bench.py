"""bench: measure, side by side."""

from __future__ import annotations

import os
import subprocess
import sys

import click

from cli import platform
from cli.instance import ROOT, Instance
from cli.progress import Progress
from cli.testing import alone, beside, ensure_chromium, test_settings
from cli.venv import ensure_venv


@click.command()
@click.argument("names", nargs=-1)
@click.option("--keep", is_flag=True, help="Leave the test installation running.")
@click.pass_obj
def bench(instance: Instance, names: tuple[str, ...], keep: bool) -> None:
    """Measure in an installation of its own: NAMES, or all; their rows in docs/performance.md are written anew.

    Exit code 1 where a budget is not kept.
    """
    progress, instance = Progress(), beside(instance)
    with alone(instance):
        sys.exit(_measure(names, instance, progress, keep=keep))


def _measure(names: tuple[str, ...], instance: Instance, progress: Progress, *, keep: bool) -> int:
    python = ensure_venv(ROOT / "tests" / "requirements.txt", progress)
    try:
        if not names or "pages" in names:
            ensure_chromium(progress)
        platform.up(instance, progress, test_settings(instance))
        return subprocess.run([str(python), "-m", "bench", *names], cwd=ROOT,
                              env={**os.environ, "CONTINUUM_INSTANCE": instance.name}).returncode
    finally:
        if not keep and instance.generated_env.exists():
            platform.down(instance, progress, volumes=True)
        progress.close()
