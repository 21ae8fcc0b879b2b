"""Pushes to a local folder: real git repositories, a fake dbproxy."""

import subprocess

import pytest

from common.wire.errors import Conflict
from forges import LocalForge
from forges.unchanged import signature
from orchestrator.runs.launch import Launcher
from orchestrator.scm.local_watcher import LocalWatcher
from orchestrator.scm.ref_sync import RefSync
from tests.unit.orchestrator.fakes import FakeDb


class Repository:
    def __init__(self, folder):
        self.folder = folder
        folder.mkdir(parents=True)
        self.git("init", "-q", "-b", "main")

    def git(self, *argv):
        done = subprocess.run(["git", "-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-C",
                               str(self.folder), *argv], check=True, capture_output=True, text=True)
        return done.stdout.strip()

    def commit(self, message="change", **files):
        for name, text in files.items():
            path = self.folder / name.replace("__", "/")
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
        self.git("add", ".")
        self.git("commit", "-q", "--allow-empty", "-m", message)
        return self.git("rev-parse", "HEAD")

    def configure(self, text):
        (self.folder / ".continuum.yml").write_text(text)
        return self.commit("configure")


@pytest.fixture
def repository(tmp_path):
    repository = Repository(tmp_path / "ada" / "site")
    repository.commit("first", Dockerfile="FROM scratch")
    return repository


@pytest.fixture
def db():
    db = FakeDb()
    db.repos.clear()
    return db


@pytest.fixture
def reconciler(db, tmp_path, repository):
    return another(db, tmp_path)


def another(db, tmp_path):
    forge = LocalForge(tmp_path)
    return LocalWatcher(db, forge, RefSync(db, Launcher(db, {"local": forge})))


def runs(db):
    return [(run["event"], run["ref"], run["commit"]) for run in db.runs.values()]


def test_a_new_repository_is_registered_without_a_run(db, reconciler):
    reconciler.look()
    (repo,) = db.repos.values()
    assert (repo["owner"], repo["name"], repo["default_branch"]) == ("ada", "site", "main") and not db.runs


def test_a_push_to_the_default_branch_starts_a_full_run(db, reconciler, repository):
    reconciler.look()
    commit = repository.commit("second\n\nbody")
    reconciler.look()
    assert runs(db) == [("push", "main", commit)]
    (run,) = db.runs.values()
    assert (run["kind"], run["message"], run["author"], run["actor"]) == ("full", "second", "Ada", "Ada")


def test_a_long_name_of_an_author_is_cut_and_the_push_runs(db, reconciler, repository):
    """dbproxy refuses an actor of more than 200 characters, and the push would be looked at forever."""
    reconciler.look()
    repository.git("commit", "-q", "--allow-empty", "-m", "second", "--author", f"{'n' * 3000} <a@b>")
    reconciler.look()
    (run,) = db.runs.values()
    assert run["actor"] == run["author"] == "n" * 200


def test_the_first_push_to_an_empty_repository_starts_a_run(db, tmp_path):
    empty = Repository(tmp_path / "ada" / "empty")
    reconciler = another(db, tmp_path)
    reconciler.look()
    commit = empty.commit("first")
    reconciler.look()
    assert runs(db) == [("push", "main", commit)]


def test_while_nothing_changes_git_and_dbproxy_are_left_alone(db, reconciler, monkeypatch):
    reconciler.look()
    monkeypatch.setattr(LocalForge, "refs", lambda *_: pytest.fail("git was asked"))
    db.down = True
    reconciler.look()


def test_several_commits_at_once_are_one_run_of_the_last(db, reconciler, repository):
    reconciler.look()
    repository.commit("second")
    commit = repository.commit("third")
    reconciler.look()
    assert runs(db) == [("push", "main", commit)]


def test_other_branches_and_tags_start_nothing_by_default(db, reconciler, repository):
    reconciler.look()
    repository.git("checkout", "-q", "-b", "topic")
    repository.commit("topic")
    repository.git("tag", "v1")
    reconciler.look()
    assert runs(db) == []


