"""The operator's certificates beside the usual ones."""

import os

import pytest

from common.service.trust import VARIABLES, trust


@pytest.fixture
def place(tmp_path, monkeypatch):
    for name in VARIABLES:
        monkeypatch.setenv(name, "")             # restored afterwards
        monkeypatch.delenv(name)
    (tmp_path / "usual").write_text("USUAL\n")
    return tmp_path


def test_both_are_trusted(place):
    (place / "extra").write_text("EXTRA\n")
    trust(place / "extra", str(place / "usual"), str(place))
    assert {os.environ[name] for name in VARIABLES} == {str(place / "continuum-ca.crt")}
    assert (place / "continuum-ca.crt").read_text() == "USUAL\nEXTRA\n"


@pytest.mark.parametrize("text", ["", "\n"])
def test_without_any_everything_is_as_usual(place, text):
    (place / "extra").write_text(text)
    trust(place / "extra", str(place / "usual"), str(place))
    trust(place / "none", str(place / "usual"), str(place))
    assert not any(name in os.environ for name in VARIABLES)


def test_what_the_environment_says_is_left_alone(place, monkeypatch):
    (place / "extra").write_text("EXTRA\n")
    monkeypatch.setenv("SSL_CERT_FILE", "/mine")
    trust(place / "extra", str(place / "usual"), str(place))
    assert os.environ["SSL_CERT_FILE"] == "/mine"
