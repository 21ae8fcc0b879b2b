"""Calling programs: their last words reach the reader."""

import sys

import pytest

from cli.cache import fingerprint
from cli.errors import CommandFailed, PlatformError
from cli.proc import answer, run


def test_a_failure_repeats_the_last_lines_and_the_code():
    with pytest.raises(CommandFailed) as raised:
        run([sys.executable, "-c", "import sys; print('the reason'); sys.exit(7)"], next_step="do this")
    assert raised.value.code == 7
    assert "the reason" in str(raised.value) and "Next: do this" in str(raised.value)


def test_a_missing_program_is_named():
    with pytest.raises(PlatformError, match="no-such-program"):
        run(["no-such-program"])


def test_an_answer_is_none_on_failure_absence_and_timeout():
    assert answer([sys.executable, "-c", "print(' yes ')"]) == "yes"
    assert answer([sys.executable, "-c", "raise SystemExit(1)"]) is None
    assert answer(["no-such-program"]) is None
    assert answer([sys.executable, "-c", "import time; time.sleep(30)"], timeout=0.2) is None


def test_parts_of_a_fingerprint_do_not_run_together():
    assert fingerprint("ab", "c") != fingerprint("a", "bc")
