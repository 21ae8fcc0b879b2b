"""Every request of forges/github that asks, as GitHub's document has it, and what it makes of the answers."""

import pytest
from pydantic import SecretStr

from common.wire.errors import NotFound, Problem, Unauthorized
from forges.github import check_credentials, convert_manifest
from tests.contract.github.partners import *  # noqa: F403  fixtures


def test_the_list_is_what_the_person_can_push_to(github, app, forge, writer):
    for number in range(120):
        github.repo(f"writer/r{number:03}")
    github.repo("reader/theirs", rights={"writer": "pull"})
    github.org("company", writer="admin")
    github.repo("company/web", private=True)
    github.repo("reader/shared", private=True, rights={"writer": "push"})
    forge.repos(account=writer)                      # the rest of the pages come in the background
    page = wait_until_refreshed(forge, writer)
    assert page.total == 123 and page.rate.limit == 5000
    assert [repo.path for repo in page.items[:3]] == ["company/web", "reader/shared", "writer/app"]
    assert [repo.path for repo in forge.repos("R11", 1, 30, writer).items] == [f"writer/r11{n}" for n in range(10)]


def test_whether_there_is_a_dockerfile(github, app, forge, writer):
    github.repo("writer/empty")
    github.repo("writer/text", files={"README.md": "x"})
    found = {repo.name: repo.dockerfile for repo in wait_until_refreshed(forge, writer).items}
    assert found == {"app": True, "empty": False, "text": False}


def test_one_repository_also_by_the_name_of_before(github, app, forge):
    found = forge.repo("writer", "app")
    assert (found.external_id, found.private, found.default_branch) == (str(app.id), True, "main")
    github.move(app, "writer/renamed")
    assert forge.repo("writer", "app").path == "writer/renamed"
    assert forge.resolve("writer", "app", "main").sha


def test_refs_and_commits(github, app, forge, pull):
    sha = github.commit(app, {"x": "y"}, branch="deep/topic", message="Subject\n\nBody")
    refs = forge.refs("writer", "app")
    assert [ref.name for ref in refs.branches] == ["main", "deep/topic", "topic"] and refs.default_branch == "main"
    for name in ("deep/topic", sha, sha[:7]):
        found = forge.resolve("writer", "app", name)
        assert (found.sha, found.subject) == (sha, "Subject")
    assert forge.head("writer", "app", "refs/heads/deep/topic").sha == sha
    assert forge.resolve("writer", "app", f"refs/pull/{pull.number}/head").sha == pull.head_sha
    with pytest.raises(NotFound):
        forge.resolve("writer", "app", "nothing")


def test_an_empty_repository(github, forge):
    github.repo("writer/empty")
    assert forge.refs("writer", "empty").branches == []
    with pytest.raises(NotFound):
        forge.resolve("writer", "empty", "main")


def test_files(github, app, forge):
    sha = github.commit(app, {"deep/näme + x.txt": "héllo"})
    assert forge.file("writer", "app", sha, "deep/näme + x.txt") == "héllo".encode()
    assert forge.file("writer", "app", "main", "Dockerfile") == b"FROM scratch\n"
    with pytest.raises(NotFound):
        forge.file("writer", "app", "main", "deep")


def test_what_changed(github, app, forge):
    first = forge.resolve("writer", "app", "main").sha
    second = github.commit(app, {"a": "1", "Dockerfile": None})
    assert forge.changed("writer", "app", first, second) == ["Dockerfile", "a"]
    assert forge.changed("writer", "app", "0" * 39 + "1", second) is None
    topic = github.commit(app, {"b": "2"}, branch="topic")
    assert forge.changed("writer", "app", None, topic) == ["b"]


def test_what_a_branch_has_behind_it(github, app, forge):
    first = forge.resolve("writer", "app", "main").sha
    topic = github.commit(app, {"b": "2"}, branch="topic")
    assert forge.holds("writer", "app", "main", first) and forge.holds("writer", "app", "topic", topic)
    assert not forge.holds("writer", "app", "main", topic)
    github.commit(app, {"a": "1"})
    assert forge.holds("writer", "app", "main", first) and not forge.holds("writer", "app", "main", "0" * 39 + "1")


@pytest.mark.parametrize("login,right", [("writer", "admin"), ("reader", "read")])
def test_rights(github, app, forge, login, right):
    assert forge.right_of(person(login, github.token(login, "repo").value), "writer", "app") == right


def test_of_others_private_repositories_nothing_is_seen(github, app, forge):
    github.user("stranger")
    stranger = person("stranger", github.token("stranger", "repo").value)
    assert forge.right_of(stranger, "writer", "app") is None
    with pytest.raises(NotFound):
        forge.repo("writer", "app", stranger)


def test_a_revoked_token_is_told(github, app, forge, tokens, writer):
    github.revoke(writer.token.get_secret_value())
    with pytest.raises(Unauthorized):
        forge.repo("writer", "app")
    assert tokens.refused == [writer.token]


def test_pull_requests(github, app, forge, pull):
    fork = github.fork(app, "reader")
    github.commit(fork, {"z": "z"}, branch="topic")
    other = github.pull(app, fork, "topic", author="reader")
    found = {each.number: each for each in forge.pulls("writer", "app")}
    assert not found[pull.number].fork and found[other.number].fork
    github.delete(fork)
    assert forge.pull("writer", "app", other.number).head_repo_id is None


def test_a_manifests_code_becomes_an_app(github, client):
    github.manifests["c0de"] = (MANIFEST, github.account("writer"))
    made = convert_manifest(client, "c0de")
    assert made.slug == "continuum-here" and github.apps[int(made.app_id)].oauth.client_id == made.client_id
    with pytest.raises(Problem, match="does not know this code"):
        convert_manifest(client, "c0de")


def test_credentials_are_checked(github, client):
    made = github.oauth_app("http://localhost:1/callback")
    assert check_credentials(client, made.client_id, SecretStr(made.secret)) is None
    assert "copy both again" in check_credentials(client, made.client_id, SecretStr("s" * 40))


def test_an_unchanged_answer_costs_nothing(github, app, forge, writer):
    forge.repo("writer", "app")
    before = github.limits.left(github.tokens[writer.token.get_secret_value()])
    forge.repo("writer", "app")
    assert github.seen[-1][2] == 304 and github.limits.left(github.tokens[writer.token.get_secret_value()]) == before
