"""The graph of each kind."""

import pytest

from common.wire.contracts import RepoConfig
from orchestrator.runs.pipeline import graph


def edges(*arguments, **options):
    return {stage: set(needs) for stage, needs in graph(*arguments, **options).items()}


def test_full_scans_beside_deploy_and_test():
    assert edges("full") == {"build": set(), "scan": {"build"}, "deploy": {"build"}, "test": {"deploy"},
                             "promote": {"scan", "test"}}


def test_scan_first_makes_deploy_wait():
    assert edges("full", RepoConfig(scan={"first": True}))["deploy"] == {"build", "scan"}


def test_deploy_none_tests_the_image_and_promotes_nothing():
    assert edges("full", RepoConfig(deploy="none")) == {"build": set(), "scan": {"build"}, "test": {"build"}}


@pytest.mark.parametrize("kind, given, expected", [
    ("build", (), {"build": set()}),
    ("scan", ("build",), {"scan": set()}),
    ("deploy", ("build",), {"scan": set(), "deploy": set(), "test": {"deploy"}, "promote": {"scan", "test"}}),
    ("deploy", ("build", "scan"), {"deploy": set(), "test": {"deploy"}, "promote": {"test"}}),
    ("test", ("build", "deploy"), {"test": set()}),
    ("rollback", ("build",), {"deploy": set(), "promote": {"deploy"}}),
])
def test_kinds_are_parts_of_it(kind, given, expected):
    assert edges(kind, RepoConfig(), given) == expected


def test_scan_first_counts_only_where_the_scan_is_part_of_the_run():
    assert edges("deploy", RepoConfig(scan={"first": True}), ("build", "scan"))["deploy"] == set()
