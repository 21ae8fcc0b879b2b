"""Owners' limits: what is over one is refused at its line, and what nobody set is never over it."""

from datetime import date, timedelta

import pytest

from common.wire import machine
from common.wire.contracts import DeployConfig, Limits, RepoConfig
from common.wire.errors import Failure
from common.wire.limits import part_within, within, written
from common.wire.repofile import parse, without_file

GIB = 1024**3
LIMITS = Limits(memory=12 * GIB, cpus=2, pids=1000, timeout=3600, keep=3, disk=GIB, fail_on="high", waiver_days=90)


def refused(text: str, limits: Limits = LIMITS) -> str:
    with pytest.raises(Failure) as caught:
        parse(text, limits)
    return str(caught.value)


@pytest.mark.parametrize("text, expected", [
    ("deploy:\n  memory: 1000g\n", "line 2: deploy.memory is `1000g`, over the limit of 12g"),
    ("deploy: {cpus: 2.5}", "line 1: deploy.cpus is `2.5`, over the limit of 2"),
    ("deploy:\n\n  pids: 1001\n", "line 3: deploy.pids is `1001`, over the limit of 1000"),
    ("deploy: {keep: 4}", "deploy.keep is `4`, over the limit of 3"),
    ("deploy: {drain: 7d}", "deploy.drain is `7d`, over the limit of 1h"),
    ("deploy: {grace: 2h}", "deploy.grace is `2h`, over the limit of 1h"),
    ("deploy: {health: {timeout: 61m}}", "deploy.health.timeout is `61m`, over the limit of 1h"),
    ("build:\n  timeout: 7d\n", "line 2: build.timeout is `7d`, over the limit of 1h"),
    ("scan: {timeout: 2h}", "scan.timeout is `2h`, over the limit of 1h"),
    ("test: {timeout: 2h}", "test.timeout is `2h`, over the limit of 1h"),
    ("test:\n  commands:\n  - run: [a]\n    timeout: 2h\n", "line 4: test.commands[0].timeout is `2h`"),
    ("test: {http: [{within: 2h}]}", "test.http[0].within is `2h`"),
    ("scan:\n  fail_on: never\n", "line 2: scan.fail_on is `never`, which is weaker than the weakest gate allowed here, high"),
    ("scan: {fail_on: critical}", "scan.fail_on is `critical`, which is weaker"),
    ("scan:\n  waivers:\n  - id: CVE-1\n    reason: because\n    until: 9999-12-31\n",
     "line 5: scan.waivers[0].until is `9999-12-31`, which is after the last day that a waiver may have"),
])
def test_a_value_over_its_limit_is_refused_at_its_line(text, expected):
    said = refused(text)
    assert expected in said and said.endswith("an owner of the installation can change the limit"), said


def test_every_value_over_its_limit_is_named():
    said = refused("deploy:\n  memory: 13g\n  pids: 2000\n")
    assert "2 problems" in said and "line 2" in said and "line 3" in said


def test_values_at_their_limits_pass():
    last = date.today() + timedelta(days=89)
    config = parse("build: {timeout: 1h}\ndeploy: {memory: 12g, cpus: 2, pids: 1000, keep: 3}\nscan: {fail_on: high, "
                   f"waivers: [{{id: X-1, reason: because, until: {last}}}]}}\n", LIMITS)
    assert (config.deploy.memory, config.deploy.keep, config.scan.fail_on) == (12 * GIB, 3, "high")


@pytest.mark.parametrize("text", ["", "deploy: {port: 80}\n", None])
def test_what_nobody_set_is_a_default_within_the_limits(text):
    tight = Limits(memory=64 * 1024**2, cpus=0.5, pids=100, timeout=60, keep=1, fail_on="medium")
    config = without_file(tight) if text is None else parse(text, tight)
    assert (config.deploy.memory, config.deploy.cpus, config.deploy.pids, config.deploy.keep) == (64 * 1024**2, 0.5, 100, 1)
    assert (config.build.timeout, config.test.timeout, config.scan.fail_on) == (60, 60, "medium")


def test_a_strict_gate_is_not_weakened():
    assert parse("scan: {fail_on: low}", LIMITS).scan.fail_on == "low"
    assert parse("", Limits(fail_on="never")).scan.fail_on == "critical"


def test_nothing_is_deployed_and_the_rest_is_still_limited():
    assert within(parse("deploy: none"), LIMITS).build.timeout == 1800
    assert "build.timeout" in refused("deploy: none\nbuild: {timeout: 2h}")


def test_variables_of_the_author_are_no_limits():
    assert parse("deploy: {env: {timeout: 99d}}\nbuild: {args: {drain: 99d}}", LIMITS).deploy.env == {"timeout": "99d"}


def test_a_worker_lowers_what_an_older_configuration_says():
    config, told = part_within("deploy", DeployConfig(memory=1000 * GIB, keep=50), LIMITS)
    assert (config.memory, config.keep, config.pids) == (12 * GIB, 3, 512)
    assert told == ["deploy.memory is 1000g, over the limit of 12g, which is used instead",
                    "deploy.keep is 50, over the limit of 3, which is used instead"]


def test_the_defaults_come_from_the_machine():
    limits = Limits()
    assert 0 < limits.memory <= machine.memory() and limits.cpus <= machine.cpus() and limits.disk <= machine.disk()
    assert within(RepoConfig(), limits).deploy.pids == 512


@pytest.mark.parametrize("name, value, text", [
    ("memory", 12 * GIB, "12g"), ("memory", 1536 * 1024**2, "1536m"), ("timeout", 5400.0, "90m"), ("timeout", 0.2, "200ms"),
    ("cpus", 0.5, "0.5"), ("keep", 3, "3"), ("fail_on", "high", "high")])
def test_values_are_written_as_in_the_file(name, value, text):
    assert written(name, value) == text
