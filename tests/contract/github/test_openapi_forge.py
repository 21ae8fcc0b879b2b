"""Every request that forges/github sends, as GitHub's document has it, and what it makes of the answers."""

import pytest
from pydantic import SecretStr

from common.errors import Conflict, Forbidden, NotFound, Problem, Unauthorized
from forges.base import Annotation, Check, Status, Unsupported
from forges.github import Client, GitHubApp, Urls, check_credentials, convert_manifest
from tests.contract.github.conftest import watched
from tests.contract.github.partners import Settings, Tokens, forge_at, person

PERMISSIONS = {"metadata": "read", "contents": "read", "statuses": "write", "checks": "write", "deployments": "write",
               "pull_requests": "write"}
MANIFEST = {"name": "Continuum here", "url": "http://localhost:1", "redirect_url": "http://localhost:1/created",
            "default_permissions": PERMISSIONS}
SECRET = SecretStr("s" * 40)


@pytest.fixture()
def github(tmp_path):
    """Without leave to send anything that GitHub would refuse as invalid."""
    with watched(tmp_path / "github") as made:
        made.user("writer")
        made.user("reader")
        yield made


@pytest.fixture()
def writer(github):
    return person("writer", github.token("writer", "repo", "read:org").value)


@pytest.fixture()
def tokens(writer):
    return Tokens(writer)


@pytest.fixture()
def forge(github, tokens):
    return forge_at(github.url, github.api, tokens)


@pytest.fixture()
def client(github):
    return Client(Urls.of(Settings(github.url, github.api)))


@pytest.fixture()
def by_app(github, app, client, tokens):
    """The forge, where an App is installed that acts for it."""
    made = github.app(MANIFEST, "writer")
    github.install(made, "writer")
    tokens.app = GitHubApp(client, made.id, made.slug, SecretStr(made.private_key))
    return forge_at(github.url, github.api, tokens)


@pytest.fixture()
def pull(github, app):
    github.commit(app, {"a": "b"}, branch="topic")
    return github.pull(app, app, "topic", title="A change", author="writer")


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


def wait_until_refreshed(forge, account):
    from cli.waiting import wait_for

    def look():
        page = forge.repos(per_page=30, account=account)
        return page if page.refreshed and not page.refreshing else None
    return wait_for(look, "the list to be whole", 60, every=0.05)


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


def test_a_webhook_is_made_changed_and_removed(github, app, forge, writer, listener):
    made = forge.add_webhook("writer", "app", listener.url, SECRET, writer)
    headers, _ = listener.next()
    assert headers["X-GitHub-Event"] == "ping"
    assert forge.add_webhook("writer", "app", listener.url, SecretStr("t" * 40), writer) == made
    assert [hook.secret for hook in app.hooks.values()] == ["t" * 40]
    forge.remove_webhook("writer", "app", made, writer)
    forge.remove_webhook("writer", "app", made, writer)
    assert not app.hooks


def test_a_status(github, app, forge):
    sha = forge.resolve("writer", "app", "main").sha
    forge.set_status("writer", "app", Status(sha, "success", "continuum/build", "d" * 200, "http://localhost:1/runs/1"))
    (kept,) = app.statuses
    assert (kept["context"], kept["state"], kept["description"]) == ("continuum/build", "success", "d" * 140)


def test_a_status_without_the_scope_says_which(github, app, forge):
    forge_of_reader = forge_at(github.url, github.api, Tokens(person("writer", github.token("writer").value)))
    github.change(app, "publicized", private=False)
    with pytest.raises(Forbidden, match="'repo'"):
        forge_of_reader.set_status("writer", "app", Status("0" * 40, "success", "c", "d", ""))


def test_deployments(github, app, forge):
    sha = forge.resolve("writer", "app", "main").sha
    forge.set_status("writer", "app", Status(sha, "pending", "continuum", "", ""))
    made = forge.start_deployment("writer", "app", sha, "production", "Run 1")
    for state in ("in_progress", "success", "inactive"):
        forge.set_deployment("writer", "app", made, state, "told", "http://localhost:1/log", "http://localhost:1/")
    assert [each["state"] for each in app.deployment_statuses[int(made)]] == ["in_progress", "success", "inactive"]


