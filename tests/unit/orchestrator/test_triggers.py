import pytest

from common.wire.contracts import OnConfig
from orchestrator.scm import triggers as triggers


@pytest.mark.parametrize("message, skipped", [("fix [skip ci]", True), ("[CI SKIP] x", True), ("a\n\n[skip ci]", True),
                                              ("skip ci", False), ("", False)])
def test_skip_ci(message, skipped):
    assert triggers.skipped(message) is skipped


def test_without_a_list_the_default_branch_alone():
    assert triggers.wants_branch(OnConfig(), "main", "main") and not triggers.wants_branch(OnConfig(), "x", "main")
    assert not triggers.wants_branch(OnConfig(push=[]), "main", "main")


@pytest.mark.parametrize("glob, branch, wanted", [("release/*", "release/1/2", True), ("main", "Main", False),
                                                  ("v[0-9]", "v1", True), ("*", "any/thing", True),
                                                  ("**/hotfix", "hotfix", True), ("**/hotfix", "a/b/hotfix", True),
                                                  ("feature/**", "feature/a/b", True), ("main", "a/main", False)])
def test_branch_globs(glob, branch, wanted):
    assert triggers.wants_branch(OnConfig(push=[glob]), branch, "main") is wanted


@pytest.mark.parametrize("paths, changed, wanted", [
    ([], [], True), (["src"], ["src/a"], True), (["src/"], ["src/a"], True), (["src"], ["srcs/a"], False),
    (["*.py"], ["deep/er/a.py"], True), (["**/*.py"], ["app.py"], True), (["**/*.py"], ["src/lib.py"], True),
    (["**.py"], ["app.py"], True), (["docs/**/*.md"], ["docs/a.md"], True), (["docs/**/*.md"], ["docs/b/c/a.md"], True),
    (["/setup.py"], ["src/setup.py"], False), (["src/*.py"], ["src/a.py"], True), (["**", "!docs"], ["docs/a"], False),
    (["**", "!docs"], ["docs/a", "b"], True), (["d[ab].txt"], ["da.txt"], True), (["*.py"], ["a.pyc"], False), (["docs/**"], ["docs/a/b"], True), (["a"], None, True), (["a"], [], False),
])
def test_paths(paths, changed, wanted):
    assert triggers.wants_paths(OnConfig(paths=paths), changed) is wanted


def test_names_are_taken_back():
    on = OnConfig(push=["**", "!dependabot/**"], tag=["v*", "!v*-rc*"])
    assert triggers.wants_branch(on, "topic", "main") and not triggers.wants_branch(on, "dependabot/npm/x", "main")
    assert triggers.wants_tag(on, "v1") and not triggers.wants_tag(on, "v1-rc1")
