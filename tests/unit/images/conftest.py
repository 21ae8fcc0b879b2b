"""A docker of ours: answers from files, records what it was asked."""

import os
import shutil
import stat

import pytest

SCRIPT = """#!/bin/sh
echo "$*" >> {folder}/calls
answer={folder}/pull-$(echo "$2" | tr '/:@' '___')
case "$1 $2" in
    "image ls") cat {folder}/present ;;
    "image inspect") for last; do :; done; cat {folder}/digests-$(echo "$last" | tr '/:@' '___') 2>/dev/null || cat {folder}/digests ;;
    "pull "*) [ -f "$answer" ] || answer={folder}/pull-any
        [ -f "$answer" ] || exit 0
        tail -n +2 "$answer"; exit $(head -n 1 "$answer") ;;
esac
"""


class FakeDocker:
    """Pulls succeed unless `pull_says` gave an answer for the reference, or for all."""

    def __init__(self, folder):
        self._folder = folder
        self.present(set())
        self.digests("[]")
        path = folder / "docker"
        path.write_text(SCRIPT.format(folder=folder))
        path.chmod(path.stat().st_mode | stat.S_IXUSR)

    def present(self, references):
        (self._folder / "present").write_text("\n".join(references))

    def digests(self, text, reference=None):
        (self._folder / ("digests" + (f"-{_file(reference)}" if reference else ""))).write_text(text)

    def pull_says(self, *lines, reference=None, code=1):
        """`reference` None: every one."""
        (self._folder / f"pull-{_file(reference) if reference else 'any'}").write_text("\n".join([str(code), *lines, ""]))

    def pull_hangs(self):
        """After one line of progress nothing more comes: the pipe that is read next has no writer."""
        os.mkfifo(self._folder / "never")
        path = self._folder / "docker"
        path.write_text(path.read_text().replace('"pull "*) ', f'"pull "*) echo "aa: Downloading 1MB/9MB"; exec cat {self._folder}/never; '))

    def calls(self, start=""):
        path = self._folder / "calls"
        lines = path.read_text().splitlines() if path.exists() else []
        return [line for line in lines if line.startswith(start)]


def _file(reference):
    return reference.translate(str.maketrans("/:@", "___"))


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
