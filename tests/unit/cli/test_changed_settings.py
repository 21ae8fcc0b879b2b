"""What a part reads at its start alone: `up` has it read what changed."""

from types import SimpleNamespace

from cli import compose, database, platform
from cli.instance import ROOT
from cli.progress import Progress


def test_caddy_reads_its_caddyfile_again_once_it_runs(monkeypatch):
    calls = []
    monkeypatch.setattr(compose, "call", lambda instance, *words, **_: calls.append(words) or [])
    monkeypatch.setattr(database, "set_up", lambda instance, task: None)
    platform.start(SimpleNamespace(name="any"), Progress())
    assert [words[0] for words in calls] == ["up", "up", "exec"]
    assert calls[-1][2:5] == ("caddy", "caddy", "reload")


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
