"""What builds get: mirrors of Docker Hub, and logins for people's FROM lines."""

import json

import pytest

from cli.errors import PlatformError
from cli.images.hubmirrors import hub_mirrors
from cli.images.logins import write_logins


def test_mirrors_of_the_setting_come_before_those_of_the_engine():
    of_engine = ["https://engine.example/", "http://own.example:5000/"]
    assert hub_mirrors("http://own.example:5000, https://b.example", of_engine) == [
        "http://own.example:5000", "https://b.example", "https://engine.example"]


def test_an_engine_without_mirrors_adds_none():
    assert hub_mirrors("", ()) == []


@pytest.mark.parametrize("setting", ["mirror.example", "https://a b", 'https://x"; rm', "ftp://x"])
def test_what_is_not_an_address_is_refused(setting):
    with pytest.raises(PlatformError, match="DOCKER_HUB_MIRRORS"):
        hub_mirrors(setting, ())


def test_no_login_is_given_without_being_asked_for(tmp_path):
    write_logins("", tmp_path / "out.json")
    assert json.loads((tmp_path / "out.json").read_text()) == {"auths": {}}


def test_logins_alone_are_taken_over(tmp_path):
    config = {"auths": {"https://index.docker.io/v1/": {"auth": "YTpi", "email": "a@b"}, "empty.example": {}},
              "HttpHeaders": {"X": "y"}}
    (tmp_path / "config.json").write_text(json.dumps(config))
    write_logins(str(tmp_path / "config.json"), tmp_path / "out.json")
    assert json.loads((tmp_path / "out.json").read_text()) == {"auths": {"https://index.docker.io/v1/": {"auth": "YTpi"}}}
    assert (tmp_path / "out.json").stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize("text, cause", [
    ('{"credsStore": "desktop"}', "credential helper .desktop."),
    ('{"credHelpers": {"r.example": "ecr-login"}, "auths": {}}', "credential helper .ecr-login."),
    ('not json s3cret', "not a Docker config.json"), ('[]', "not a Docker config.json"), (None, "cannot be read")])
def test_a_file_that_containers_cannot_use_is_refused_without_its_contents(tmp_path, text, cause):
    path = tmp_path / "config.json"
    if text is not None:
        path.write_text(text)
    with pytest.raises(PlatformError, match=cause) as raised:
        write_logins(str(path), tmp_path / "out.json")
    assert "s3cret" not in str(raised.value) and raised.value.next_step
