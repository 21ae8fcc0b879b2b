"""A port that another program has is told by its setting's name, before anything starts."""

import socket

import pytest

from cli import compose, envfile, ports
from cli.errors import CommandFailed, PlatformError
from cli.instance import ROOT
from cli.testing import PORTS, free_ports


@pytest.fixture
def values():
    free = {key: str(port) for key, port in zip(PORTS, free_ports(len(PORTS)), strict=True)}
    return {**envfile.read(ROOT / ".env.example"), **free}


@pytest.fixture
def taken(values):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        values["DASHBOARD_PORT"] = str(other.getsockname()[1])
        yield other.getsockname()[1]


def test_free_ports_pass(values):
    ports.check(values, ours=[])


def test_a_taken_port_is_named_with_the_next_step(values, taken):
    with pytest.raises(PlatformError, match=f"listens on DASHBOARD_PORT={taken}") as refused:
        ports.check(values, ours=[])
    assert ".env" in refused.value.next_step


def test_a_port_that_is_ours_already_is_no_obstacle(values, taken):
    ports.check(values, ours=[taken])


@pytest.mark.parametrize("value", ["", "http", "0", "65536", "-1"])
def test_what_is_no_port_is_told(values, value):
    with pytest.raises(PlatformError, match="HTTP_PORT is"):
        ports.check({**values, "HTTP_PORT": value}, ours=[])


def test_every_published_port_is_looked_at():
    assert set(ports.ADDRESS) == set(PORTS)


@pytest.mark.parametrize("said, cause, next_step", [
    ("Bind for 127.0.0.1:5432 failed: port is already allocated", "a port that Continuum needs is taken", ".env"),
    ("could not find an available, non-overlapping IPv4 address pool among the defaults", "no subnet left",
     "default-address-pools"),
])
def test_what_the_engine_refuses_is_told_with_the_next_step(said, cause, next_step):
    explained = compose.explain(CommandFailed(["docker", "compose", "up"], 1, ["Network a Creating", said], ""))
    assert cause in str(explained) and next_step in explained.next_step


def test_what_we_do_not_know_stays_as_it_was_said():
    problem = CommandFailed(["docker", "compose", "up"], 1, ["something else"], "look there")
    assert compose.explain(problem) is problem