def test_branches_and_tags_that_the_file_names_do(db, reconciler, repository):
    repository.configure("on: {push: [main, 'release/*'], tag: ['v*']}")
    reconciler.look()
    repository.git("checkout", "-q", "-b", "release/1")
    commit = repository.commit("topic")
    repository.git("tag", "-a", "v1", "-m", "one")
    reconciler.look()
    assert runs(db) == [("push", "release/1", commit), ("tag", "v1", commit)]


def test_the_file_counts_as_it_is_at_that_commit(db, reconciler, repository):
    reconciler.look()
    repository.configure("on: {push: []}")
    reconciler.look()
    assert runs(db) == []


def test_paths(db, reconciler, repository):
    repository.configure("on: {paths: [src, '*.py']}")
    reconciler.look()
    repository.commit("docs", docs__a="x")
    reconciler.look()
    assert runs(db) == []
    commit = repository.commit("code", src__a="x")
    reconciler.look()
    assert runs(db) == [("push", "main", commit)]


def test_skip_ci(db, reconciler, repository):
    reconciler.look()
    repository.commit("typo [skip ci]")
    reconciler.look()
    assert runs(db) == []
    commit = repository.commit("next")
    reconciler.look()
    assert runs(db) == [("push", "main", commit)]


def test_a_broken_file_starts_the_run_that_tells_why(db, reconciler, repository):
    reconciler.look()
    commit = repository.configure("biuld: {")
    reconciler.look()
    assert runs(db) == [("push", "main", commit)]


def test_a_deleted_branch_is_forgotten(db, reconciler, repository):
    repository.git("branch", "old")
    reconciler.look()
    repository.git("branch", "-D", "old")
    reconciler.look()
    (repo,) = db.repos.values()
    assert "refs/heads/old" not in repo["last_heads"] and "refs/heads/main" in repo["last_heads"] and not db.runs


def test_setting_a_branch_back_is_a_push_too(db, reconciler, repository):
    first = repository.git("rev-parse", "HEAD")
    reconciler.look()
    second = repository.commit("second")
    for commit in (first, second):
        reconciler.look()
        repository.git("reset", "-q", "--hard", commit)
    reconciler.look()
    assert [commit for _, _, commit in runs(db)] == [second, first, second]


def test_two_orchestrators_make_one_run_of_a_push(db, tmp_path, reconciler, repository):
    other = another(db, tmp_path)
    reconciler.look(), other.look()
    repository.commit("second")
    stale = {**next(iter(db.repos.values()))}
    reconciler.look()
    other._registered = lambda *_: stale      # it had read the row before the first one wrote it
    other.look()
    assert len(db.runs) == 1


def test_a_push_that_dbproxy_missed_is_seen_at_the_next_turn(db, reconciler, repository):
    reconciler.look()
    commit = repository.commit("second")
    db.down = True
    reconciler.look()
    db.down = False
    reconciler.look()
    assert runs(db) == [("push", "main", commit)]


def test_a_repository_that_fails_does_not_blind_us_to_the_others(db, reconciler, repository, tmp_path):
    reconciler.look()
    broken = Repository(tmp_path / "ada" / "broken")
    (broken.folder / ".git" / "packed-refs").write_text("rubbish\n")
    commit = repository.commit("second")
    reconciler.look()
    assert runs(db) == [("push", "main", commit)]


@pytest.mark.parametrize("act", [("commit", "-q", "--allow-empty", "-m", "x"), ("branch", "deep/er/one"), ("tag", "t"),
                                 ("pack-refs", "--all"), ("branch", "-D", "other"), ("symbolic-ref", "HEAD", "refs/heads/other")])
def test_every_change_of_a_ref_shows_in_the_signature(repository, act):
    repository.git("branch", "other")
    before = signature(repository.folder / ".git")
    assert signature(repository.folder / ".git") == before
    repository.git(*act)
    assert signature(repository.folder / ".git") != before


