"""Somebody with 5,000 repositories: how many requests that is, over real connections."""

from tests.contract.github.partners import Tokens, forge_at, person
from tests.github import serve


def test_rights_on_all_of_them_are_fifty_requests_and_then_none(tmp_path):
    with serve(tmp_path / "github") as github:
        github.user("writer"), github.org("acme", writer="member")
        for number in range(5000):
            github.repo(f"acme/repo-{number:04}", private=True, rights={"writer": "push" if number % 2 else "pull"})
        github.repo("acme/not-mine", private=True)
        token = person("writer", github.token("writer", "repo").value)
        forge = forge_at(github.url, github.api, Tokens(token))
        found = forge.rights_of(token)
        assert found.fresh and len(found.rights) == 5000 and set(found.rights.values()) == {"read", "write"}
        assert forge.repos(account=token).total == 2500
        forge.rights_of(token)
        lists = [path for _, path, _ in github.seen if path.startswith("/api/v3/user/repos")]
        assert len(lists) == 50
