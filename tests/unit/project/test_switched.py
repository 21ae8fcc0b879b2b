"""A protection that was switched off and noticed is not switched off again until its file or its test changes."""

import subprocess

import pytest

from tests.security import switched

FILE, TEST = "deployer/guard.py", "unit/test_guard.py"


class Source:
    """A folder with a protection and its test; `runs`: how often the test was run with the protection off."""

    def __init__(self, folder):
        self.folder, self.runs, self.noticed = folder, 0, True
        self.write(FILE, "if forbidden:\n")
        self.write(f"tests/{TEST}", "def test(): ...\n")

    def write(self, name, text):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def run(self, tree, *tests):
        self.runs += 1
        return subprocess.CompletedProcess([], int(self.noticed), "FAILED" if self.noticed else "passed")

    def check(self):
        switched.check(self.folder, FILE, "if forbidden:", "if False:", TEST)
        return self.runs


@pytest.fixture
def source(tmp_path, monkeypatch):
    made = Source(tmp_path)
    monkeypatch.setenv("CONTINUUM_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("CONTINUUM_TEST_ALL", raising=False)
    monkeypatch.setattr(switched, "ROOT", tmp_path)
    monkeypatch.setattr(switched, "run", made.run)
    return made


def test_what_was_noticed_is_not_asked_again(source):
    assert [source.check(), source.check()] == [1, 1]


@pytest.mark.parametrize("name, text", [(FILE, "if forbidden:\n    return\n"), (f"tests/{TEST}", "def test_it(): ...\n")])
def test_a_change_is_asked_about(source, name, text):
    source.check()
    source.write(name, text)
    assert source.check() == 2


def test_all_of_them_are_asked_about_on_request(source, monkeypatch):
    source.check()
    monkeypatch.setenv("CONTINUUM_TEST_ALL", "1")
    assert source.check() == 2


def test_what_nothing_notices_fails_each_time(source):
    source.noticed = False
    for _ in range(2):
        with pytest.raises(AssertionError, match="nothing notices"):
            source.check()
    assert source.runs == 2


def test_a_protection_that_is_gone_fails_although_it_was_noticed(source):
    source.check()
    source.write(FILE, "pass\n")
    with pytest.raises(AssertionError, match="0 times"):
        source.check()
