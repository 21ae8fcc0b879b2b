"""The logic of the pages' scripts, tested by `node --test`. Node comes from PyPI with the test packages."""

import re
import subprocess
from pathlib import Path

import pytest

from cli.instance import ROOT
from tests.harness.npm import NODE

FILES = sorted(Path(__file__).parent.glob("*.test.mjs"))
SCRIPTS = "dashboard/static/js/"
# Scripts that decide something by themselves. The others bind keys, buttons and forms, which tests/browser presses.
LOGIC = {"concerns", "feed", "hold", "live", "states", "times", "log/ansi", "log/colors", "log/heads", "log/layout", "log/scroller",
         "log/search", "log/steps", "log/store", "log/stream"}
LEAST = 90      # percent of the lines of each
LONGEST = 120   # seconds, then a script hangs


def run_node(*args: str) -> tuple[int, str]:
    """Return the exit code of node's test runner and what it printed.

    A script that loops for ever is ended by SIGTERM, which node passes on to the process of each file; a kill would leave
    that process running.
    """
    process = subprocess.Popen([str(NODE), "--test", *args], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        printed = process.communicate(timeout=LONGEST)[0]
    except subprocess.TimeoutExpired:
        process.terminate()
        printed = process.communicate()[0]
    return process.returncode, printed


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name.removesuffix(".test.mjs"))
def test_script(path):
    code, printed = run_node("--test-reporter=spec", str(path))
    assert code == 0, printed
    assert int(re.search(r"^ℹ tests (\d+)$", printed, re.MULTILINE)[1]) > 1, "node found no test in the file"


def test_the_tests_reach_nearly_every_line():
    _, printed = run_node("--experimental-test-coverage", "--test-reporter=lcov", *map(str, FILES))
    reached = percent_of_lines(printed)
    print(*(f"{reached[name]:6.1f} %  {name}" for name in sorted(reached)), sep="\n")
    assert {name: reached.get(name, 0) for name in LOGIC if reached.get(name, 0) < LEAST} == {}


def percent_of_lines(lcov: str) -> dict[str, float]:
    """Return what share of each script's lines ran, by the script's name without its ending: {"log/ansi": 98.2}."""
    found = {}
    for record in lcov.split("end_of_record"):
        name = re.search(rf"^SF:(?:.*/)?{SCRIPTS}(.+)\.js$", record, re.MULTILINE)
        if name:
            total, ran = (int(re.search(rf"^{key}:(\d+)$", record, re.MULTILINE)[1]) for key in ("LF", "LH"))
            found[name[1]] = 100 * ran / total
    return found
