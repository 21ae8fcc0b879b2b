"""All that a person can push to, from a copy: 5,000 repositories feel the same as 5."""

import pytest
from pydantic import SecretStr

from common.wire.errors import NotFound, Unauthorized
from forges.github import Client, repos
from forges.github.dockerfiles import Dockerfiles
from forges.github.problems import Slow
from forges.github.rate import RateLimits
from forges.github.repos import RepoLists
from tests.unit.forges.github.access import account, signed_in
from tests.unit.forges.github.fakes import URLS, Clock, FakeGitHub, reply

TOKEN = SecretStr("gho_ada")


def row(number, name=None, push=True, version=1, **more):
    name = name or f"repo-{number:04}"
    return {"id": number, "name": name, "owner": {"login": "ada"}, "default_branch": "main", "private": True,
            "html_url": f"https://github.com/ada/{name}", "pushed_at": version, "archived": False,
            "permissions": {"admin": False, "push": push, "pull": True}, **more}


class Listed:
    """GitHub with `rows`; counts pages that were whole and pages that were the same."""

    def __init__(self, rows):
        self.rows, self.whole, self.same, self.looked = rows, 0, 0, 0
        self.fails, self.clock, self.held = None, Clock(), None
        self.client = Client(URLS, transport=FakeGitHub(self.answer), limits=RateLimits("github.com", self.clock))
        self.lists = RepoLists(self.client, self.clock, self.background)

    def background(self, name, work):
        work() if self.held is None else self.held.append(work)

    def answer(self, method, url, headers, json):
        if self.fails:
            return self.fails
        if "/contents/" in url:
            self.looked += 1
            return reply([{"type": "file", "name": "Dockerfile"}] if "even" in url else [])
        number = int(url.partition("&page=")[2] or 1)
        items = self.rows[(number - 1) * 100:number * 100]
        etag = f'"{hash(str(items))}"'
        if headers.get("If-None-Match") == etag:
            self.same += 1
            return reply(status=304)
        self.whole += 1
        more = number * 100 < len(self.rows)
        link = f'<https://api.github.com/user/repos?per_page=100&page={number + 1}>; rel="next"'
        return reply(items, ETag=etag, **({"Link": link} if more else {}))

    def page(self, query="", page=1, per_page=30):
        return self.lists.page("7", TOKEN, query, page, per_page)


def test_5000_are_listed_searched_and_paged_from_one_look():
    github = Listed([row(number) for number in range(5000)])
    assert github.page().total == 5000 and github.whole == 50
    assert [repo.name for repo in github.page(page=167).items] == [f"repo-{n}" for n in range(4980, 5000)]
    assert [repo.name for repo in github.page("REPO-0499").items] == ["repo-0499"]
    assert github.whole == 50 and github.same == 0


def test_the_first_hundred_are_shown_before_the_rest_came():
    github = Listed([row(number) for number in range(250)])
    seen = []
    ask = github.client.pages

    def watched(*arguments):
        for items in ask(*arguments):
            yield items
            seen.append(github.page())
    github.client.pages = watched
    github.page()
    told = [(page.total, page.refreshing, page.refreshed) for page in seen[:2]]
    assert told == [(100, True, None), (200, True, None)]
    assert github.page().refreshed == github.clock.now and not github.page().refreshing


def test_a_refresh_is_conditional_and_replaces_the_copy_as_a_whole():
    github = Listed([row(number) for number in range(200)])
    github.page()
    github.clock.now += 61
    github.rows = [*github.rows[:150], row(900, "zebra"), *github.rows[151:]]
    assert github.page("zebra").total == 1
    assert (github.whole, github.same) == (3, 1)


def test_a_copy_is_given_out_while_it_is_refreshed():
    github = Listed([row(1)])
    github.page()
    github.clock.now, github.held = github.clock.now + 61, []
    page = github.page()
    assert page.total == 1 and page.refreshing and len(github.held) == 1
    github.clock.now += 61
    github.page()
    assert len(github.held) == 1


