"""Commands through the deployer, and their JUnit reports."""

from __future__ import annotations

import time

import pytest

from common.wire.errors import BadRequest, Canceled, Failure, ServiceDown
from tester.ndjson import split_objects
from tester.stage import test as run_stage
from tests.unit.tester.fakes import DIGEST, inputs, request_soon

JUNIT = """<?xml version="1.0" encoding="utf-8"?><testsuites><testsuite name="pytest" tests="4">
<testcase classname="tests.test_cart" name="test_add" time="0.01"/>
<testcase classname="tests.test_cart" name="test_total" time="0.02"><failure message="assert 3 == 4">def test_total():
&gt;   assert total() == 4
E   assert 3 == 4

tests/test_cart.py:12: AssertionError</failure></testcase>
<testcase classname="tests.test_cart" name="test_later" time="nonsense"><skipped message="not yet"/></testcase>
<testcase classname="tests.test_cart" name="test_setup" file="tests/test_cart.py" line="20">
<error message="no database"/></testcase></testsuite></testsuites>"""
GOOD = '<testsuite name="s"><testcase name="a"/><testcase name="b"/></testsuite>'


def run(services, log, cancel, *commands, address=("shop-3", 8000), **config):
    return run_stage(services, inputs({"commands": list(commands), **config}, address=address), log, cancel)


def test_output_streams_into_the_log_and_zero_passes(services, log, cancel):
    services.deployer.output = [{"line": "one"}, {"line": "two"}, {"exit": 0, "reports": []}]
    outputs = run(services, log, cancel, {"run": ["sh", "-c", "echo one; echo two"], "env": {"A": "b"}})
    assert outputs["passed"] == 1
    path, request = services.deployer.requests[0]
    assert path == "/v1/commands/7.test.1.1"
    assert request["argv"] == ["sh", "-c", "echo one; echo two"]
    assert request["image"] == {"repository": "ann/shop", "digest": DIGEST}
    assert request["env"] == {"CANDIDATE_HOST": "shop-3", "CANDIDATE_PORT": "8000",
                              "CANDIDATE_URL": "http://shop-3:8000", "A": "b"}
    assert 0 < request["timeout"] <= 600 and request["repo"] == 5 and request["deployment"] == 3
    assert [step["name"] for step in log.steps] == ["sh -c 'echo one; echo two'"]
    assert log.lines() == ["$ sh -c 'echo one; echo two'", "one", "two"]


def test_a_script_in_an_argument_makes_a_short_name(services, log, cancel):
    services.deployer.output = [{"exit": 0}]
    run(services, log, cancel, {"run": ["python", "-c", "import time\n" + "print(1)\n" * 50]})
    name = log.steps[0]["name"]
    assert name.startswith("python -c 'import time print(1)") and len(name) == 100 and "\n" not in name


def test_another_exit_code_fails_with_the_last_lines(services, log, cancel):
    services.deployer.output = [{"line": "no such table"}, {"exit": 3}]
    with pytest.raises(Failure, match=r"^\./check exited 3: no such table$"):
        run(services, log, cancel, {"run": ["./check"]})
    case = services.dbproxy.calls[0][1]["cases"][0]
    assert case["detail"] == "no such table" and case["log_line"] == 2
    assert log.steps[0]["state"] == "failure"


def test_the_deployers_reason_is_told(services, log, cancel):
    services.deployer.output = [{"exit": None, "reason": "timeout after 5 s"}]
    with pytest.raises(Failure, match=r"^\./check did not finish: timeout after 5 s$"):
        run(services, log, cancel, {"run": ["./check"], "timeout": "5s"})
    assert services.deployer.requests[0][1]["timeout"] == 5


def test_a_command_that_cannot_be_started_is_the_works_failure(services, log, cancel):
    services.deployer.refusal = BadRequest('exec: "pytset": executable file not found', error="failure")
    with pytest.raises(Failure, match=r"^pytset did not finish: exec: .* not found$"):
        run(services, log, cancel, {"run": ["pytset"]})


@pytest.mark.parametrize("refusal", [BadRequest("timeout: wrong type"), ServiceDown("deployer does not answer")])
def test_a_deployer_that_refuses_us_is_our_error(services, log, cancel, refusal):
    services.deployer.refusal = refusal
    with pytest.raises(type(refusal)):
        run(services, log, cancel, {"run": ["t"]})
    assert services.dbproxy.calls == []


def test_a_container_that_somebody_took_away_is_no_verdict(services, log, cancel):
    services.deployer.output = [{"exit": None, "reason": "canceled", "code": "canceled", "reports": []}]
    with pytest.raises(ServiceDown):
        run(services, log, cancel, {"run": ["t"]})


def test_a_progress_bar_of_a_command_is_shown_live_and_is_no_line(services, log, cancel):
    services.deployer.output = [{"now": "50%"}]
    services.deployer.endless = True
    shown = []
    log.show = lambda text, step: (shown.append((text, step)), services.deployer.ended_event.set())
    with pytest.raises(Failure):
        run(services, log, cancel, {"run": ["t"]})
    assert shown == [("50%", 1)] and log.lines() == ["$ t"]


