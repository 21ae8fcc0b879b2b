"""When a candidate counts as healthy, with a container and a port that answer as they are told."""

from collections import deque

import pytest

from common.wire.contracts import DeployConfig
from common.wire.errors import Failure
from deployer import health, ports, search
from deployer.container_spec import ImageFacts
from deployer.listening import Listener
from deployer.speaks import Answer

DETAIL = {"http": "HTTP 404 on /", "silent": "port 8080 accepts connections but has not answered GET / within 10 s",
          "closed": "port 8080 closes connections without answering GET /", "h2c": "port 8080 speaks HTTP/2 (h2c)",
          "tls": "port 8080 speaks TLS", "other": "port 8080 answers in another protocol than HTTP"}


class Cancel:
    """Time passes by waiting alone."""

    def __init__(self):
        self.now = 0.0

    def check(self):
        """Nobody cancels."""

    def wait(self, seconds):
        self.now += seconds


class Follower:
    last = deque(["last line"])

    def finish(self):
        """Nothing is read."""


class Container:
    """The engine and the time. `states`: what it answers one after the other, the last one for good."""

    def __init__(self, *states):
        self._states = list(states) or [{"Status": "running"}]

    def inspect(self, _):
        return {"State": self._states.pop(0) if len(self._states) > 1 else self._states[0]}


class Watched(health.Watched):
    @property
    def age(self):
        return self.cancel.now


@pytest.fixture
def world(monkeypatch):
    """Ports that answer as `answers` says: port -> kinds one after the other, the last one for good."""
    class World:
        answers: dict[int, list[str]] = {}
        asked = 0
        said: list[str] = []
        listening: list[Listener] = []

        def judge(self, config=None, image=None, *states, declared=ports.Declared((8080,), "EXPOSE")):
            watched = Watched(Container(*states), "c", "host", 2**20, Follower(), Cancel(), started=0)
            return health.wait_healthy(watched, DeployConfig(**(config or {})), image or ImageFacts("i"), declared,
                                       self.said.append)

        def ask(self, host, port, path, **_):
            self.asked += 1
            kinds = self.answers[port]
            kind = kinds.pop(0) if len(kinds) > 1 else kinds[0]
            status = int(kind) if kind.isdecimal() else 404
            kind = "http" if kind.isdecimal() else kind
            return Answer(port, kind, DETAIL[kind], status if kind == "http" else None)

    world = World()
    world.said = []
    monkeypatch.setattr(search.speaks, "ask", world.ask)
    monkeypatch.setattr(ports, "is_open", lambda host, port: port in world.answers)
    monkeypatch.setattr(search, "listeners", lambda *_: world.listening)
    return world


def test_any_status_three_times_in_a_row_is_healthy(world):
    world.answers = {8080: ["404"]}
    found = world.judge()
    assert (found.port, found.protocol, found.answered, world.asked) == (8080, "http", "HTTP 404 on /", 3)


def test_one_answer_is_not_enough_and_a_break_starts_the_count_anew(world):
    world.answers = {8080: ["200", "200", "closed", "200", "200", "silent", "200", "200", "200"]}
    world.judge()
    assert world.asked == 9


@pytest.mark.parametrize("kind", ["silent", "closed"])
def test_a_port_without_an_answer_is_waited_for_and_that_is_said(world, kind):
    world.answers = {8080: [kind] * 400 + ["200"]}
    assert world.judge().protocol == "http"
    assert DETAIL[kind] in world.said[0]
    assert any(line.startswith("waiting for the app:") and "of 60 s" in line for line in world.said)


def test_a_port_that_never_answers_fails_with_the_last_output(world):
    world.answers = {8080: ["silent"]}
    with pytest.raises(Failure, match=r"not healthy within 5 s: port 8080 accepts connections but.*"
                                      r"longer deploy\.health\.timeout[\s\S]*last line"):
        world.judge({"health": {"timeout": 5}})


def test_an_app_that_crashes_after_it_accepted_fails_with_its_last_output(world):
    world.answers = {8080: ["silent"]}
    with pytest.raises(Failure, match=r"exited 1 after[\s\S]*last line"):
        world.judge(None, None, *[{"Status": "running"}] * 9, {"Status": "exited", "ExitCode": 1})


@pytest.mark.parametrize("image", [ImageFacts("i"), ImageFacts("i", healthcheck={"Test": ["CMD", "x"]})])
def test_tls_fails_at_once_whatever_vouches_for_it(world, image):
    world.answers = {8080: ["tls"]}
    healthy = {"Status": "running", "Health": {"Status": "healthy"}}
    with pytest.raises(Failure, match="port 8080 speaks TLS: let it speak plain HTTP"):
        world.judge(None, image, healthy)
    assert world.asked == 1