def test_one_comment_however_often(github, app, forge, pull):
    theirs = {"id": 1, "user": {"login": "reader"}, "body": "<!-- mark -->\nmine",
              "issue_url": f"{github.api}/repos/writer/app/issues/{pull.number}"}
    made = forge.upsert_comment("writer", "app", pull.number, "<!-- mark -->\none", None)
    assert forge.upsert_comment("writer", "app", pull.number, "<!-- mark -->\ntwo", None) == made
    del app.comments[int(made)]
    again = forge.upsert_comment("writer", "app", pull.number, "<!-- mark -->\nthree", made)
    assert again != made and [each["body"] for each in app.comments.values()] == ["<!-- mark -->\nthree"]
    assert theirs["id"] not in app.comments


def test_pull_requests(github, app, forge, pull):
    fork = github.fork(app, "reader")
    github.commit(fork, {"z": "z"}, branch="topic")
    other = github.pull(app, fork, "topic", author="reader")
    found = {each.number: each for each in forge.pulls("writer", "app")}
    assert not found[pull.number].fork and found[other.number].fork
    github.delete(fork)
    assert forge.pull("writer", "app", other.number).head_repo_id is None


def test_a_check_run_takes_an_app(forge, app):
    with pytest.raises(Unsupported, match="install the App"):
        forge.set_check("writer", "app", Check("0" * 40, "tests", None, "t", "s", ""))


def test_an_app_acts_where_it_is_installed(github, app, by_app, pull):
    sha = by_app.resolve("writer", "app", "main").sha
    assert by_app.grant("writer", "app").kind == "installation"
    by_app.set_status("writer", "app", Status(sha, "success", "continuum", "", "http://localhost:1"))
    assert app.statuses[0]["creator"]["login"] == "continuum-here[bot]"
    made = by_app.upsert_comment("writer", "app", pull.number, "<!-- mark -->\none", None)
    assert by_app.upsert_comment("writer", "app", pull.number, "<!-- mark -->\ntwo", None) == made
    assert by_app.start_deployment("writer", "app", sha, "preview", "")


def test_a_check_run_with_many_annotations(github, app, by_app):
    sha = by_app.resolve("writer", "app", "main").sha
    notes = tuple(Annotation("a.py", line, "failure", "t", "m") for line in range(1, 121))
    made = by_app.set_check("writer", "app", Check(sha, "tests", "failure", "t", "s", "http://localhost:1", notes))
    assert [note["start_line"] for note in app.checks[int(made)]["annotations"]] == list(range(1, 121))
    assert app.checks[int(made)]["conclusion"] == "failure"
    assert by_app.set_check("writer", "app", Check(sha, "tests", "success", "t", "s", "", known=made)) == made


def test_a_manifests_code_becomes_an_app(github, client):
    github.manifests["c0de"] = (MANIFEST, github.account("writer"))
    made = convert_manifest(client, "c0de")
    assert made.slug == "continuum-here" and github.apps[made.app_id].oauth.client_id == made.client_id
    with pytest.raises(Problem, match="does not know this code"):
        convert_manifest(client, "c0de")


def test_credentials_are_checked(github, client):
    made = github.oauth_app("http://localhost:1/callback")
    assert check_credentials(client, made.client_id, SecretStr(made.secret)) is None
    assert "copy both again" in check_credentials(client, made.client_id, SECRET)


def test_an_archived_repository_is_told(github, app, forge):
    sha = forge.resolve("writer", "app", "main").sha
    github.change(app, "archived", archived=True)
    with pytest.raises((Forbidden, Conflict), match="archived"):
        forge.set_status("writer", "app", Status(sha, "success", "continuum", "", ""))


def test_an_unchanged_answer_costs_nothing(github, app, forge, writer):
    forge.repo("writer", "app")
    before = github.limits.left(github.tokens[writer.token.get_secret_value()])
    forge.repo("writer", "app")
    assert github.seen[-1][2] == 304 and github.limits.left(github.tokens[writer.token.get_secret_value()]) == before
