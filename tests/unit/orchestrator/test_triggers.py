import pytest

from common.contracts import OnConfig
from orchestrator import triggers


@pytest.mark.parametrize("message, skipped", [("fix [skip ci]", True), ("[CI SKIP] x", True), ("a\n\n[skip ci]", True),
                                              ("skip ci", False), ("", False)])
def test_skip_ci(message, skipped):
    assert triggers.skipped(message) is skipped


def test_without_a_list_the_default_branch_alone():
    assert triggers.wants_branch(OnConfig(), "main", "main") and not triggers.wants_branch(OnConfig(), "x", "main")
    assert not triggers.wants_branch(OnConfig(push=[]), "main", "main")


@pytest.mark.parametrize("glob, branch, wanted", [("release/*", "release/1/2", True), ("main", "Main", False),
                                                  ("v[0-9]", "v1", True), ("*", "any/thing", True)])
def test_branch_globs(glob, branch, wanted):
    assert triggers.wants_branch(OnConfig(push=[glob]), branch, "main") is wanted


@pytest.mark.parametrize("paths, changed, wanted", [
    ([], [], True), (["src"], ["src/a"], True), (["src/"], ["src/a"], True), (["src"], ["srcs/a"], False),
    (["*.py"], ["deep/er/a.py"], True), (["docs/**"], ["docs/a/b"], True), (["a"], None, True), (["a"], [], False),
])
def test_paths(paths, changed, wanted):
    assert triggers.wants_paths(OnConfig(paths=paths), changed) is wanted
