"""Folders change place in one step, and go when nobody uses them."""

import pytest

from scanner.database.errors import Busy, NoDatabase
from scanner.database.folders import Folders


@pytest.fixture
def folders(tmp_path):
    return Folders(tmp_path / "root")


def install(folders, content):
    with folders.changing(), folders.incoming() as folder:
        (folder / "content").write_text(content)
        place = folders.put_in_place(folder)
        folders.sweep()
    return place


def names(folders):
    return {folder.name for folder in folders.databases.iterdir()}


def test_nothing_is_there_at_first(folders):
    assert folders.current() is None
    with pytest.raises(NoDatabase, match="no vulnerability database is installed"), folders.in_use():
        pass


def test_a_new_one_takes_the_place_and_the_old_one_goes(folders):
    install(folders, "old")
    new = install(folders, "new")
    assert folders.current() == new
    assert (new / "content").read_text() == "new"
    assert names(folders) == {new.name}


def test_one_in_use_stays_until_it_is_free(folders):
    old = install(folders, "old")
    with folders.in_use() as used:
        new = install(folders, "new")
        assert used == old and (used / "content").read_text() == "old"
        with folders.in_use() as other:
            assert other == new
    with folders.changing():
        assert folders.sweep() == [old.name]
    assert names(folders) == {new.name}


def test_several_may_use_one(folders):
    old = install(folders, "old")
    with folders.in_use():
        with folders.in_use():
            install(folders, "new")
        with folders.changing():
            assert folders.sweep() == []
    with folders.changing():
        assert folders.sweep() == [old.name]


def test_what_breaks_leaves_nothing(folders):
    place = install(folders, "old")
    with pytest.raises(ValueError, match="broken"), folders.changing(), folders.incoming():
        raise ValueError("broken")
    assert folders.current() == place and names(folders) == {place.name}


def test_what_a_killed_change_left_is_swept(folders):
    place = install(folders, "old")
    for name in ("incoming-x", "leaving-y"):
        (folders.databases / name / "6").mkdir(parents=True)
    (folders.databases / "20200101T000000.000000Z").mkdir()
    with folders.changing():
        assert folders.sweep() == ["20200101T000000.000000Z", "incoming-x", "leaving-y"]
    assert names(folders) == {place.name}


def test_two_changes_at_a_time_are_refused(folders):
    with folders.changing(), pytest.raises(Busy, match="under way"), Folders(folders.root).changing():
        pass
    with folders.changing():
        pass


def test_a_link_to_nothing_is_no_database(folders):
    install(folders, "old")
    folders.link.unlink()
    folders.link.symlink_to("databases/gone")
    assert folders.current() is None
