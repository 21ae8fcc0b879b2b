"""A name, a redirect or a page's link that leads inside is not called by whoever speaks to GitHub (S39)."""

import socket
import threading

import pytest
from pydantic import SecretStr
from requests.structures import CaseInsensitiveDict

from forges.github import Client, Urls
from forges.github.guard import Guard
from forges.github.problems import Away, NotTheApi
from forges.github.reply import Reply
from forges.github.transport import HttpTransport

PUBLIC = Urls("https://github.com", "https://api.github.com")
TOKEN = SecretStr("gho_canary")
INSIDE = ["127.0.0.1", "::ffff:127.0.0.1", "10.0.0.1", "::ffff:10.0.0.1", "169.254.169.254", "64:ff9b::a9fe:a9fe",
          "fd00::1"]


@pytest.fixture
def calls():
    """Who connected to a port of the inside."""
    came: list = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        def accept():
            try:
                while True:
                    came.append(server.accept()[0].close())
            except OSError:
                return               # the test is over
        threading.Thread(target=accept, daemon=True).start()
        yield server.getsockname()[1], came
        server.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize("address", INSIDE)
def test_githubs_name_that_leads_inside_is_not_called(monkeypatch, calls, address):
    port, came = calls
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    found = [(family, socket.SOCK_STREAM, 6, "", (address, port))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    with pytest.raises(Away, match="leads to an internal address"):
        Client(PUBLIC).change("POST", "/user", TOKEN)
    assert came == []


@pytest.mark.parametrize("host", ["127.0.0.1", "2130706433", "0x7f000001", "localhost", "127.1"])
def test_other_spellings_of_the_inside_are_not_called(calls, host):
    port, came = calls
    with pytest.raises(Away, match="leads to an internal address"):
        HttpTransport(Guard(True)).send("GET", f"http://{host}:{port}/", lambda request: request, {})
    assert came == []


@pytest.mark.parametrize("header", ["Location", "Link"])
def test_an_answer_that_leads_elsewhere_is_not_followed(calls, header):
    port, came = calls
    url = f"http://127.0.0.1:{port}/latest/meta-data"
    headers = {"Location": {"Location": url}, "Link": {"Link": f'<{url}>; rel="next"'}}[header]
    answer = Reply(302 if header == "Location" else 200, CaseInsensitiveDict(headers), b"[]")

    class OneAnswer(HttpTransport):
        def send(self, method, url, *arguments, **options):
            return answer if url.startswith(PUBLIC.api) else super().send(method, url, *arguments, **options)
    client = Client(PUBLIC, transport=OneAnswer(Guard(None)))
    with pytest.raises(NotTheApi, match="not its API"):
        list(client.pages("/user/repos", TOKEN))
    assert came == []


def test_a_name_that_is_bound_again_is_judged_again(monkeypatch, calls):
    port, came = calls
    answers = iter(["140.82.112.3", "127.0.0.1"])
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [
        (socket.AF_INET, socket.SOCK_STREAM, 6, "", (next(answers), port))])
    guard = Guard(None)
    assert guard.judge("git.example.org", port) == ["140.82.112.3"]
    with pytest.raises(Away, match="leads to an internal address"):
        HttpTransport(guard).send("POST", f"http://git.example.org:{port}/", lambda request: request, {})
    assert came == []
