"""What a part reads at its start alone: `up` has it read what changed."""

from types import SimpleNamespace

import pytest

from cli import compose, database, platform
from cli.errors import CommandFailed, PlatformError
from cli.instance import ROOT
from cli.progress import Progress


@pytest.fixture
def called(monkeypatch):
    """called(*answers): start, where Caddy's answers to `reload` are errors or None; what compose was called with."""
    def start(*answers: str | None) -> list[tuple]:
        calls, left = [], list(answers)

        def call(instance, *words, **_):
            calls.append(words)
            if words[0] == "exec" and (said := left.pop(0)):
                raise CommandFailed([*words], 1, [said], "")
            return []
        monkeypatch.setattr(compose, "call", call)
        monkeypatch.setattr(compose, "unhealthy", lambda instance: [])
        monkeypatch.setattr(database, "set_up", lambda instance, task: None)
        platform.start(SimpleNamespace(name="any"), Progress())
        return calls
    return start


def test_caddy_reads_its_caddyfile_again_once_it_runs(called):
    calls = called(None)
    assert [words[0] for words in calls] == ["up", "up", "exec"]
    assert calls[-1][2:5] == ("caddy", "caddy", "reload")


def test_a_caddy_that_has_just_been_started_is_waited_for(called):
    absent = "Error: sending configuration to instance: dial unix /run/caddy/admin.sock: connect: no such file or directory"
    assert [words[0] for words in called(absent, None)] == ["up", "up", "exec", "exec"]


def test_a_broken_caddyfile_is_told_at_once(called):
    with pytest.raises(PlatformError, match="syntax error"):
        called("Error: adapting config using caddyfile: syntax error")


def test_buildkits_container_is_made_anew_for_each_file_that_buildkitd_reads_at_its_start(tmp_path):
    folder = tmp_path / "builder" / "buildkit"
    folder.mkdir(parents=True)
    files = [tmp_path / name for name in compose.READ_AT_START]
    for file in files:
        file.write_bytes((ROOT / file.relative_to(tmp_path)).read_bytes())
    digests = {compose.digest(files)}
    for file in files:
        file.write_text(file.read_text() + "#")
        digests.add(compose.digest(files))
    assert len(digests) == len(files) + 1 == 4
    assert "continuum.settings: ${BUILDKIT_SETTINGS:-}" in (ROOT / "docker-compose.yml").read_text()