def test_what_somebody_removed_is_left_alone_until_it_moves(db, reconciler, monkeypatch):
    ask = db.call

    def refuse(method, path, **options):
        if method == "PUT" and path.startswith("/v1/repos/local/"):
            assert options["params"] == {"found": "true"}
            raise Conflict("ada/site was removed here", error="removed")
        return ask(method, path, **options)
    monkeypatch.setattr(db, "call", refuse)
    reconciler.look()
    assert db.repos == {}
    monkeypatch.setattr(LocalForge, "refs", lambda *_: pytest.fail("git was asked"))
    reconciler.look()


# ---- what became of each change is written down

def told(db):
    return [(row["ref"], row["outcome"], row["run"]) for row in db.ref_updates.values()]


def test_each_change_of_a_ref_says_what_became_of_it(db, reconciler, repository):
    reconciler.look()
    assert told(db) == [("refs/heads/main", "no run: main was there when Continuum first saw the repository; push a commit, "
                         "or start a run", None)]
    commit = repository.configure("on: {tag: ['v*']}")
    reconciler.look()
    (run,) = db.runs
    assert told(db)[-1] == ("refs/heads/main", f"main moved to {commit[:12]}: run {run}", run)


@pytest.mark.parametrize("configured, act, why", [
    ("on: {tag: ['v*']}", ("tag", "v1"), "the message of commit {head} says [skip ci]"),
    ("on: {tag: ['v*']}", ("tag", "x1"), None), ("{}", ("branch", "topic"), None),
    ("on: {push: [main]}", ("branch", "topic"), None)])
def test_case_09_a_release_that_is_skipped_says_so(db, reconciler, repository, configured, act, why):
    repository.configure(configured)
    repository.commit("chore(release): 1.2.0 [skip ci]" if why else "release")
    reconciler.look()
    repository.git(*act)
    reconciler.look()
    head = repository.git("rev-parse", "HEAD")[:12]
    ref, outcome, run = told(db)[-1]
    assert (ref.split("/")[-1], run) == (act[1], None)
    expected = {"x1": "no glob of on.tag matches x1", "topic": "on.push"}[act[1]] if why is None else why.format(head=head)
    assert f"{act[1]} moved to {head}; no run: " in outcome and expected in outcome


def test_paths_a_deletion_and_a_name_that_cannot_run_are_told(db, reconciler, repository):
    repository.configure("on: {paths: [src], push: ['**']}")
    reconciler.look()
    repository.commit("docs", docs__a="x")
    repository.git("branch", "-q", "gone")
    reconciler.look()
    assert "no run: it changes nothing that on.paths names" in told(db)[-1][1]
    repository.git("branch", "-q", "-D", "gone")
    repository.git("update-ref", "refs/heads/-h", "HEAD")
    reconciler.look()
    assert "a dash at its beginning" in told(db)[-2][1] and told(db)[-1][1] == "gone was deleted"


def test_two_orchestrators_write_one_row_for_one_change(db, tmp_path, reconciler, repository):
    reconciler.look()
    before = len(db.ref_updates)
    repository.commit("second")
    other = another(db, tmp_path)
    reconciler.look()
    other.look()
    assert len(db.ref_updates) == before + 1


def test_case_36_the_first_commit_of_the_default_branch_changes_everything(db, tmp_path):
    empty = Repository(tmp_path / "ada" / "empty")
    reconciler = another(db, tmp_path)
    reconciler.look()
    (empty.folder / "index.html").write_text("hi")
    commit = empty.configure("on: {paths: ['*.html']}")
    reconciler.look()
    assert runs(db) == [("push", "main", commit)]
    empty.git("checkout", "-q", "-b", "topic")
    (empty.folder / ".continuum.yml").write_text("on: {paths: ['*.html'], push: ['**']}")
    empty.commit("no page in it")
    reconciler.look()
    assert len(runs(db)) == 1, "another new branch is compared with the default one"


