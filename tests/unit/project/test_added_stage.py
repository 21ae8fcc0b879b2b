"""A stage that is added to the table is executed, drawn and listed, without another change.

A copy of the product gets the row. What it must do then is in the files `added_stage.py` beside the tests of each part.
"""

import os
import shutil
import subprocess
import sys

import pytest

from cli.instance import ROOT

CHECKS = [f"tests/unit/{part}/added_stage.py" for part in ("orchestrator", "dashboard", "dbproxy", "cli")]
FOLDERS = ("cli", "common", "dashboard", "dbproxy", "forges", "images", "orchestrator", "tests")
LEFT_OUT = shutil.ignore_patterns("__pycache__", "node_modules", "e2e", "browser")
ROW = '    StageSpec("sign", "tester", ("test",), ("full", "sign")),\n'
KIND = '    KindSpec("sign", "image"),\n'


@pytest.fixture
def copy(tmp_path):
    for name in FOLDERS:
        shutil.copytree(ROOT / name, tmp_path / name, ignore=LEFT_OUT, symlinks=True)
    shutil.copy(ROOT / "pytest.ini", tmp_path)
    return tmp_path


def failed_and_passed(folder) -> tuple[int, int]:
    """How many of the checks fail and pass there."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *CHECKS], cwd=folder, capture_output=True, text=True,
        env={**os.environ, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"})
    told = dict(reversed(part.split()[:2]) for part in done.stdout.splitlines()[-1].partition(" in ")[0].split(", "))
    assert told.keys() <= {"failed", "passed"}, done.stdout[-3000:]
    return int(told.get("failed", 0)), int(told.get("passed", 0))


def test_a_row_in_the_table_is_enough(copy):
    failed, _ = before = failed_and_passed(copy)
    assert before == (failed, 0) and failed >= 10, "they pass without the row"
    table = copy / "common" / "wire" / "stages.py"
    text = table.read_text().replace('    StageSpec("promote", "deployer", ("scan", "test"),',
                                     ROW + '    StageSpec("promote", "deployer", ("scan", "sign"),')
    table.write_text(text.replace('    KindSpec("rollback", "former"),\n', KIND + '    KindSpec("rollback", "former"),\n'))
    assert failed_and_passed(copy) == (0, failed)
