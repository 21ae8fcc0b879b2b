"""What git said of a repository is kept until the repository changes, and not a moment longer."""

import pytest

from forges import git as commands
from tests.unit.forges.test_local import folder, forge, git  # noqa: F401 - fixtures


@pytest.fixture
def asked(monkeypatch):
    """Every git command that the forge runs."""
    seen, real = [], commands.run
    monkeypatch.setattr(commands, "run", lambda place, command: seen.append(command[0]) or real(place, command))
    return seen


@pytest.fixture
def work(folder):  # noqa: F811
    return folder / "ada" / "hello"


def test_while_no_ref_moves_git_is_asked_once(forge, asked):  # noqa: F811
    first = forge.refs("ada", "hello")
    count = len(asked)
    assert count and forge.refs("ada", "hello") == first and len(asked) == count


@pytest.mark.parametrize("act", [("branch", "next"), ("tag", "v2"), ("commit", "-q", "--allow-empty", "-m", "Second"),
                                 ("branch", "-m", "main", "trunk")])
def test_what_moved_is_seen_by_the_next_question(forge, work, act):  # noqa: F811
    before = forge.refs("ada", "hello")
    git(work, *act)
    assert forge.refs("ada", "hello") != before


def test_the_default_branch_of_a_bare_repository_follows_its_head(forge, folder):  # noqa: F811
    bare = folder / "bob" / "tool.git"
    git(bare, "branch", "next")
    assert forge.refs("bob", "tool").default_branch == "main"
    git(bare, "symbolic-ref", "HEAD", "refs/heads/next")
    assert forge.refs("bob", "tool").default_branch == "next"


def test_a_file_is_read_once_a_commit(forge, work, asked):  # noqa: F811
    def read():
        return forge.file("ada", "hello", "main", "Dockerfile")
    assert read() == b"FROM scratch\n"
    count = len(asked)
    assert read() == b"FROM scratch\n" and len(asked) == count
    (work / "Dockerfile").write_text("FROM debian\n")
    git(work, "commit", "-q", "-a", "-m", "Second")
    assert read() == b"FROM debian\n"


def test_a_large_file_is_not_kept(forge, work, asked):  # noqa: F811
    (work / "large").write_text("x" * 20_000)
    git(work, "add", ".")
    git(work, "commit", "-q", "-m", "Second")
    forge.file("ada", "hello", "main", "large")
    count = len(asked)
    assert forge.file("ada", "hello", "main", "large") and len(asked) > count
