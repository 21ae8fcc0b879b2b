"""Secrets are masked in the forms that programs commonly print."""

import base64
import html
import json
from urllib.parse import quote

import pytest

from common.secrets.masking import Masker

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


def test_four_characters_are_masked():
    assert Masker(["abcd"]).mask("xabcdx") == "x***x"


@pytest.mark.parametrize("values", [("hunter2", "hunter2-long"), ("hunter2-long", "hunter2"), ("hunter2-l", "2-long")])
def test_values_that_contain_or_overlap_each_other_leave_nothing(values):
    assert Masker(values).mask("<hunter2-long>") == "<***>"


def test_a_value_that_overlaps_itself_leaves_nothing():
    assert Masker(["abab"]).mask("-ababab-") == "-***-"


@pytest.mark.parametrize("text", [json.dumps({"a": SECRET}, indent=2), json.dumps({"a": [SECRET]}, separators=(",", ":")),
                                  json.dumps({"log": json.dumps({"a": SECRET})}), json.dumps(SECRET).replace("/", "\\/"),
                                  html.escape(SECRET), f'<failure message="{html.escape(SECRET)}"/>'])
def test_a_value_inside_documents_is_masked(masker, text):
    shown = masker.mask(text)
    assert "***" in shown and "p@ss" not in shown and "42" not in shown


@pytest.mark.parametrize("layout", [{}, {"indent": 2}, {"indent": 4}, {"separators": (",", ":")}])
def test_a_json_document_is_masked_in_each_layout(layout):
    document = {"type": "account", "key": "-----BEGIN-----\nabcdef\n", "id": 12345678}
    shown = Masker([json.dumps(document)]).mask(json.dumps(document, **layout))
    assert not any(word in shown for word in ("account", "BEGIN", "abcdef", "12345678"))


@pytest.mark.parametrize("width", [64, 76])
def test_wrapped_base64_is_masked_line_by_line(width):
    value = "".join(chr(33 + number % 90) for number in range(300))
    encoded = base64.b64encode(value.encode()).decode()
    masker = Masker([value])
    for at in range(0, len(encoded) - width, width):
        assert masker.mask(encoded[at:at + width]) == "***"


def test_space_around_a_value_does_not_hide_it():
    assert Masker(["  hunter22 \n"]).mask("got hunter22!") == "got ***!"