def test_of_several_declared_ports_the_one_that_speaks_http_is_taken(world):
    world.answers = {8080: ["http"], 8443: ["tls"], 5000: ["other"]}
    assert world.judge(declared=ports.Declared((8443, 5000, 8080), "EXPOSE")).port == 8080


def test_a_declared_port_that_is_silent_is_waited_for_though_another_one_answers(world):
    world.answers = {8080: ["silent"] * 20 + ["http"], 9090: ["http"], 8000: ["http"]}
    assert world.judge(declared=ports.Declared((8080, 9090), "EXPOSE")).port == 8080


@pytest.mark.parametrize(("kind", "protocol"), [("h2c", "h2c"), ("other", "tcp")])
def test_other_protocols_are_healthy_where_they_are_known(world, kind, protocol):
    world.answers = {8080: [kind]}
    assert world.judge().protocol == protocol and world.asked == 3


def test_what_is_declared_as_tcp_need_not_answer(world):
    world.answers = {8080: ["closed"]}
    assert world.judge({"protocol": "tcp"}).protocol == "tcp"


def test_what_is_declared_as_http_is_waited_for(world):
    world.answers = {8080: ["other", "h2c", "http"]}
    assert world.judge({"protocol": "http"}).protocol == "http" and world.asked == 5


def test_a_path_wants_2xx_or_3xx(world):
    world.answers = {8080: ["200", "200", "500", "302", "200", "200"]}
    assert world.judge({"health": {"path": "/ok"}}).protocol == "http" and world.asked == 6


@pytest.mark.parametrize("status", ["100", "400", "404", "499", "500", "503"])
def test_a_path_that_answers_otherwise_is_not_healthy(world, status):
    world.answers = {8080: [status]}
    with pytest.raises(Failure):
        world.judge({"health": {"path": "/ok", "timeout": 10}})


@pytest.mark.parametrize("status", ["200", "204", "299", "301", "399"])
def test_a_path_that_answers_so_is_healthy_after_three_in_a_row(world, status):
    world.answers = {8080: [status, status, "503", status, status, status]}
    assert world.judge({"health": {"path": "/ok"}}).port == 8080 and world.asked == 6


def test_a_healthcheck_decides_and_what_it_vouches_for_has_an_address_only_if_it_speaks_http(world):
    image = ImageFacts("i", healthcheck={"Test": ["CMD", "x"]})
    healthy = {"Status": "running", "Health": {"Status": "healthy"}}
    for kind, protocol in (("http", "http"), ("closed", "tcp"), ("h2c", "h2c")):
        world.answers = {8080: [kind]}
        assert world.judge(None, image, healthy).protocol == protocol
    world.answers = {8080: ["closed"]}
    assert world.judge({"protocol": "http"}, image, healthy).protocol == "http"
    world.answers = {}
    assert world.judge(None, image, healthy).port is None


def test_a_healthcheck_that_misses_its_tool_is_known_at_once(world):
    image = ImageFacts("i", healthcheck={"Test": ["CMD", "x"]})
    log = [{"ExitCode": 1, "Output": "/bin/sh: 1: curl: not found\n"}]
    states = [{"Status": "running", "Health": {"Status": "starting", "Log": log * count}} for count in (0, 1, 2, 3)]
    with pytest.raises(Failure, match="HEALTHCHECK cannot run: /bin/sh: 1: curl: not found; install"):
        world.judge({"health": {"timeout": 1e4}}, image, *states)


def test_a_healthcheck_that_says_not_found_of_a_page_is_not_missing_a_tool():
    log = [{"ExitCode": 1, "Output": "curl: (22) The requested URL returned error: 404 Not Found"}]
    assert health.unrunnable({"Health": {"Log": log * 3}}) is None


def refusal(world, listening, declared=ports.Declared((8080,), "EXPOSE")):
    world.answers, world.listening = {}, listening
    with pytest.raises(Failure) as caught:
        world.judge({"health": {"timeout": 2}}, declared=declared)
    return str(caught.value)


def test_an_app_that_listens_on_ipv6_alone_is_told_so(world):
    text = refusal(world, [Listener("::", 8080)])
    assert "it listens on IPv6 only (port 8080): let it listen on 0.0.0.0" in text and "deploy.port" not in text


def test_udp_is_named_with_what_to_do(world):
    text = refusal(world, [], ports.declared(DeployConfig(), ImageFacts("i", udp=(5514,)), []))
    assert "EXPOSE declares 5514/udp, and UDP is not routed" in text and "nothing is declared" not in text
