"""Services read the local forge as a user of their own, whatever the umask of the person who publishes."""

import os
import subprocess

import pytest

from cli.localforge import publish


@pytest.fixture
def strict_umask():
    before = os.umask(0o077)
    yield
    os.umask(before)


def unreadable(folder):
    return [path for path in (folder, *folder.rglob("*")) if not path.stat().st_mode & (0o005 if path.is_dir() else 0o004)]


def test_everybody_may_read_what_was_published(tmp_path, strict_umask):
    source = tmp_path / "hello"
    source.mkdir()
    (source / "app.py").write_text("print()\n")
    bare = publish(source, tmp_path / "repositories", "demo")
    assert unreadable(bare) == [] and bare.parent.stat().st_mode & 0o005 == 0o005


def test_everybody_may_read_what_is_pushed_later(tmp_path, strict_umask):
    source = tmp_path / "hello"
    source.mkdir()
    (source / "app.py").write_text("print()\n")
    bare = publish(source, tmp_path / "repositories", "demo")
    work = tmp_path / "work"
    for argv in (["clone", "-q", str(bare), str(work)],
                 ["-C", str(work), "-c", "user.name=A", "-c", "user.email=a@b", "commit", "-q", "--allow-empty",
                  "-m", "Two"],
                 ["-C", str(work), "push", "-q", "origin", "HEAD:refs/heads/topic"]):
        subprocess.run(["git", *argv], check=True, capture_output=True)
    assert unreadable(bare) == []
