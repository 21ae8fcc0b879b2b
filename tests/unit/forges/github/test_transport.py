"""Real connections: slow answers, answers that are too large, addresses of the inside (attack S39)."""

import pytest
import requests

from common.wire.errors import TooLarge
from forges.github import guard, transport
from forges.github.bearer import Bearer
from forges.github.guard import Guard, is_outside
from forges.github.problems import Away, Slow
from forges.github.transport import HttpTransport

NOBODY = Bearer(None)


def test_a_slow_github_is_given_up(github):
    github.faults.add("slow", "/user")
    with pytest.raises(Slow, match="does not answer in time"):
        HttpTransport(Guard(None), read_timeout=0.2).send("GET", f"{github.api}/user", NOBODY, {})


def test_an_answer_without_an_end_is_given_up(github, monkeypatch):
    monkeypatch.setattr(transport, "LARGEST", 10)
    with pytest.raises(TooLarge, match="more than 10 bytes"):
        HttpTransport(Guard(None)).send("GET", f"{github.api}/user", NOBODY, {})


def test_an_answer_that_drips_is_given_up(github, monkeypatch):
    monkeypatch.setattr(transport, "WHOLE_TIMEOUT", -1)
    with pytest.raises(Slow):
        HttpTransport(Guard(None)).send("GET", f"{github.api}/user", NOBODY, {})


def test_the_next_address_is_tried_where_the_first_one_does_not_answer(github, monkeypatch):
    def look_up(host, port, *_, **__):
        addresses = ("127.0.0.9", "127.0.0.1") if host == "git.example.org" else (host,)
        return [(guard.socket.AF_INET, guard.socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]
    monkeypatch.setattr(guard.socket, "getaddrinfo", look_up)
    real = guard.HTTPConnection._new_conn
    tried = []
    monkeypatch.setattr(guard.HTTPConnection, "_new_conn", lambda self: tried.append(self.host) or real(self))
    url = github.api.replace("127.0.0.1", "git.example.org")
    assert HttpTransport(Guard(None)).send("GET", f"{url}/user", NOBODY, {}).status == 401
    assert tried == ["127.0.0.9", "127.0.0.1"]


def test_a_github_that_is_down_is_away():
    with pytest.raises(Away, match="127.0.0.1 cannot be reached .* GITHUB_URL"):
        HttpTransport(Guard(None)).send("GET", "http://127.0.0.1:1/user", NOBODY, {})


def test_a_public_name_that_leads_inside_is_blocked_at_connect(github):
    for host in ("127.0.0.1", "localhost", "2130706433"):
        url = github.api.replace("127.0.0.1", host)
        with pytest.raises(Away, match="leads to an internal address"):
            HttpTransport(Guard(True)).send("GET", f"{url}/user", NOBODY, {})
    assert github.seen == []


def test_a_name_that_led_outside_first_may_not_lead_inside_later(github, monkeypatch):
    answers = iter(["140.82.112.3", "127.0.0.1"])
    monkeypatch.setattr(guard.socket, "getaddrinfo", lambda *_, **__: [(0, 0, 0, "", (next(answers), 0))])
    judge = Guard(None)
    assert judge.judge("git.example.org", 443) == ["140.82.112.3"]
    with pytest.raises(guard.Internal):
        judge.judge("git.example.org", 443)


@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.1", "169.254.169.254", "192.168.1.1", "0.0.0.0", "::1",
                                     "fe80::1", "::ffff:10.0.0.1", "64:ff9b::a00:1", "2002:a00:1::", "fd00::1",
                                     "224.0.0.1", "fe80::1%eth0", "100.64.0.1"])
def test_addresses_of_the_inside(address):
    assert not is_outside(address)


@pytest.mark.parametrize("address", ["140.82.112.3", "2606:50c0:8000::153", "64:ff9b::8c52:7003"])
def test_addresses_of_the_internet(address):
    assert is_outside(address)


def test_a_netrc_of_the_machine_adds_no_password(github, tmp_path, monkeypatch):
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login eve password canary\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    sent = []
    monkeypatch.setattr(requests.adapters.HTTPAdapter, "send", lambda _, request, **options: sent.append(request))
    with pytest.raises(AttributeError):                  # there is no answer
        HttpTransport(Guard(None)).send("GET", f"{github.api}/user", NOBODY, {})
    assert "Authorization" not in sent[0].headers
    assert requests.utils.get_netrc_auth(github.api) == ("eve", "canary")      # it would have been taken
