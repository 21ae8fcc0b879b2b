"""People of GitHub at our door: by its pages, by a cookie, by a token."""

from __future__ import annotations

from dashboard.auth.identity import hashed

CALLBACK = "/signin/github/callback"


def begin(client, query: str = "") -> str:
    """A sign-in is begun; where the browser is sent."""
    answer = client.get(f"/signin/github{query}")
    assert answer.status_code == 302, answer.text
    return answer.headers["Location"]


def come_in(people, client, login: str, query: str = ""):
    """There and back again; the answer to the callback."""
    return client.get(CALLBACK, query_string=people.world.github.authorize(begin(client, query), login))


def as_person(people, login: str):
    """A call of the API as that person."""
    def call(method: str, path: str, **options):
        return people.app.test_client().open(f"/api/v1{path}", method=method, headers=people.token(login), **options)
    return call


def browser_of(people, login: str):
    """Signed in by cookie, without the way over GitHub."""
    people.world.sessions[hashed(login)] = {"account": people.accounts[login]["id"], "id": 1, "created": None, "seen": None,
                                            "secret_hash": hashed(login)}
    client = people.app.test_client()
    client.set_cookie("__Host-continuum", login, domain="localhost", secure=True, path="/")
    return client
