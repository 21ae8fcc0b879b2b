"""Folders of jobs end with the job, and those of dead processes at the next start."""

import os

import pytest

from builder.workspace import Workspace, tell_apart


def test_a_job_has_a_fresh_folder_that_goes_with_it(tmp_path):
    workspace = Workspace(tmp_path)
    with pytest.raises(RuntimeError), workspace.job("1.build.1") as place:
        (place / "deep").mkdir()
        (place / "deep" / "file").write_text("x")
        raise RuntimeError
    assert not place.exists()
    workspace.close()
    assert list(tmp_path.iterdir()) == []


def test_only_the_folders_of_dead_processes_are_swept(tmp_path):
    dead, living = Workspace(tmp_path), Workspace(tmp_path)
    (dead.folder / "1.build.1-x").mkdir()
    dead._lock.close()                      # what the kernel does at a kill -9
    third = Workspace(tmp_path)
    assert third.swept == 1
    assert not dead.folder.exists() and living.folder.exists()


def test_files_of_two_builds_never_look_alike(tmp_path):
    seen = set()
    for build in ("one", "two"):
        folder = tmp_path / build / "deep"
        folder.mkdir(parents=True)
        (folder / "link").symlink_to("/etc/passwd")
        for number in range(50):
            (folder / f"file{number}").write_text("x")
            os.utime(folder / f"file{number}", ns=(10**18 + 7, 10**18 + 7))
        before = os.stat("/etc/passwd").st_mtime_ns
        tell_apart(tmp_path / build)
        assert os.stat("/etc/passwd").st_mtime_ns == before
        times = [(folder / f"file{number}").stat().st_mtime_ns for number in range(50)]
        assert {moment // 10**9 for moment in times} == {10**9}
        seen |= set(times)
    assert len(seen) == 100