def test_case_14_the_branch_that_is_pushed_becomes_the_default_one(db, tmp_path):
    bare = tmp_path / "ada" / "head.git"
    subprocess.run(["git", "init", "-q", "--bare", "-b", "master", str(bare)], check=True)
    reconciler = another(db, tmp_path)
    reconciler.look()
    work = Repository(tmp_path / "elsewhere" / "deep" / "work")
    commit = work.commit("First", Dockerfile="FROM scratch")
    work.git("push", "-q", str(bare), "main")
    reconciler.look()
    assert runs(db) == [("push", "main", commit)]
    assert next(iter(db.repos.values()))["default_branch"] == "main"


@pytest.mark.parametrize("branch", ["feature/login", "fix(parser)", "metasearch->ransack", "wip!", "it's", "fünf/ñandú#12",
                                    "fix%20me", "$(id)", ";id", "`id`", "a|b&c", "<b>", '"'])
def test_case_20_every_name_that_git_takes_runs(db, reconciler, repository, branch):
    repository.configure("on: {push: ['*']}")
    reconciler.look()
    repository.git("checkout", "-q", "-b", branch)
    commit = repository.commit("topic")
    reconciler.look()
    assert runs(db) == [("push", branch, commit)]


def test_a_commit_with_an_endless_message_starts_no_run_and_says_so(db, reconciler, repository):
    reconciler.look()
    repository.git("commit", "-q", "--allow-empty", "-F", long_message(repository, 100_000))
    reconciler.look()
    (run,) = db.runs.values()
    assert len(run["message"]) == 1000
    repository.git("commit", "-q", "--allow-empty", "-F", long_message(repository, 300_000))
    reconciler.look()
    assert len(db.runs) == 1 and "larger than 256 KiB: shorten its message" in told(db)[-1][1]


def long_message(repository, characters):
    path = repository.folder.parent.parent / "message"
    path.write_text("x" * characters)
    return str(path)


def test_a_repository_with_too_many_refs_is_told_and_read_once(db, reconciler, repository, monkeypatch):
    """It would otherwise be read each second, while everyone else's pushes wait."""
    reconciler.look()
    monkeypatch.setattr("forges.git.MOST_REFS", 2)
    for name in "abc":
        repository.git("tag", name)
    reconciler.look()
    assert told(db)[-1] == ("refs/heads/main", "no run: the repository has more than 2 branches and tags: delete some", None)
    monkeypatch.setattr(LocalForge, "refs", lambda *_: pytest.fail("git was asked again"))
    reconciler.look()
    monkeypatch.undo()
    repository.git("tag", "-d", "a", "b", "c")
    commit = repository.commit("fewer")
    reconciler.look()
    assert runs(db) == [("push", "main", commit)]


def test_many_refs_are_followed_in_turns_so_that_others_are_seen(db, reconciler, repository, tmp_path, monkeypatch):
    other = Repository(tmp_path / "zoe" / "site")
    other.commit("first")
    reconciler.look()
    monkeypatch.setattr("orchestrator.scm.local_watcher.AT_ONCE", 3)
    tags = [f"v{number}" for number in range(7)]
    for name in tags:
        repository.git("tag", name)
    mine, commit = repository.commit("mine"), other.commit("theirs")
    before = len(told(db))
    reconciler.look()
    assert {run[2] for run in runs(db)} == {mine, commit}      # branches first, and both repositories
    assert len(told(db)) == before + 3 + 1
    for _ in range(3):
        reconciler.look()
    assert {ref for ref, *_ in told(db)} >= {f"refs/tags/{name}" for name in tags}
    repository.git("tag", "-d", *tags)
    for _ in range(3):
        reconciler.look()
    (row,) = [row for row in db.repos.values() if row["owner"] == "ada"]
    assert not any(ref.startswith("refs/tags/") for ref in row["last_heads"])
    monkeypatch.setattr(LocalForge, "refs", lambda *_: pytest.fail("git was asked again"))
    reconciler.look()
