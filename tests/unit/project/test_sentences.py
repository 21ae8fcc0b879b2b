"""No code reads a sentence for people: reasons and errors have codes beside them."""

from __future__ import annotations

import ast

import pytest

from cli.instance import ROOT
from common.wire.reasons import ERRORS
from tests.figures.lists import product
from tests.figures.sentences import in_python, in_script, in_template, reading


def test_no_product_file_reads_a_sentence():
    assert reading() == [], "ask for the code (common/wire/reasons.py), or for the exception's `error`"


@pytest.mark.parametrize("code", [
    "if ' ahead' in job.reason: pass", "job['reason'].startswith('timeout')", "problem.detail == 'gone'", "reason == REMOVED",
    "message.get('reason') == REMOVED", "row['reason'] in ('done', 'running')", "re.findall(r'line (.*)', str(reason))",
    "(found.reason or '').startswith(f'{stage}: ')", "reason[:60] in line", "'no' in found.health_reason.lower()"])
def test_reading_is_seen_in_python(code):
    assert in_python(code) == [1]


@pytest.mark.parametrize("code", [
    "for reason in found: pass", "job.code == 'canceled'", "row['reason'] != view['reason']", "reason == ''", "print(reason)",
    "reason.partition('\\n')[0]", "'reason' in body", "name in ('reason', 'code')", "if job.reason: pass"])
def test_showing_and_passing_on_is_no_reading(code):
    assert in_python(code) == []


@pytest.mark.parametrize("text, lines", [
    ("\n{{ job.reason if ' ahead' in job.reason else '' }}", [2]), ("{% if job.reason not in ('done', state) %}", [1]),
    ("{% if run.reason == 'running' %}", [1]), ("{% if case.message not in why.reason %}", [1]),
    ("{{ detail.endswith('.') }}", [1]), ("{{ job.reason|first_line }}", []), ("{% if job.code not in PLAIN %}", []),
    ("{% for reason in found %}", []), ("the row 'x' in reason (prose)", []), ("{{ given.get('reason', '') }}", [])])
def test_reading_is_seen_in_templates(text, lines):
    assert in_template(text) == lines


@pytest.mark.parametrize("text, lines", [
    ("a\nif (job.reason.includes('ahead')) b()", [2]), ("run.reason === 'x'", [1]), ("first(run.reason)", [])])
def test_reading_is_seen_in_scripts(text, lines):
    assert in_script(text) == lines


def test_every_word_that_ends_a_job_is_in_the_table():
    """Of a Failure or StageError: a Problem's word is its HTTP answer's."""
    words = {keyword.value.value for name in product() if name.endswith(".py")
             for node in ast.walk(ast.parse((ROOT / name).read_text()))
             if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in {"Failure", "StageError"}
             for keyword in node.keywords if keyword.arg == "error"}
    assert words and words <= ERRORS.keys()
