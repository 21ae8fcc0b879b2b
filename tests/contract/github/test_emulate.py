"""forges/github against `emulate`, a GitHub that others wrote.

Where it is known to differ from GitHub (no statuses, no git, others' private repositories as 403, an unknown token
counts as the first user, no organisations' repositories in a person's list), our own stand-in is asked instead.
"""

import base64
import http.client
import json
from urllib.parse import urlsplit

import pytest
import requests
from pydantic import SecretStr

from common.wire.errors import NotFound
from forges.github import events
from forges.github.problems import RateLimited
from orchestrator.scm.webhooks.rules import decide
from tests.contract.github.partners import Tokens, forge_at, person, wait_until_refreshed
from tests.github.outbox import sign
from tests.harness.emulated import emulate
from tests.harness.rows import repo_row

LIMIT = 5000       # requests an hour, for each token
SECRET = "s" * 40
REPOS = [{"owner": "octocat", "name": "app", "private": True, "auto_init": True},
         {"owner": "hubot", "name": "other", "auto_init": True}]
SEED = {"tokens": {name: {"login": login, "scopes": ["repo", "admin:repo_hook"]}
                   for name, login in (("t-octocat", "octocat"), ("t-hubot", "hubot"), ("t-spent", "hubot"))},
        "github": {"users": [{"login": "octocat"}, {"login": "hubot"}],
                   "repos": [*REPOS, *({"owner": "octocat", "name": f"r{n:03}"} for n in range(120))]}}


@pytest.fixture(scope="module")
def url():
    with emulate(SEED) as found:
        yield found


@pytest.fixture()
def octocat():
    return person("octocat", "t-octocat")


@pytest.fixture()
def forge(url, octocat):
    return forge_at(url, url, Tokens(octocat))


def put(url: str, path: str, text: str, branch: str = "main") -> str:
    """A commit with that file; answers it."""
    file = {"message": f"Add {path}", "content": base64.b64encode(text.encode()).decode(), "branch": branch}
    answer = requests.put(f"{url}/repos/octocat/app/contents/{path}", timeout=30, json=file,
                          headers={"Authorization": "Bearer t-octocat"})
    assert answer.status_code == 201, answer.text
    return answer.json()["commit"]["sha"]


def test_the_list_goes_over_all_pages(forge, octocat):
    forge.repos(account=octocat)
    page = wait_until_refreshed(forge, octocat)
    paths = {repo.path for number in range(1, 6) for repo in forge.repos("", number, 30, octocat).items}
    assert page.total == len(paths) == 121 and {"octocat/app", "octocat/r119"} <= paths
    assert page.rate.limit == LIMIT and page.rate.remaining < LIMIT
    assert [repo.name for repo in forge.repos("R119", 1, 30, octocat).items] == ["r119"]


def test_one_repository_and_what_is_in_it(forge, url):
    repo = forge.repo("octocat", "app")
    assert (repo.private, repo.default_branch) == (True, "main") and repo.external_id.isdigit()
    sha = put(url, "Dockerfile", "FROM scratch\n")
    assert forge.resolve("octocat", "app", "main").sha == sha == forge.head("octocat", "app", "refs/heads/main").sha
    assert forge.file("octocat", "app", sha, "Dockerfile") == b"FROM scratch\n"
    assert [ref.commit for ref in forge.refs("octocat", "app").branches] == [sha]
    with pytest.raises(NotFound):
        forge.file("octocat", "app", sha, "nothing")
    with pytest.raises(NotFound):
        forge.resolve("octocat", "app", "no-such-branch")


def test_what_a_commit_changed(forge, url):
    first = put(url, "one.txt", "1")
    second = put(url, "deep/two.txt", "2")
    assert forge.changed("octocat", "app", first, second) == ["deep/two.txt"]


def test_what_a_person_may(forge, octocat):
    assert forge.right_of(octocat, "octocat", "app") == "admin"


def test_a_hook_is_made_and_its_deliveries_are_ours_to_judge(forge, url, octocat, listener):
    made = forge.add_webhook("octocat", "app", listener.url, SecretStr(SECRET), octocat)
    sha = put(url, "pushed.txt", "x")
    event, payload = of_kind(listener, "push")
    assert payload["after"] == sha
    repo = repo_row(owner="octocat", name="app", external_id=forge.repo("octocat", "app").external_id)
    found = decide(events.read(event, payload), repo)
    assert (found.kind, found.ref, found.actor) == ("head", "refs/heads/main", "octocat")
    assert forge.add_webhook("octocat", "app", listener.url, SecretStr(SECRET), octocat) == made
    forge.remove_webhook("octocat", "app", made, octocat)
    forge.remove_webhook("octocat", "app", made, octocat)


def of_kind(listener, wanted: str) -> tuple[str, dict]:
    """The next delivery of that event; each on the way is signed with our secret over its raw body."""
    while True:
        headers, body = listener.next()
        given = {name.lower(): value for name, value in headers.items()}
        assert given["x-hub-signature-256"] == sign(SECRET, body) and given["x-github-delivery"]
        if given["x-github-event"] == wanted:
            return wanted, json.loads(body)


def test_pull_requests_comments_and_checks_come_through(forge, url):
    """The comment is found again by its first line."""
    head = {"Authorization": "Bearer t-octocat"}
    base = forge.resolve("octocat", "app", "main").sha
    requests.post(f"{url}/repos/octocat/app/git/refs", headers=head, timeout=30,
                  json={"ref": "refs/heads/topic", "sha": base})
    sha = put(url, "topic.txt", "x", "topic")
    made = requests.post(f"{url}/repos/octocat/app/pulls", headers=head, timeout=30,
                         json={"title": "A change", "head": "topic", "base": "main"}).json()
    pull = forge.pull("octocat", "app", made["number"])
    assert (pull.head_commit, pull.fork, pull.title) == (sha, False, "A change")
    assert [each.number for each in forge.pulls("octocat", "app")] == [made["number"]]
    comment = forge.upsert_comment("octocat", "app", pull.number, "<!-- mark -->\none", None)
    assert forge.upsert_comment("octocat", "app", pull.number, "<!-- mark -->\ntwo", None) == comment


def test_the_hourly_limit_is_told_and_then_kept_to(url):
    """A token of its own: nobody else asks with it."""
    spent, hubot = forge_at(url, url, Tokens(person("hubot", "t-spent"))), person("hubot", "t-spent")
    connection = http.client.HTTPConnection(urlsplit(url).netloc)
    for _ in range(LIMIT):
        connection.request("GET", "/meta", headers={"Authorization": "Bearer t-spent"})
        connection.getresponse().read()
    with pytest.raises(RateLimited, match="5000 requests an hour") as told:
        spent.repo("hubot", "other", hubot)
    assert 0 < told.value.retry_after <= 3600 and spent.client.limits.of(hubot.token).remaining == 0