def test_junit_cases_count_for_the_command(services, log, cancel):
    services.deployer.output = [{"line": "FAILED other/test_x.py::test_total_of_all"},
                                {"line": "FAILED tests/test_cart.py::test_total - assert 3 == 4"},
                                {"exit": 1, "reports": [{"path": "reports/a.xml", "xml": JUNIT}]}]
    with pytest.raises(Failure, match=r"^2 of 4 tests failed: test_total failed: assert 3 == 4$") as failure:
        run(services, log, cancel, {"run": ["pytest", "-q"], "junit": "reports/*.xml"})
    assert failure.value.outputs == {"passed": 1, "failed": 2, "skipped": 1, "declared": True, "notice": None}
    (_, stored), (path, document) = services.dbproxy.calls
    add, total, later, setup = stored["cases"]
    assert (add["suite"], add["name"], add["state"], add["seconds"]) == ("tests.test_cart", "test_add", "success", 0.01)
    assert (total["file"], total["line"], total["log_line"]) == ("tests/test_cart.py", 12, 3)
    assert "assert total() == 4" in total["detail"]
    assert (later["state"], later["message"], later["seconds"]) == ("skipped", "not yet", None)
    assert (setup["state"], setup["file"], setup["line"]) == ("error", "tests/test_cart.py", 20)
    assert path == f"/v1/images/{DIGEST}/documents/junit"
    assert document["data"] == JUNIT.encode() and document["params"] == {"run": 7}


def test_several_reports_become_one_document(services, log, cancel):
    services.deployer.output = [{"exit": 0, "reports": [{"path": "a", "xml": GOOD},
                                                        {"path": "b", "xml": f"<testsuites>{GOOD}</testsuites>"}]}]
    assert run(services, log, cancel, {"run": ["t"], "junit": "*.xml"})["passed"] == 4
    assert services.dbproxy.calls[1][1]["data"].count(b"<testcase") == 4


def test_a_failing_command_whose_cases_all_passed_fails(services, log, cancel):
    services.deployer.output = [{"exit": 2, "reports": [{"path": "a", "xml": GOOD}]}]
    with pytest.raises(Failure, match="^1 of 3 tests failed: pytest exited 2$"):
        run(services, log, cancel, {"run": ["pytest"], "junit": "*.xml"})


def test_failing_cases_count_although_the_command_exits_0(services, log, cancel):
    services.deployer.output = [{"exit": 0, "reports": [{"path": "a", "xml": JUNIT}]}]
    with pytest.raises(Failure, match="2 of 4 tests failed"):
        run(services, log, cancel, {"run": ["pytest"], "junit": "*.xml"})


def test_a_missing_report_is_a_notice(services, log, cancel):
    services.deployer.output = [{"exit": 0, "reports": []}]
    outputs = run(services, log, cancel, {"run": ["pytest"], "junit": "r/*.xml"})
    assert outputs["passed"] == 1
    assert outputs["notice"] == "pytest left no report at r/*.xml; it counts as one test"


BOMB = ('<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "bbbb"><!ENTITY c "&b;&b;&b;&b;">]>'
        '<testsuite name="&c;"><testcase name="x"/></testsuite>')
FILE = ('<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
        '<testsuite name="s"><testcase name="&x;"/></testsuite>')


@pytest.mark.parametrize("xml", [BOMB, FILE, "<html></html>", "not xml", "", "<testsuite>" + " " * 9 * 1024**2])
def test_a_bad_report_is_a_notice_and_never_a_crash(services, log, cancel, xml):
    services.deployer.output = [{"exit": 0, "reports": [{"path": "bad.xml", "xml": xml}]}]
    outputs = run(services, log, cancel, {"run": ["t"], "junit": "*.xml"})
    assert outputs["notice"].startswith("bad.xml: ") and outputs["passed"] == 1
    assert len(services.dbproxy.calls) == 1


def test_many_suites_take_no_quadratic_time(services, log, cancel):
    xml = "<testsuites>" + "<testsuite/>" * 50_000 + "</testsuites>"
    services.deployer.output = [{"exit": 0, "reports": [{"path": "a", "xml": xml}]}]
    began = time.process_time()
    run(services, log, cancel, {"run": ["t"], "junit": "*.xml"})
    assert time.process_time() - began < 3


def test_cancel_ends_the_container_and_the_stage_at_once(services, log, cancel):
    services.deployer.endless = True
    request_soon(cancel)
    began = time.monotonic()
    with pytest.raises(Canceled):
        run(services, log, cancel, {"run": ["sleep", "60"]})
    assert time.monotonic() - began < 5      # of 20 without the cancel
    assert log.steps[0]["state"] == "canceled"
    assert set(services.deployer.deleted) == {"/v1/commands/7.test.1.1"}
    assert services.dbproxy.calls == []


def test_the_whole_timeout_ends_the_container(services, log, cancel):
    services.deployer.endless = True
    with pytest.raises(Failure, match="^the tests took longer than .* in sleep 60: "):
        run(services, log, cancel, {"run": ["sleep", "60"]}, {"run": ["never"]}, timeout="200ms")
    assert "/v1/commands/7.test.1.1" in services.deployer.deleted
    assert len(services.deployer.requests) == 1


def test_a_stream_that_breaks_off_is_our_error(services, log, cancel):
    services.deployer.output = [{"line": "one"}]
    with pytest.raises(ServiceDown):
        run(services, log, cancel, {"run": ["t"]})
    assert log.steps[0]["state"] == "failure"


def test_results_that_cannot_be_stored_end_the_stage_as_error(services, log, cancel):
    services.deployer.output = [{"exit": 0}]
    services.dbproxy.broken = True
    with pytest.raises(Exception, match="refused"):
        run(services, log, cancel, {"run": ["t"]})


def test_what_postgres_cannot_hold_is_escaped(services, log, cancel):
    services.deployer.output = [{"line": "a\x00b"}, {"exit": 1}]
    with pytest.raises(Failure):
        run(services, log, cancel, {"run": ["t"]})
    assert services.dbproxy.calls[0][1]["cases"][0]["detail"] == "a␀b"


def test_objects_are_cut_anywhere():
    data = b'{"a": 1}\n\n{"b": "\xc3\xa4"}\n{"unended'
    assert list(split_objects(data[i:i + 1] for i in range(len(data)))) == [{"a": 1}, {"b": "ä"}]