def test_rights_on_5000_are_told_from_the_same_look(monkeypatch):
    """Reading ones too; after a minute they are said to be old while the next look, which costs nothing, is under way."""
    github = Listed([row(number, push=number % 2 == 0) for number in range(5000)])
    found = github.lists.rights("7", TOKEN)
    assert found.fresh and len(found.rights) == 5000 and github.whole == 50
    assert (found.rights["4"], found.rights["5"]) == ("write", "read")
    assert github.lists.rights("7", TOKEN).fresh and (github.whole, github.same) == (50, 0)
    github.clock.now += repos.FRESH
    github.held = []
    assert not github.lists.rights("7", TOKEN).fresh
    github.rows = github.rows[:-1]
    github.held.pop()()
    found = github.lists.rights("7", TOKEN)
    assert found.fresh and "4999" not in found.rights and (github.whole, github.same) == (51, 49)


def test_what_one_cannot_push_to_is_left_out_and_so_are_names_that_we_let_nowhere():
    github = Listed([row(1), row(2, push=False), row(3, ".github"), row(4, "old", archived=True), row(5, "-x")])
    assert [(repo.name, repo.archived) for repo in github.page().items] == [(".github", False), ("old", True), ("repo-0001", False)]


def test_dockerfiles_are_looked_for_on_the_page_that_is_shown_and_once():
    github = Listed([row(number, f"{'even' if number % 2 == 0 else 'odd'}-{number:03}") for number in range(100)])
    assert all(repo.dockerfile is not None for repo in github.page(per_page=5).items) and github.looked == 5
    found = github.page("-00", per_page=2).items
    assert [(repo.name, repo.dockerfile) for repo in found] == [("even-000", True), ("even-002", True)]
    assert github.page("odd-001").items[0].dockerfile is False and github.looked == 6
    github.rows[0] = row(0, "even-000", version=2)
    github.clock.now += 61
    github.page(per_page=1)
    assert github.looked == 7                # it was pushed to


def test_dockerfiles_not_known_yet_are_told_as_such():
    github = Listed([row(1)])
    github.page()
    github.lists._dockerfiles = Dockerfiles(github.client, github.background)
    github.held = []
    page = github.page()
    assert page.items[0].dockerfile is None and page.refreshing


def test_a_first_look_that_fails_says_why_and_a_later_one_shows_the_copy():
    github = Listed([row(1)])
    github.fails = reply({"message": "no"}, 404)
    with pytest.raises(NotFound):
        github.page()
    github.fails = None
    assert github.page().total == 1
    github.clock.now, github.fails = github.clock.now + 61, reply({"message": "no"}, 404)
    assert github.page().total == 1


def test_whoever_is_signed_out_sees_no_copy():
    github = Listed([row(1)])
    github.page()
    github.clock.now, github.fails = github.clock.now + 61, reply({"message": "Bad credentials"}, 401)
    with pytest.raises(Unauthorized):
        github.page(), github.page()


def test_near_the_limit_the_copy_is_not_refreshed():
    github = Listed([row(1)])
    github.page()
    rate = {"X_RateLimit_Limit": 5000, "X_RateLimit_Remaining": 100, "X_RateLimit_Reset": github.clock.now + 600}
    github.client.limits.note(TOKEN, reply({}, **rate))
    github.clock.now += 61
    page = github.page()
    assert github.whole + github.same == 1 and page.rate.remaining == 100


def test_two_accounts_see_their_own(github, forge, tokens):
    github.org("acme")
    github.repo("acme/shared", private=True, rights={"ada": "push"})
    github.repo("acme/seen", private=True, rights={"ada": "pull"})
    github.repo("bob/own", private=True)
    for login in ("ada", "bob"):
        signed_in(github, tokens, login)
    assert [repo.path for repo in forge.repos(account=account("ada", 1)).items] == ["acme/shared"]
    assert [repo.path for repo in forge.repos(account=account("bob", 2)).items] == ["bob/own"]


def test_nobody_in_particular_has_no_list(forge):
    with pytest.raises(Unauthorized, match="sign in with GitHub"):
        forge.repos()


def test_a_first_look_that_takes_long_says_so_and_goes_on(monkeypatch):
    monkeypatch.setattr(repos, "FIRST_ANSWER", 0)
    github = Listed([row(1)])
    github.held = []
    with pytest.raises(Slow, match="look again in a minute"):
        github.page()
    github.held.pop()()
    github.held = None
    assert github.page().total == 1 and github.whole == 1
