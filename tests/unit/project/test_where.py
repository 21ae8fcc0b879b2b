"""docs/where.md: what it names is there, and its recipes, carried out in a copy, give what they promise.

What the added page, call, setting and channel must do is in the files `added_*.py` beside the tests of each part.
"""

import re
from pathlib import Path

import pytest

from cli.instance import ROOT

from .copies import copy_to, failed_and_passed

PAGE = (ROOT / "docs" / "where.md").read_text()
# A block of code goes to the end of its file, or before or after the first line that has a certain text.
BLOCK = re.compile(r"^```\w+ (?P<file>\S+)(?: (?P<side>before|after) (?P<text>[^\n]+))?\n(?P<code>.*?)^```$", re.MULTILINE | re.DOTALL)
NAMED = re.findall(r"`((?:[\w.-]+/)+[\w.-]*|[\w.-]+\.yml|\.env\.example)`", PAGE)
ADDED = ("tests/unit/dashboard/added_page.py", "tests/unit/orchestrator/added_channel.py")
HELD = ("tests/unit/dashboard/test_rights_table.py::test_each_route_needs_what_is_written_down",
        "tests/unit/project/test_settings_files.py::test_the_example_holds_exactly_the_keys_that_are_read")


@pytest.fixture
def copy(tmp_path):
    return copy_to(tmp_path)


def carry_out(folder: Path, without: tuple[str, ...] = ()) -> None:
    """Change the files there as the page says, except those `without`."""
    for block in BLOCK.finditer(PAGE):
        if block["file"] not in without:
            _change(folder / block["file"], block)
    channels = folder / "orchestrator" / "outbox" / "channels.py"
    channels.write_text(re.sub(r"(?m)^(CHANNELS = \(.*)\)$", r"\1, GreetingChannel)", channels.read_text()))


def _change(file: Path, block: re.Match) -> None:
    lines = file.read_text().splitlines(keepends=True) if file.exists() else []
    place = len(lines)
    if block["side"]:
        place = next(number for number, line in enumerate(lines) if block["text"] in line) + (block["side"] == "after")
    lines[place:place] = [block["code"]]
    file.write_text("".join(lines))


@pytest.mark.parametrize("name", sorted(set(NAMED)))
def test_each_file_that_it_names_is_there(name):
    assert (ROOT / name).exists()


def test_its_recipes_are_complete(copy):
    failed, _ = before = failed_and_passed(copy, *ADDED)
    assert before == (failed, 0) and failed >= 4, "they pass without what is added"
    carry_out(copy)
    assert failed_and_passed(copy, *ADDED, *HELD) == (0, failed + len(HELD))


def test_a_step_that_is_left_out_is_noticed(copy):
    carry_out(copy, without=("tests/unit/dashboard/rights.txt", "docker-compose.yml"))
    assert failed_and_passed(copy, *HELD) == (len(HELD), 0)
