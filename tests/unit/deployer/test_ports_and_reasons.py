"""Which port; and what is said where none answers."""

import socket

import pytest
from docker.errors import APIError

from common.wire.contracts import DeployConfig
from common.wire.errors import BadRequest, Conflict, Failure, StageError
from deployer import commands, deploy, health, listening, ports, reasons
from deployer.container_spec import ImageFacts
from deployer.listening import Listener
from deployer.reasons import Sockets

TCP = """\
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0B00007F:9C41 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1 0 100 0 0 10 0
   1: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 2 1 0 100 0 0 10 0
   2: 00000000:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 3 1 0 100 0 0 10 0
   3: 0200C90A:0050 0100C90A:D431 01 00000000:00000000 00:00000000 00000000     0        0 4 1 0 100 0 0 10 0
  sl  local_address                         remote_address                        st tx_queue
   0: 00000000000000000000000000000000:0BB8 00000000000000000000000000000000:0000 0A 00000000:00000000 00:0 0 0 0 5
   1: 0000000000000000FFFF00000100007F:0BB9 00000000000000000000000000000000:0000 0A 00000000:00000000 00:0 0 0 0 6
   2: 00000000000000000000000001000000:0BBA 00000000000000000000000000000000:0000 0A 00000000:00000000 00:0 0 0 0 7
"""


def test_listening_sockets_are_read_and_the_engines_resolver_is_not_one():
    found = listening.parse(TCP)
    assert found == [Listener("0.0.0.0", 80), Listener("::", 3000), Listener("127.0.0.1", 3001), Listener("::1", 3002),
                     Listener("127.0.0.1", 8080)]
    assert [item.port for item in found if item.outside] == [80, 3000]


@pytest.mark.parametrize(("config", "env", "exposed", "of_image", "ports_", "source"), [
    ({"port": 1}, {"PORT": "2"}, [3], (4,), (1,), "deploy.port"),
    ({"env": {"PORT": "5"}}, {"PORT": "2"}, [3], (4,), (5,), "deploy.env.PORT"),
    ({}, {"PORT": "2"}, [3], (4,), (2,), "the image's PORT"),
    ({}, {"PORT": "$X"}, [9, 3], (3, 4), (9, 3, 4), "EXPOSE"),
    ({}, {}, [], (), (), "nothing is declared"),
    ({}, {"PORT": "99999"}, [], (), (), "nothing is declared")])
def test_what_is_declared_first(config, env, exposed, of_image, ports_, source):
    found = ports.declared(DeployConfig(**config), ImageFacts("x", env=env, ports=of_image), exposed)
    assert (found.ports, found.source, found.only) == (ports_, source, source == "deploy.port")
    assert found.first == (ports_[0] if ports_ else 8080)


def test_a_closed_port_is_closed():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        assert not ports.is_open("127.0.0.1", taken.getsockname()[1])


@pytest.mark.parametrize(("lines", "name"), [
    (["KeyError: 'DATABASE_URL'"], "DATABASE_URL"),
    (["Error: SECRET_KEY must be set"], "SECRET_KEY"),
    (["sh: 1: API_TOKEN: parameter not set"], "API_TOKEN"),
    (["Missing required environment variable: STRIPE_KEY", "  at main.js:1"], "STRIPE_KEY"),
    (["Listening on PORT 8080"], None), (["ValueError: boom"], None), ([], None)])
def test_a_missing_variable_is_recognised(lines, name):
    assert reasons.missing_variable(lines) == name


def test_exits_are_told_apart():
    def say(code, last, oom=False):
        return str(reasons.exited({"ExitCode": code, "OOMKilled": oom}, "after 0.3 s", last, 64 * 2**20))
    assert "exited 0 after 0.3 s" in say(0, ["usage: tool"]) and "deploy: none" in say(0, []) and "usage" in say(0, ["usage"])
    assert "set deploy.env.A_B" in say(1, ["KeyError: 'A_B'"])
    assert "out of memory at 64 MB" in say(137, [], oom=True)
    assert "cannot be executed" in say(127, []) and "printed nothing" in say(127, [])
    assert "taken inside its own container" in say(1, ["Error: listen EADDRINUSE :::80"])


@pytest.mark.parametrize(("lines", "words"), [
    (["django.core.exceptions.ImproperlyConfigured: Requested setting INSTALLED_APPS, but settings are not configured. You "
      "must either define the environment variable DJANGO_SETTINGS_MODULE or call settings.configure() before accessing "
      "settings."], "deploy.env.DJANGO_SETTINGS_MODULE"),
    (["exec /entrypoint.sh: no such file or directory"], "CRLF"),
    (["[FATAL tini (7)] exec /start.sh failed: No such file or directory"], "CRLF"),
    (["/usr/bin/env: 'python3\\r': No such file or directory"], "CRLF"),
    (["sh: ./run: /bin/bash^M: bad interpreter"], "")])
def test_hints_claim_no_more_than_they_know(lines, words):
    reason = str(reasons.exited({"ExitCode": 1}, 0.3, lines, 64 * 2**20)).partition("; its last lines")[0]
    assert words in reason and "INSTALLED_APPS" not in reason and "it misses" not in reason


def test_silence_is_explained_by_what_listens():
    def say(heard, listeners):
        open_ones = frozenset(item.port for item in listeners if item.outside)
        return str(reasons.not_healthy(30, heard, Sockets(tuple(listeners), open_ones), ["last"]))
    nothing = "nothing answers on 80 (EXPOSE)"
    assert "make it listen on 0.0.0.0" in say(nothing, [Listener("127.0.0.1", 80)])
    assert "it listens on 99: set deploy.port" in say(nothing, [Listener("0.0.0.0", 99)])
    assert "HEALTHCHECK" in say(nothing, [])
    assert "0.0.0.0" not in say("HTTP 500 on /healthz", [Listener("0.0.0.0", 80)])


def test_a_healthchecks_own_times_extend_the_timeout():
    assert health.healthcheck_timeout({}, 60) == 180
    assert health.healthcheck_timeout({"Interval": 10**9, "Timeout": 10**9, "Retries": 2}, 60) == 60
    assert health.healthcheck_timeout({"StartPeriod": 120 * 10**9, "Interval": 10**9, "Timeout": 10**9, "Retries": 2},
                                      60) == 124


@pytest.mark.parametrize("words, kind, part", [
    ("write /layer: no space left on device", StageError, "no disk space left"),
    ('exec: "pytset": executable file not found in $PATH', Failure, "see test.commands in .continuum.yml"),
    ("no available IPv4 addresses on this network's address pools", Failure, "stop a version")])
def test_who_is_at_fault_decides_between_failure_and_error(words, kind, part):
    refusal = commands._refusal(deploy.cause(APIError("500", explanation=words), commands.DECLARED))
    assert (type(refusal), refusal.error) == {Failure: (BadRequest, "failure"), StageError: (Conflict, "error")}[kind]
    assert part in str(refusal) and "APIError" not in str(refusal)


def test_a_failed_healthcheck_is_told_with_what_the_app_printed_or_that_it_printed_nothing():
    assert str(reasons.unhealthy("", [])) == "HEALTHCHECK failed; the app printed nothing"
    assert str(reasons.unhealthy("404", ["KeyError: 'DB_URL'"])) == (
        "HEALTHCHECK failed: 404: it may miss the environment variable DB_URL; if so, set deploy.env.DB_URL, or a secret of "
        "that name; its last lines:\nKeyError: 'DB_URL'")
