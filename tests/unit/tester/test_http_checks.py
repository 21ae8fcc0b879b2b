"""HTTP checks against a real server on loopback."""

from __future__ import annotations

import socket
import threading
import time

import pytest

from common.wire.contracts import HttpCheck
from common.wire.errors import Canceled, Failure
from tester.exchange import exchange
from tester.limit import Limit
from tester.stage import test as run_stage
from tests.unit.tester.fakes import Candidate, inputs, request_soon


def run(services, log, cancel, address, *checks, **config):
    return run_stage(services, inputs({"http": list(checks), **config}, address=address), log, cancel)


def test_a_right_answer_passes(services, log, cancel, candidate):
    outputs = run(services, log, cancel, candidate, {"path": "/", "contains": "wörld", "within": "2s"})
    assert outputs == {"passed": 1, "failed": 0, "skipped": 0, "declared": True, "notice": None}
    text = "\n".join(log.lines())
    assert "> GET / to 127.0.0.1" in text and "< 200 OK" in text and "Hello, wörld" in text
    assert [step["state"] for step in log.steps] == ["success"]


@pytest.mark.parametrize(("check", "reason"), [
    ({"path": "/broken"}, "GET /broken returned 500 (expected 200)"),
    ({"path": "/", "contains": "Goodbye"}, 'GET / returned 200, but the body doesn\'t contain "Goodbye" (got "Hello, wörld")'),
    ({"path": "/moved"}, "GET /moved returned 302 (expected 200)"),
    ({"path": "/", "status": 404, "contains": "x y"}, 'GET / returned 200 (expected 404), and the body doesn\'t contain "x y" (got "Hello, wörld")'),
])
def test_a_wrong_answer_is_the_reason(services, log, cancel, candidate, check, reason):
    with pytest.raises(Failure) as failure:
        run(services, log, cancel, candidate, check)
    assert str(failure.value) == reason
    assert failure.value.outputs["failed"] == 1
    assert services.dbproxy.calls[0][1]["cases"][0]["message"] == reason
    assert [step["state"] for step in log.steps] == ["failure"]


def test_redirects_are_answers(services, log, cancel, candidate):
    run(services, log, cancel, candidate, {"path": "/moved", "status": 302})
    assert [path for _, path, _, _ in Candidate.seen] == ["/moved"]


def test_all_checks_run_and_the_first_failing_one_is_told(services, log, cancel, candidate):
    with pytest.raises(Failure, match=r"^2 of 3 tests failed: GET /broken returned 500 \(expected 200\)$"):
        run(services, log, cancel, candidate, {"path": "/broken"}, {"path": "/"}, {"path": "/", "status": 201})


def test_headers_method_and_body_are_sent(services, log, cancel, candidate):
    run(services, log, cancel, candidate,
        {"path": "a b?q=ü", "method": "POST", "headers": {"user-agent": "mine", "Host": "shop.example"}, "body": "hi"})
    method, path, headers, body = Candidate.seen[0]
    assert (method, path, body) == ("POST", "/a%20b?q=%C3%BC", b"hi")
    assert {name.lower(): value for name, value in headers.items()}["user-agent"] == "mine"
    assert headers["Host"] == "shop.example"


def test_head_has_no_body(services, log, cancel, candidate):
    assert run(services, log, cancel, candidate, {"path": "/", "method": "HEAD"})["passed"] == 1


def test_a_declared_charset_is_heeded(services, log, cancel, candidate):
    assert run(services, log, cancel, candidate, {"path": "/latin", "contains": "wörld"})["passed"] == 1


def test_a_header_that_http_cannot_carry_is_told(services, log, cancel, candidate):
    with pytest.raises(Failure, match="GET / cannot be sent: Invalid header"):
        run(services, log, cancel, candidate, {"headers": {"X": "a\r\nHost: evil"}})


def test_too_slow_says_how_slow(services, log, cancel, candidate):
    with pytest.raises(Failure, match=r"GET /slow took \d{3,} ms \(limit: 50 ms\)"):
        run(services, log, cancel, candidate, {"path": "/slow", "within": "50ms"})


@pytest.mark.parametrize("path", ["/hang", "/drip"])
def test_an_answer_that_never_ends_is_cut(services, log, cancel, candidate, path, monkeypatch):
    monkeypatch.setattr("tester.http_checks.GRACE", 0.2)
    with pytest.raises(Failure, match=rf"GET {path} did not answer in full within 0.\d s \(limit: 100 ms\)"):
        run(services, log, cancel, candidate, {"path": path, "within": "100ms"})


def test_a_body_is_kept_up_to_a_mebibyte(services, log, cancel, candidate):
    answer = exchange(*candidate, HttpCheck(path="/big"), Limit(cancel, 60), 10)
    assert (len(answer.body), answer.size) == (1024**2, 3 * 1024**2)
    run(services, log, cancel, candidate, {"path": "/big"})
    assert "(the body goes on, 3145728 bytes in all)" in log.lines()


