"""Stages, kinds of run and states are listed in common/wire/stages.py alone; everything else reads it."""

import pytest

from tests.figures.lists import lists, lists_of, product


@pytest.mark.parametrize("path, text", [
    ("a.py", 'ORDER = ("build", "scan", "deploy")'), ("a.py", 'WORKERS = {"build": "builder", "scan": "scanner"}'),
    ("a.py", 'Kind = Literal["full", "rollback"]'), ("a.py", 'OVER = {"success", "failure", "error", "canceled"}'),
    ("a.py", 'if state in ("pending", "running"): pass'), ("a.py", 'FAILED = ("failure", "error")'),
    ("a.py", "sql = \"state IN ('pending', 'running')\""), ("a.py", 'regex = r"(?:build|scan|deploy|test|promote)"'),
    ("a.html", "{% for name in ('build', 'scan') %}"), ("a.html", "{% if run.state in ('failure', 'error', 'canceled') %}"),
    ("a.js", 'const OVER = ["success", "failure", "error"];'), ("a.css", ".stage-build { } .stage-scan { }"),
    ("a.sql", "CHECK (kind IN ('full', 'build', 'scan'))"), ("a.json", r'"write": "^log\\.(deploy|promote)$"')])
def test_a_list_is_recognised(path, text):
    assert lists_of(path, text)


@pytest.mark.parametrize("path, text", [
    ("a.py", '"""build, scan, deploy and test"""'), ("a.py", 'SIGNS = {"success": 1, "failure": 2, "error": 3}'),
    ("a.py", 'COMMANDS = ("up", "down", "demo", "test")'), ("a.py", 'if stage == "build" or stage == "deploy": pass'),
    ("a.css", ".stage-build { }"), ("a.sh", "# build, scan and deploy"), ("a.sql", "WHERE state = 'pending'")])
def test_what_names_one_is_no_list(path, text):
    assert lists_of(path, text) == []


def test_one_file_lists_them():
    assert len(product()) > 400
    assert {"common/wire/stages.py", "dashboard/static/js/states.js", "dashboard/templates/repo.html"} <= set(product())
    assert lists().keys() == {"common/wire/stages.py"}, "read the table instead"
