"""A docker of ours: answers from files, records what it was asked."""

import shutil
import stat

import pytest

SCRIPT = """#!/bin/sh
echo "$*" >> {folder}/calls
case "$1 $2" in
    "image ls") cat {folder}/present ;;
    "manifest inspect") exit $(cat {folder}/registry) ;;
    "image inspect") cat {folder}/digests ;;
    "pull "*) if [ -f {folder}/pull-fails ]; then echo "no such host"; exit 1; fi ;;
esac
"""


class FakeDocker:
    """`registry(answers)` and `pull_fails()` switch its failures."""

    def __init__(self, folder):
        self._folder = folder
        self.present(set())
        self.registry(False)
        self.digests("[]")
        path = folder / "docker"
        path.write_text(SCRIPT.format(folder=folder))
        path.chmod(path.stat().st_mode | stat.S_IXUSR)

    def present(self, references):
        (self._folder / "present").write_text("\n".join(references))

    def registry(self, answers):
        (self._folder / "registry").write_text("0" if answers else "1")

    def digests(self, text):
        (self._folder / "digests").write_text(text)

    def pull_fails(self):
        (self._folder / "pull-fails").touch()

    def calls(self, start=""):
        path = self._folder / "calls"
        lines = path.read_text().splitlines() if path.exists() else []
        return [line for line in lines if line.startswith(start)]


@pytest.fixture
def docker(tmp_path, monkeypatch):
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    monkeypatch.setenv("CONTINUUM_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("IMAGE_SOURCE", raising=False)
    monkeypatch.setattr("os.geteuid", lambda: 0)
    shutil.copy("/bin/true", folder / "mmdebstrap")
    return FakeDocker(folder)
