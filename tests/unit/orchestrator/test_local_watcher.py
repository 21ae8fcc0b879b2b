"""When the watcher looks at a folder, and what it leaves alone: real git repositories, a fake dbproxy."""

import subprocess

import pytest

from common.wire.errors import Conflict
from forges import LocalForge
from forges.unchanged import signature
from tests.unit.orchestrator.folder import Repository, another, runs, told


def test_a_new_repository_is_registered_without_a_run(db, watcher):
    watcher.look()
    (repo,) = db.repos.values()
    assert (repo["owner"], repo["name"], repo["default_branch"]) == ("ada", "site", "main") and not db.runs


def test_while_nothing_changes_git_and_dbproxy_are_left_alone(db, watcher, monkeypatch):
    watcher.look()
    monkeypatch.setattr(LocalForge, "refs", lambda *_: pytest.fail("git was asked"))
    db.down = True
    watcher.look()


def test_a_push_that_dbproxy_missed_is_seen_at_the_next_turn(db, watcher, repository):
    watcher.look()
    commit = repository.commit("second")
    db.down = True
    watcher.look()
    db.down = False
    watcher.look()
    assert runs(db) == [("push", "main", commit)]


def test_a_repository_that_fails_does_not_blind_us_to_the_others(db, watcher, repository, tmp_path):
    watcher.look()
    broken = Repository(tmp_path / "ada" / "broken")
    (broken.folder / ".git" / "packed-refs").write_text("rubbish\n")
    commit = repository.commit("second")
    watcher.look()
    assert runs(db) == [("push", "main", commit)]


@pytest.mark.parametrize("act", [("commit", "-q", "--allow-empty", "-m", "x"), ("branch", "deep/er/one"), ("tag", "t"),
                                 ("pack-refs", "--all"), ("branch", "-D", "other"), ("symbolic-ref", "HEAD", "refs/heads/other")])
def test_every_change_of_a_ref_shows_in_the_signature(repository, act):
    repository.git("branch", "other")
    before = signature(repository.folder / ".git")
    assert signature(repository.folder / ".git") == before
    repository.git(*act)
    assert signature(repository.folder / ".git") != before


def test_what_somebody_removed_is_left_alone_until_it_moves(db, watcher, monkeypatch):
    ask = db.call

    def refuse(method, path, **options):
        if method == "PUT" and path.startswith("/v1/repos/local/"):
            assert options["params"] == {"found": "true"}
            raise Conflict("ada/site was removed here", error="removed")
        return ask(method, path, **options)
    monkeypatch.setattr(db, "call", refuse)
    watcher.look()
    assert db.repos == {}
    monkeypatch.setattr(LocalForge, "refs", lambda *_: pytest.fail("git was asked"))
    watcher.look()


def test_case_14_the_branch_that_is_pushed_becomes_the_default_one(db, tmp_path):
    bare = tmp_path / "ada" / "head.git"
    subprocess.run(["git", "init", "-q", "--bare", "-b", "master", str(bare)], check=True)
    watcher = another(db, tmp_path)
    watcher.look()
    work = Repository(tmp_path / "elsewhere" / "deep" / "work")
    commit = work.commit("First", Dockerfile="FROM scratch")
    work.git("push", "-q", str(bare), "main")
    watcher.look()
    assert runs(db) == [("push", "main", commit)]
    assert next(iter(db.repos.values()))["default_branch"] == "main"


def test_a_repository_with_too_many_refs_is_told_and_read_once(db, watcher, repository, monkeypatch):
    """It would otherwise be read each second, while everyone else's pushes wait."""
    watcher.look()
    monkeypatch.setattr("forges.git.MOST_REFS", 2)
    for name in "abc":
        repository.git("tag", name)
    watcher.look()
    assert told(db)[-1] == ("refs/heads/main", "no run: the repository has more than 2 branches and tags: delete some", None)
    monkeypatch.setattr(LocalForge, "refs", lambda *_: pytest.fail("git was asked again"))
    watcher.look()
    monkeypatch.undo()
    repository.git("tag", "-d", "a", "b", "c")
    commit = repository.commit("fewer")
    watcher.look()
    assert runs(db) == [("push", "main", commit)]


def test_many_refs_are_followed_in_turns_so_that_others_are_seen(db, watcher, repository, tmp_path, monkeypatch):
    other = Repository(tmp_path / "zoe" / "site")
    other.commit("first")
    watcher.look()
    monkeypatch.setattr("orchestrator.scm.local_watcher.AT_ONCE", 3)
    tags = [f"v{number}" for number in range(7)]
    for name in tags:
        repository.git("tag", name)
    mine, commit = repository.commit("mine"), other.commit("theirs")
    before = len(told(db))
    watcher.look()
    assert {run[2] for run in runs(db)} == {mine, commit}      # branches first, and both repositories
    assert len(told(db)) == before + 3 + 1
    for _ in range(3):
        watcher.look()
    assert {ref for ref, *_ in told(db)} >= {f"refs/tags/{name}" for name in tags}
    repository.git("tag", "-d", *tags)
    for _ in range(3):
        watcher.look()
    (row,) = [row for row in db.repos.values() if row["owner"] == "ada"]
    assert not any(ref.startswith("refs/tags/") for ref in row["last_heads"])
    monkeypatch.setattr(LocalForge, "refs", lambda *_: pytest.fail("git was asked again"))
    watcher.look()


def test_two_orchestrators_make_one_run_of_a_push(db, tmp_path, watcher, repository):
    other = another(db, tmp_path)
    watcher.look(), other.look()
    repository.commit("second")
    stale = {**next(iter(db.repos.values()))}
    watcher.look()
    other._registered = lambda *_: stale      # it had read the row before the first one wrote it
    other.look()
    assert len(db.runs) == 1
