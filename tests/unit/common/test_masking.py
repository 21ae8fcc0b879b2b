"""Secrets are masked in the forms that programs commonly print."""

import base64
import json
from urllib.parse import quote

import pytest

from common.masking import Masker

SECRET = 'p@ss "word"/42'


@pytest.fixture
def masker():
    masker = Masker()
    masker.add(SECRET)
    return masker


@pytest.mark.parametrize("form", [SECRET, quote(SECRET, safe=""), json.dumps(SECRET)[1:-1],
                                  base64.b64encode(SECRET.encode()).decode().rstrip("=")])
def test_known_forms_are_masked(masker, form):
    assert form not in masker.mask(f"before {form} after")


@pytest.mark.parametrize("before", ["", "x", "xy", "xyz"])
def test_base64_of_a_longer_text_is_masked_at_each_alignment(masker, before):
    encoded = base64.b64encode(f"{before}{SECRET}tail".encode()).decode()
    assert "***" in masker.mask(encoded)


def test_each_line_of_a_long_secret_is_masked():
    masker = Masker()
    masker.add("first line\nsecond line")
    assert masker.mask("got second line here") == "got *** here"


def test_very_short_values_are_left_alone():
    masker = Masker()
    masker.add("abc")
    assert masker.mask("abc") == "abc"


def test_without_secrets_nothing_changes():
    assert Masker().mask("text") == "text"
