"""Author input is parsed in a child process whose limits hold."""

import json

import pytest

from common.worker import bounded
from deployer import report_reader
from tester import junit


def test_a_child_over_its_memory_ends_and_the_caller_learns_it(monkeypatch):
    with pytest.raises(bounded.OverLimit, match="memory"):
        bounded.parse("tester.junit", ["x"], (b"x" * 1024**2 for _ in range(600)), 100)


def test_a_result_over_its_bound_is_refused():
    xml = b"<testsuite>" + b"<testcase name='a'/>" * 2000 + b"</testsuite>"
    with pytest.raises(bounded.OverLimit, match="larger"):
        bounded.parse("tester.junit", ["x"], [xml], 100)


def test_an_argument_that_cannot_be_passed_on_is_named():
    with pytest.raises(bounded.OverLimit, match="passed on"):
        bounded.parse("tester.junit", ["a\0b"], [], 100)


def test_a_report_comes_back_as_from_the_parser_itself():
    xml = "<testsuite><testcase name='é'><failure message='m'>t</failure></testcase></testsuite>"
    assert junit.read_bounded(xml, "c") == junit.read(xml, "c")
    with pytest.raises(junit.BadReport, match="no readable"):
        junit.read_bounded("<a", "c")


def test_many_stars_cost_no_more_than_the_product_of_the_lengths():
    path = ["", *["a" * 200] * 60]
    assert not report_reader.fits(path, ["", *["**", "*a*a*a*a*a*a*a*a*a*a*a*b"] * 20])
    assert report_reader.fits(path, ["", "**", "*a*a*a*"])


def test_reports_that_are_not_utf8_are_refused_not_expanded():
    assert "problem" in report_reader._text(b"\xff" * 1000)
    assert json.dumps(report_reader._text(b'<?xml version="1.0" encoding="ISO-8859-1"?><a>\xe9</a>'), ensure_ascii=False).count("é") == 1