@pytest.mark.parametrize("path", ["/hang", "/drip"])
def test_cancel_ends_a_check_at_once(services, log, cancel, candidate, path):
    request_soon(cancel)
    began = time.monotonic()
    with pytest.raises(Canceled):
        run(services, log, cancel, candidate, {"path": path})
    assert time.monotonic() - began < 5      # of 10 and more without the cancel
    assert services.dbproxy.calls == [] and log.steps[0]["state"] == "canceled"


def test_the_whole_timeout_is_a_failure_that_keeps_what_was_found(services, log, cancel, candidate):
    with pytest.raises(Failure, match=r"^1 of 2 tests failed: the tests took longer than 0.3 s in GET /hang: make them faster"):
        run(services, log, cancel, candidate, {"path": "/"}, {"path": "/hang"}, timeout="300ms")
    assert [case["state"] for case in services.dbproxy.calls[0][1]["cases"]] == ["success", "failure"]


def test_a_dead_candidate_is_told_with_its_exit_code(services, log, cancel):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        address = closed.getsockname()
        services.deployer.deployments = [{"deployment": 3, "state": "exited", "death": "the app was killed: out of memory"}]
        with pytest.raises(Failure, match=r"could not connect to 127.0.0.1:\d+ \(Connection refused\): "
                                          r"the app was killed: out of memory"):
            run(services, log, cancel, address, {"path": "/"})


def test_a_connection_dropped_without_an_answer(services, log, cancel, candidate):
    services.deployer.deployments = [{"deployment": 3, "state": "running", "exit_code": None, "oom": False}]
    with pytest.raises(Failure, match=r"^GET /crash did not answer in HTTP \(.+\)$"):
        run(services, log, cancel, candidate, {"path": "/crash"})


def test_no_port_no_check(services, log, cancel):
    with pytest.raises(Failure, match="GET / needs a port, but the app listens on none"):
        run(services, log, cancel, ("shop", None), {"path": "/"})


def test_without_a_deployment_http_checks_are_skipped(services, log, cancel):
    outputs = run_stage(services, inputs({"http": [{}]}, deployment=None), log, cancel)
    assert outputs["skipped"] == 1 and outputs["failed"] == 0


def test_nobody_but_the_candidate_is_spoken_to(services, log, cancel, candidate, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    asked = []
    real = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", lambda host, port, *rest: asked.append((host, port)) or
                        real(host, port, *rest))
    run(services, log, cancel, candidate, {"path": "http://example.com/x"}, {"path": "/moved", "status": 302})
    assert set(asked) == {candidate}


def test_default_check_takes_any_status(services, log, cancel, candidate):
    outputs = run_stage(services, inputs(address=candidate), log, cancel)
    assert outputs == {"passed": 1, "failed": 0, "skipped": 0, "declared": False,
                       "notice": "nothing more was declared; add test: to .continuum.yml"}
    stored = services.dbproxy.calls[0][1]
    assert stored["declared"] is False and stored["cases"][0]["message"] == "HTTP 200 on /"


def test_default_check_of_a_port_that_speaks_something_else(services, log, cancel):
    with socket.create_server(("127.0.0.1", 0)) as server:
        def speak():
            for _ in range(2):
                peer, _address = server.accept()
                peer.sendall(b"220 mail ready\r\n")
                peer.close()
        threading.Thread(target=speak, daemon=True).start()
        for protocol, said in (("tcp", "accepts connections on"), ("http", "GET / did not answer in HTTP")):
            assert run_stage(services, inputs(address=server.getsockname(), protocol=protocol), log,
                             cancel)["passed"] == 1
            assert said in services.dbproxy.calls[-1][1]["cases"][0]["message"]


def test_default_check_of_a_port_that_nobody_listens_on(services, log, cancel):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        with pytest.raises(Failure, match="the tester could not connect to .*: the app's container is gone"):
            run_stage(services, inputs(address=closed.getsockname()), log, cancel)


def test_default_check_of_a_worker_process(services, log, cancel):
    services.deployer.deployments = [{"deployment": 3, "state": "running"}]
    assert run_stage(services, inputs(address=("shop", None)), log, cancel)["passed"] == 1


def test_nothing_to_test_is_told(services, log, cancel):
    outputs = run_stage(services, inputs(deployment=None), log, cancel)
    assert outputs["passed"] == 0 and "add test:" in outputs["notice"]


def test_what_the_candidate_answers_is_masked_before_it_is_cut(services, log, cancel, candidate):
    services.deployer.secret = "Traceback: it"
    with pytest.raises(Failure):
        run_stage(services, inputs({"http": [{"path": "/broken"}]}, address=candidate), log, cancel)
    case = services.dbproxy.calls[0][1]["cases"][0]
    assert case["detail"].startswith("*** broke") and "Traceback" not in str(services.dbproxy.calls)
    assert not any("Traceback" in line for line in log.lines())


def test_an_answer_is_hidden_where_its_secrets_are_unknown(services, log, cancel, candidate):
    services.deployer.secret = None
    with pytest.raises(Failure):
        run_stage(services, inputs({"http": [{"path": "/broken"}]}, address=candidate), log, cancel)
    assert "Traceback" not in str(services.dbproxy.calls) + str(log.lines())
