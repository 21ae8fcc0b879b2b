"""What became of each change of a ref is written down: real git repositories, a fake dbproxy."""

import pytest

from tests.unit.orchestrator.folder import another, told


def test_each_change_of_a_ref_says_what_became_of_it(db, watcher, repository):
    watcher.look()
    assert told(db) == [("refs/heads/main", "no run: main was there when Continuum first saw the repository; push a commit, "
                         "or start a run", None)]
    commit = repository.configure("on: {tag: ['v*']}")
    watcher.look()
    (run,) = db.runs
    assert told(db)[-1] == ("refs/heads/main", f"main moved to {commit[:12]}: run {run}", run)


@pytest.mark.parametrize("configured, act, why", [
    ("on: {tag: ['v*']}", ("tag", "v1"), "the message of commit {head} says [skip ci]"),
    ("on: {tag: ['v*']}", ("tag", "x1"), None), ("{}", ("branch", "topic"), None),
    ("on: {push: [main]}", ("branch", "topic"), None)])
def test_case_09_a_release_that_is_skipped_says_so(db, watcher, repository, configured, act, why):
    repository.configure(configured)
    repository.commit("chore(release): 1.2.0 [skip ci]" if why else "release")
    watcher.look()
    repository.git(*act)
    watcher.look()
    head = repository.git("rev-parse", "HEAD")[:12]
    ref, outcome, run = told(db)[-1]
    assert (ref.split("/")[-1], run) == (act[1], None)
    expected = {"x1": "no glob of on.tag matches x1", "topic": "on.push"}[act[1]] if why is None else why.format(head=head)
    assert f"{act[1]} moved to {head}; no run: " in outcome and expected in outcome


def test_paths_a_deletion_and_a_name_that_cannot_run_are_told(db, watcher, repository):
    repository.configure("on: {paths: [src], push: ['**']}")
    watcher.look()
    repository.commit("docs", docs__a="x")
    repository.git("branch", "-q", "gone")
    watcher.look()
    assert "no run: it changes nothing that on.paths names" in told(db)[-1][1]
    repository.git("branch", "-q", "-D", "gone")
    repository.git("update-ref", "refs/heads/-h", "HEAD")
    watcher.look()
    assert "a dash at its beginning" in told(db)[-2][1] and told(db)[-1][1] == "gone was deleted"


def test_two_orchestrators_write_one_row_for_one_change(db, tmp_path, watcher, repository):
    watcher.look()
    before = len(db.ref_updates)
    repository.commit("second")
    other = another(db, tmp_path)
    watcher.look()
    other.look()
    assert len(db.ref_updates) == before + 1


def test_a_commit_with_an_endless_message_starts_no_run_and_says_so(db, watcher, repository):
    watcher.look()
    repository.git("commit", "-q", "--allow-empty", "-F", long_message(repository, 100_000))
    watcher.look()
    (run,) = db.runs.values()
    assert len(run["message"]) == 1000
    repository.git("commit", "-q", "--allow-empty", "-F", long_message(repository, 300_000))
    watcher.look()
    assert len(db.runs) == 1 and "larger than 256 KiB: shorten its message" in told(db)[-1][1]


def long_message(repository, characters):
    path = repository.folder.parent.parent / "message"
    path.write_text("x" * characters)
    return str(path)
