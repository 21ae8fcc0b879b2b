"""One set of tests at a time for each test installation of a machine."""

import pytest

from cli.errors import PlatformError
from cli.instance import Instance
from cli.testing import alone


@pytest.fixture(autouse=True)
def cache(monkeypatch, tmp_path):
    monkeypatch.setenv("CONTINUUM_CACHE", str(tmp_path))


def test_a_second_clone_is_told_and_takes_nothing_away():
    with alone(Instance("continuum-test")):
        with pytest.raises(PlatformError, match="run already on this machine") as refused, alone(Instance("continuum-test")):
            pass
    assert "--instance NAME" in refused.value.next_step


def test_installations_of_other_names_and_later_times_are_free():
    with alone(Instance("continuum-test")), alone(Instance("other-test")):
        pass
    with alone(Instance("continuum-test")):
        pass


def test_a_cache_that_cannot_be_used_is_named_with_the_setting(monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("CONTINUUM_CACHE", str(tmp_path / "file" / "cache"))
    with pytest.raises(PlatformError, match=str(tmp_path / "file")) as refused, alone(Instance("continuum-test")):
        pass
    assert "CONTINUUM_CACHE" in refused.value.next_step


def test_a_lock_that_cannot_be_written_is_the_caches_fault_too(tmp_path):
    (tmp_path / "locks" / "tests-continuum-test").mkdir(parents=True)
    with pytest.raises(PlatformError, match="Is a directory") as refused, alone(Instance("continuum-test")):
        pass
    assert "CONTINUUM_CACHE" in refused.value.next_step
