"""Fetching from a GitHub that has no TLS: a private repository by its token, and the commit of a fork's pull request."""

import pytest

from builder.allowed import Allowed
from builder.git import PROTOCOLS, Git
from builder.mirrors import Mirrors
from builder.source import Source
from common.wire.contracts import RepoRef
from common.wire.errors import Failure
from tests.github import serve, store


@pytest.fixture
def github(tmp_path):
    with serve(tmp_path / "github") as made:
        for login in ("ann", "eve"):
            made.user(login)
        yield made


@pytest.fixture
def source(tmp_path, github, log, cancel):
    (tmp_path / "home").mkdir()
    git = Git(tmp_path / "home", (*PROTOCOLS, "http"))
    return Source(git, Mirrors(tmp_path / "mirrors", git), allowed(github, "ann/site", 1, tmp_path), log, cancel)


def allowed(github, path, number, tmp_path):
    owner, name = path.split("/")
    return Allowed.of(tmp_path, github.url, RepoRef(id=number, forge="github", owner=owner, name=name), [])


def origin(github, repo, token, tmp_path):
    return allowed(github, repo.path, repo.id, tmp_path).origin(f"{github.url}/{repo.path}.git", token)


def test_a_private_repository_by_its_token_which_stays_nowhere(github, source, tmp_path):
    repo = github.repo("ann/site", private=True, files={"a.txt": "private"})
    commit, token = store.commit_of(repo.folder, "main"), github.token("ann", "repo").value
    source.fetch(origin(github, repo, token, tmp_path), "main", commit, tmp_path / "work")
    assert (tmp_path / "work" / "a.txt").read_text() == "private"
    for folder in ("work", "mirrors", "home"):
        assert not any(token.encode() in path.read_bytes() for path in (tmp_path / folder).rglob("*") if path.is_file())


@pytest.mark.parametrize("who", [None, "eve"])
def test_whoever_may_not_read_it_gets_a_reason(github, source, tmp_path, who):
    repo = github.repo("ann/site", private=True, files={"a.txt": "private"})
    token = github.token(who, "repo").value if who else None
    with pytest.raises(Failure, match="does not let us read ann/site|not there any more, or we may not see it"):
        source.fetch(origin(github, repo, token, tmp_path), "main", store.commit_of(repo.folder, "main"), tmp_path / "work")


def test_the_commit_of_a_forks_pull_request_comes_from_the_base(github, source, tmp_path):
    repo = github.repo("ann/site", files={"a.txt": "base"})
    fork = github.fork(repo, "eve")
    commit = github.commit(fork, {"a.txt": "of the fork"}, branch="topic", by="eve")
    pull = github.pull(repo, fork, "topic", author="eve")
    token = github.token("ann", "repo").value
    source.fetch(origin(github, repo, token, tmp_path), f"refs/pull/{pull.number}/head", commit, tmp_path / "work")
    assert (tmp_path / "work" / "a.txt").read_text() == "of the fork"


def test_a_commit_that_was_pushed_away_says_what_to_do(github, source, tmp_path):
    repo = github.repo("ann/site", files={"a.txt": "base"})
    with pytest.raises(Failure, match="was it force-pushed away"):
        source.fetch(origin(github, repo, github.token("ann", "repo").value, tmp_path), "main", "a" * 40, tmp_path / "work")
