"""S46, S48, S51: too much of something is refused early, and others do not notice.

Wrong tokens and passwords are sent over another of the dashboard's networks, so that the address that is stopped for a
while is not the one that the rest of the tests come from. Every flood is bounded.
"""

from __future__ import annotations

import selectors
import socket
import time
import uuid

import pytest

from cli import compose
from cli.waiting import wait_for
from tests.security import people

MANY = 1000
STREAMS = 1000
CAP = 64                 # settings.streams_per_account
ENOUGH = 20              # identity.BAD_TOKENS


@pytest.fixture
def side_door(stack) -> str:
    """The dashboard by its address on the control network: the same service, another client address."""
    return f"http://{compose.address_of(stack.instance, 'dashboard')}:8000"


def send_head(stack, head: str, body: bytes = b"") -> tuple[int, float]:
    """(status, seconds) of a request of which no more than `body` is ever sent."""
    port = int(stack.api.settings["DASHBOARD_PORT"])
    began = time.monotonic()
    with socket.create_connection(("127.0.0.1", port), 20) as connection:
        connection.sendall(head.replace("\n", "\r\n").encode() + b"\r\n\r\n" + body)
        status = connection.recv(65536).split(b" ", 2)[1]
    return int(status), time.monotonic() - began


@pytest.mark.parametrize("path", ["/api/v1/signin", "/signin", "/api/v1/tokens"])
def test_half_a_gigabyte_is_refused_before_it_is_sent(stack, path):
    """Holds: MAX_CONTENT_LENGTH (S46): the answer comes with the head alone."""
    status, seconds = send_head(stack, f"POST {path} HTTP/1.1\nHost: localhost\nContent-Type: application/json\n"
                                       "Content-Length: 524288000", b"{" * 4096)
    assert status in (401, 413), status
    assert seconds < 10
    if path.endswith("signin"):
        assert status == 413


