"""GITHUB_URL and GITHUB_API_URL."""

from types import SimpleNamespace

import pytest

from common.wire.errors import BadRequest, NotFound
from forges import ForgeSettings, GitHubForge, open_forge
from forges.github import Urls


def of(web, api=""):
    return Urls.of(SimpleNamespace(github_url=web, github_api_url=api))


@pytest.mark.parametrize("web, api, expected, public", [
    ("https://github.com", "", "https://api.github.com", True),
    ("", "", "https://api.github.com", True),
    ("https://acme.ghe.com/", "", "https://api.acme.ghe.com", True),
    ("https://git.example.org", "", "https://git.example.org/api/v3", False),
    ("https://git.example.org", "https://api.example.org/", "https://api.example.org", False),
    ("https://github.com.example.org", "", "https://github.com.example.org/api/v3", False),
])
def test_where_the_api_is(web, api, expected, public):
    assert (of(web, api).api, of(web, api).public) == (expected, public)


@pytest.mark.parametrize("web", ["github.com", "ftp://github.com", "https://ada:canary@github.com", "https://x/?q",
                                 "https://"])
def test_what_is_no_address_is_refused_without_being_repeated(web):
    with pytest.raises(BadRequest, match="GITHUB_URL") as told:
        of(web)
    assert "canary" not in str(told.value)


@pytest.mark.parametrize("web, api, readable", [
    ("https://git.lan", "", None), ("http://git.lan", "", "http://git.lan"), ("https://git.lan", "http://api.lan", "http://api.lan"),
    ("http://127.0.0.1:3000", "", None), ("http://localhost", "", None), ("http://127.0.0.1.nip.io", "", "http://127.0.0.1.nip.io")])
def test_plain_http_off_this_machine_is_known(web, api, readable):
    assert of(web, api).readable == readable


def test_the_forge_is_opened_by_its_name():
    settings = ForgeSettings()
    assert isinstance(open_forge("github", settings), GitHubForge)
    with pytest.raises(NotFound):
        open_forge("gitlab", settings)
