"""Our forge before emulate, a GitHub that others wrote."""

import base64
from concurrent.futures import ThreadPoolExecutor

import pytest
from pydantic import SecretStr

from cli.waiting import wait_for
from forges.base import Account, Grant
from forges.github import Client, GitHubForge
from forges.github.problems import RateLimited
from tests.github import signing
from tests.github.access import MemoryTokens
from tests.github.emulate import TOKEN, Emulate
from tests.github.receiver import Receiver

OTHERS = tuple(f"repo-{number:03}" for number in range(119))


@pytest.fixture(scope="module")
def emulate(tmp_path_factory):
    with Emulate(tmp_path_factory.mktemp("emulate"), OTHERS) as running:
        yield running


@pytest.fixture
def forge(emulate):
    tokens = MemoryTokens()
    tokens.people["octocat"] = SecretStr(TOKEN)
    tokens.grants["octocat/hello"] = Grant(SecretStr(TOKEN), "person", "octocat")
    return GitHubForge(emulate.urls, tokens)


@pytest.fixture
def octocat():
    return Account("octocat", id=1)


def write(emulate, path, text):
    content = base64.b64encode(text.encode()).decode()
    emulate.call("PUT", f"/repos/octocat/hello/contents/{path}", {"message": f"Write {path}", "content": content})


def test_the_list_has_all_its_pages(forge, octocat):
    wait_for(lambda: forge.repos(account=octocat).refreshed, "the whole list", 60, every=0.05)
    page = forge.repos(page=4, account=octocat)
    assert page.total == 120 and page.items[-1].path == "octocat/repo-118" and page.rate.limit == 5000
    assert [repo.name for repo in forge.repos("Hello", account=octocat).items] == ["hello"]


def test_code_is_read(forge, octocat, emulate):
    write(emulate, "Dockerfile", "FROM scratch\n")
    refs = forge.refs("octocat", "hello")
    head = forge.resolve("octocat", "hello", "main")
    assert refs.branches[0].commit == head.sha and head.subject == "Write Dockerfile"
    assert forge.file("octocat", "hello", head.sha, "Dockerfile") == b"FROM scratch\n"
    assert forge.right_of(octocat, "octocat", "hello") == "admin"


def test_its_own_deliveries_come_signed(forge, octocat, emulate):
    with Receiver() as receiver:
        hook = forge.add_webhook("octocat", "hello", receiver.url, SecretStr("s3cret"), octocat)
        assert forge.add_webhook("octocat", "hello", receiver.url, SecretStr("s3cret"), octocat) == hook
        write(emulate, "a.txt", "a")
        push = wait_for(lambda: next((item for item in receiver.got if item.event == "push"), None), "a push", 30)
        forge.remove_webhook("octocat", "hello", hook, octocat)
        forge.remove_webhook("octocat", "hello", hook, octocat)
    assert push.signature == signing.sign("s3cret", push.body) and push.payload["ref"] == "refs/heads/main"


def test_its_rate_limit_is_honoured(tmp_path):
    with Emulate(tmp_path) as emulate:
        client = Client(emulate.urls)
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda _: emulate.call("GET", "/user"), range(4990)))
        with pytest.raises(RateLimited, match="5000 requests an hour"):
            for _ in range(20):
                client.get("/user", SecretStr(TOKEN))
        assert client.limits.of(SecretStr(TOKEN)).remaining == 0