def test_a_body_without_a_length_is_bounded_too(stack):
    """Holds: the same for a chunked body."""
    port = int(stack.api.settings["DASHBOARD_PORT"])
    with socket.create_connection(("127.0.0.1", port), 20) as connection:
        connection.sendall(b"POST /api/v1/signin HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                           b"Transfer-Encoding: chunked\r\n\r\n")
        chunk = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
        try:
            for _ in range(64):      # 4 MB
                connection.sendall(chunk)
            connection.sendall(b"0\r\n\r\n")
        except OSError:
            return                   # it hung up in the middle, which is a refusal
        answer = connection.recv(65536)
    assert answer.split(b" ", 2)[1] in (b"400", b"413"), answer[:200]


def test_a_hundred_thousand_parts_are_refused(stack):
    """Holds: MAX_FORM_PARTS and MAX_CONTENT_LENGTH (CVE-2023-25577)."""
    part = b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n\r\n'
    for count in (1000, 100_000):
        began = time.monotonic()
        answer = people.call(stack.api.url, "POST", "/signin", data=part * count + b"--x--\r\n",
                             headers={"Content-Type": "multipart/form-data; boundary=x"})
        assert answer.status_code == 413, (count, answer.status_code)
        assert time.monotonic() - began < 10


@pytest.mark.parametrize("body", [b"[" * 100_000, b'{"a":' * 100_000, b'{"login":' + b"9" * 500_000 + b"}",
                                  b'{"login": "' + b"a" * 900_000 + b'"}'], ids=["lists", "objects", "digits", "text"])
def test_what_is_nested_or_endless_is_refused(stack, body):
    """Holds: endpoint.json_body and the bounds of each field."""
    answer = people.call(stack.api.url, "POST", "/api/v1/signin", data=body, headers={"Content-Type": "application/json"})
    assert answer.status_code in (400, 413), answer.text[:200]


def test_a_thousand_wrong_tokens(stack, side_door):
    """Holds: Attempts (S51): after some, 429 with Retry-After; whoever has a good one goes on, from there too."""
    statuses = []
    with people.session() as http:
        for _ in range(MANY):
            answer = http.get(f"{side_door}/api/v1/account", timeout=20,
                              headers={"Authorization": f"Bearer ct_{uuid.uuid4().hex}"})
            statuses.append(answer.status_code)
    assert set(statuses) == {401, 429}
    assert statuses.count(401) <= ENOUGH * 3      # three windows, on a machine that is slow
    assert int(answer.headers["Retry-After"]) > 0
    good = people.call(side_door, "GET", "/api/v1/account", stack.api._token())
    assert good.status_code == 200, "a good token from the same address is not stopped by the wrong ones"
    assert people.call(side_door, "GET", "/api/v1/account", "ct_wrong").status_code == 429


def test_a_guessed_password(stack, side_door):
    """Holds: dbproxy's verify: 429 after some tries, also for the right one, from there; not from elsewhere."""
    person = people.sign_up(stack)
    statuses = []
    for number in range(30):
        answer = people.call(side_door, "POST", "/api/v1/signin", json={"login": person.login, "password": f"wrong {number}"})
        statuses.append(answer.status_code)
        if answer.status_code == 429:
            break
    assert statuses[-1] == 429 and set(statuses[:-1]) == {401}, statuses
    assert int(answer.headers["Retry-After"]) > 0
    right = {"login": person.login, "password": people.PASSWORD}
    assert people.call(side_door, "POST", "/api/v1/signin", json=right).status_code == 429
    assert people.call(stack.api.url, "POST", "/api/v1/signin", json=right).status_code == 201


def test_an_unknown_name_and_a_wrong_password_look_alike(stack):
    """Holds: the same words for both, so names cannot be found out."""
    person = people.sign_up(stack)
    answers = [people.call(stack.api.url, "POST", "/api/v1/signin", json={"login": login, "password": "wrong wrong wrong"})
               for login in (person.login, f"n{uuid.uuid4().hex[:10]}")]
    assert [answer.status_code for answer in answers] == [401, 401]
    assert len({answer.json()["detail"] for answer in answers}) == 1


def test_streams_are_capped_and_others_do_not_wait(stack, stranger):
    """Holds: live.caps (S48): so many an account, the rest 429; somebody else has pages and streams as always."""
    opened, statuses = open_streams(stack, stranger.token, STREAMS)
    others, theirs = open_streams(stack, people.sign_up(stack).token, 2)
    try:
        assert statuses.count(200) == CAP
        assert statuses.count(429) == STREAMS - CAP
        assert theirs == [200, 200]
        assert stack.api.get("/account")["login"] == stack.api.settings["OWNER_LOGIN"]
    finally:
        for connection in (*opened, *others):
            connection.close()
    wait_for(lambda: heard_again(stack, stranger.token), "those who hung up to leave their places to others", 5)


def heard_again(stack, token: str) -> bool:
    """Holds: hung_up. Else it would take until the next word to each of the closed ones, and the one after it."""
    (connection,), statuses = open_streams(stack, token, 1)
    connection.close()
    return statuses == [200]


def open_streams(stack, token: str, count: int) -> tuple[list[socket.socket], list[int]]:
    """(connections, the status of each) of `count` event streams."""
    request = (f"GET /api/v1/events?topics=status HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n\r\n")
    opened, statuses = [], []
    with selectors.DefaultSelector() as waiting:
        for _ in range(count):
            connection = socket.create_connection(("127.0.0.1", int(stack.api.settings["DASHBOARD_PORT"])), 20)
            connection.sendall(request.encode())
            waiting.register(connection, selectors.EVENT_READ)
            opened.append(connection)
        deadline = time.monotonic() + 60
        while waiting.get_map() and time.monotonic() < deadline:
            for key, _ in waiting.select(1):
                statuses.append(int(key.fileobj.recv(4096).split(b" ", 2)[1]))
                waiting.unregister(key.fileobj)
    return opened, statuses
