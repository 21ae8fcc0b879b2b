"""Text of others in the terminal: colours pass, everything else is shown and not obeyed."""

import pytest

from cli import terminal


@pytest.mark.parametrize("text", ["\x1b]8;;https://evil.invalid\x07click\x1b]8;;\x07", "\x1b]0;title\x07", "\x1b[2J\x1b[H", "one\rtwo",
                                  "ab\b\bcd", "\x9b2J", "\u202etxt.exe", "\u2066x", "\x1b(0", "\x1bc", "a\nb", "\x7f", "\u2028"])
def test_what_a_terminal_would_obey_is_shown(text):
    shown = terminal.safe(text)
    assert shown.isprintable()


def test_colours_pass_and_end_with_the_line():
    assert terminal.safe("\x1b[1;31mred\x1b[m é 日") == "\x1b[1;31mred\x1b[m é 日\x1b[0m"
    assert terminal.safe("\x1b[31mred", colours=False) == "red"


def test_a_line_cannot_contain_the_mark_of_a_heading():
    assert terminal.MARK in terminal.heading("build: success")
    assert terminal.MARK not in terminal.safe(" " * 70 + terminal.heading("build: success"))
