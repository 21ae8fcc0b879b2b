"""Which pushes start runs: real git repositories, a fake dbproxy."""

import pytest

from tests.unit.orchestrator.folder import Repository, another, runs


def test_a_push_to_the_default_branch_starts_a_full_run(db, watcher, repository):
    watcher.look()
    commit = repository.commit("second\n\nbody")
    watcher.look()
    assert runs(db) == [("push", "main", commit)]
    (run,) = db.runs.values()
    assert (run["kind"], run["message"], run["author"], run["actor"]) == ("full", "second", "Ada", "Ada")


def test_a_long_name_of_an_author_is_cut_and_the_push_runs(db, watcher, repository):
    """dbproxy refuses an actor of more than 200 characters, and the push would be looked at forever."""
    watcher.look()
    repository.git("commit", "-q", "--allow-empty", "-m", "second", "--author", f"{'n' * 3000} <a@b>")
    watcher.look()
    (run,) = db.runs.values()
    assert run["actor"] == run["author"] == "n" * 200


def test_the_first_push_to_an_empty_repository_starts_a_run(db, tmp_path):
    empty = Repository(tmp_path / "ada" / "empty")
    watcher = another(db, tmp_path)
    watcher.look()
    commit = empty.commit("first")
    watcher.look()
    assert runs(db) == [("push", "main", commit)]


def test_several_commits_at_once_are_one_run_of_the_last(db, watcher, repository):
    watcher.look()
    repository.commit("second")
    commit = repository.commit("third")
    watcher.look()
    assert runs(db) == [("push", "main", commit)]


def test_other_branches_and_tags_start_nothing_by_default(db, watcher, repository):
    watcher.look()
    repository.git("checkout", "-q", "-b", "topic")
    repository.commit("topic")
    repository.git("tag", "v1")
    watcher.look()
    assert runs(db) == []


def test_branches_and_tags_that_the_file_names_do(db, watcher, repository):
    repository.configure("on: {push: [main, 'release/*'], tag: ['v*']}")
    watcher.look()
    repository.git("checkout", "-q", "-b", "release/1")
    commit = repository.commit("topic")
    repository.git("tag", "-a", "v1", "-m", "one")
    watcher.look()
    assert runs(db) == [("push", "release/1", commit), ("tag", "v1", commit)]


def test_the_file_counts_as_it_is_at_that_commit(db, watcher, repository):
    watcher.look()
    repository.configure("on: {push: []}")
    watcher.look()
    assert runs(db) == []


def test_paths(db, watcher, repository):
    repository.configure("on: {paths: [src, '*.py']}")
    watcher.look()
    repository.commit("docs", docs__a="x")
    watcher.look()
    assert runs(db) == []
    commit = repository.commit("code", src__a="x")
    watcher.look()
    assert runs(db) == [("push", "main", commit)]


def test_skip_ci(db, watcher, repository):
    watcher.look()
    repository.commit("typo [skip ci]")
    watcher.look()
    assert runs(db) == []
    commit = repository.commit("next")
    watcher.look()
    assert runs(db) == [("push", "main", commit)]


def test_a_broken_file_starts_the_run_that_tells_why(db, watcher, repository):
    watcher.look()
    commit = repository.configure("biuld: {")
    watcher.look()
    assert runs(db) == [("push", "main", commit)]


def test_a_deleted_branch_is_forgotten(db, watcher, repository):
    repository.git("branch", "old")
    watcher.look()
    repository.git("branch", "-D", "old")
    watcher.look()
    (repo,) = db.repos.values()
    assert "refs/heads/old" not in repo["last_heads"] and "refs/heads/main" in repo["last_heads"] and not db.runs


def test_setting_a_branch_back_is_a_push_too(db, watcher, repository):
    first = repository.git("rev-parse", "HEAD")
    watcher.look()
    second = repository.commit("second")
    for commit in (first, second):
        watcher.look()
        repository.git("reset", "-q", "--hard", commit)
    watcher.look()
    assert [commit for _, _, commit in runs(db)] == [second, first, second]


def test_case_36_the_first_commit_of_the_default_branch_changes_everything(db, tmp_path):
    empty = Repository(tmp_path / "ada" / "empty")
    watcher = another(db, tmp_path)
    watcher.look()
    (empty.folder / "index.html").write_text("hi")
    commit = empty.configure("on: {paths: ['*.html']}")
    watcher.look()
    assert runs(db) == [("push", "main", commit)]
    empty.git("checkout", "-q", "-b", "topic")
    (empty.folder / ".continuum.yml").write_text("on: {paths: ['*.html'], push: ['**']}")
    empty.commit("no page in it")
    watcher.look()
    assert len(runs(db)) == 1, "another new branch is compared with the default one"


@pytest.mark.parametrize("branch", ["feature/login", "fix(parser)", "metasearch->ransack", "wip!", "it's", "fünf/ñandú#12",
                                    "fix%20me", "$(id)", ";id", "`id`", "a|b&c", "<b>", '"'])
def test_case_20_every_name_that_git_takes_runs(db, watcher, repository, branch):
    repository.configure("on: {push: ['*']}")
    watcher.look()
    repository.git("checkout", "-q", "-b", branch)
    commit = repository.commit("topic")
    watcher.look()
    assert runs(db) == [("push", branch, commit)]
