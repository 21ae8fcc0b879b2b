"""A failed image build names the cause that its output shows, and no other."""

from pathlib import Path

import pytest

from cli.buildproblem import explain_build
from cli.errors import CommandFailed


@pytest.mark.parametrize("line, cause, step", [
    ("SSLError: certificate verify failed: unable to get local issuer certificate", "certificate", "CA_BUNDLE in /x/.env"),
    ("Temporary failure resolving 'mirror.example'", "name", "DNS"),
    ("ERROR: 407 Proxy Authentication Required", "proxy", "login"),
    ("Err:1 http://mirror.example trixie InRelease 403  Forbidden", "403", "lines above"),
    ("write /tmp/x: no space left on device", "disk is full", "free disk space")])
def test_what_the_output_shows_is_the_cause(line, cause, step):
    problem = explain_build(CommandFailed(["docker"], 1, ["first", line, "exit code: 100"]), Path("/x/.env"))
    assert cause in problem.cause and line in problem.cause and step in problem.next_step


def test_nothing_is_guessed():
    problem = explain_build(CommandFailed(["docker"], 17, ["exit code: 1"]), Path("/x/.env"))
    assert "exit code 17" in problem.cause and "CA_BUNDLE" not in str(problem)


def test_the_last_ten_lines_are_shown():
    lines = [f"line {number:02}" for number in range(12)]
    cause = explain_build(CommandFailed(["docker"], 1, lines), Path(".env")).cause
    assert "line 01" not in cause and "line 02" in cause and "line 11" in cause
