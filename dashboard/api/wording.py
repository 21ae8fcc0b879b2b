"""What was typed and does not fit, as one sentence for each field."""

from __future__ import annotations

from pydantic_core import ErrorDetails

from common.wire.errors import BadRequest

HINTS = {
    "login": "letters, digits and . _ @ -, beginning with a letter or digit",
    "digest": "sha256: and 64 hexadecimal digits",
    "vulnerability": "an id such as CVE-2026-0001",
    "name": "letters, digits, and no spaces",
}
SENTENCES = {
    "missing": "is needed",
    "extra_forbidden": "is not known here",
    "string_too_short": "is too short, it needs {min_length} letters or more",
    "string_too_long": "is too long, at most {max_length} letters",
    "string_type": "is not text",
    "too_short": "choose at least {min_length}",
    "too_long": "too many, at most {max_length}",
    "greater_than_equal": "is {ge} or more",
    "less_than_equal": "is {le} or less",
    "literal_error": "is {expected}",
    "bool_parsing": "is true or false",
    "bool_type": "is true or false",
}
NUMBERS = ("int_parsing", "int_type", "int_from_float", "int_parsing_size", "float_parsing", "float_type")


class Invalid(BadRequest):
    """`fields`: name -> what is wrong with it."""

    def __init__(self, fields: dict[str, str]):
        super().__init__("; ".join(f"{name}: {text}" for name, text in fields.items()))
        self.fields = fields


def words(item: ErrorDetails) -> str:
    """Of one of pydantic's errors; its own message where we know no better."""
    kind, name = item["type"], str(item["loc"][-1]) if item["loc"] else ""
    if kind == "string_pattern_mismatch":
        return f"does not fit: {HINTS[name]}" if name in HINTS else "has letters that it cannot have"
    if kind in NUMBERS:
        return "is a whole number"
    if kind.startswith("date"):
        return "is a date such as 2027-01-31"
    if kind in SENTENCES:
        return SENTENCES[kind].format(**item.get("ctx", {}))
    return item["msg"].removeprefix("Value error, ")
