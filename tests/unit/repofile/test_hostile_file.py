"""A .continuum.yml that is made to cost as much as possible. Orchestrator and dashboard read it in their own process."""

import subprocess
import sys

import pytest

from cli.instance import ROOT

HOSTILE = {
    "nested lists": "[" * 60_000, "nested keys": "\n".join(" " * depth + "a:" for depth in range(300)),
    "unknown keys": "".join(f"k{number}: 1\n" for number in range(7000)), "one key": "a: 1\n" * 10_000,
    "keys without values": "{" + "a," * 30_000 + "}", "a long value": "build: {context: " + "a" * 60_000 + "}",
    "a long number": "deploy: {memory: " + "9" * 60_000 + "}", "checks": "test: {http: [" + "{path: /}," * 5000 + "]}",
    "lists as keys": "? [a]\n: 1\n" * 6000, "stars": "on: {paths: [" + "'" + "*" * 60_000 + "']}", "anchors": "a: &b 1\n" * 6000,
}
# Prints the length of the reason and how many KiB the process grew while it read the file.
READ = """
import resource, sys
from common.wire.errors import Failure
from common.wire.repofile import parse
def largest():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
parse("deploy: {port: 80}")
text, before, reason = sys.stdin.read(), largest(), ""
try:
    parse(text)
except Failure as refused:
    reason = str(refused)
print(len(reason), largest() - before)
"""


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_file_takes_little_memory_and_gives_short_reasons(text):
    done = subprocess.run([sys.executable, "-c", READ], input=text, capture_output=True, text=True, cwd=ROOT, check=True)
    reason, grown = map(int, done.stdout.split())
    assert reason < 4000 and grown < 48 * 1024
