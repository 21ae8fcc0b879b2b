"""`down` of a new version on an installation of an older one, whose settings file lacks what came since."""

from types import SimpleNamespace

from cli import compose, platform
from cli.instance import ROOT
from cli.progress import Progress


def test_settings_that_are_not_written_yet_do_not_keep_it_from_going(tmp_path, monkeypatch):
    example = (ROOT / ".env.example").read_text().splitlines()
    (tmp_path / ".env.example").write_text("\n".join(example))
    (tmp_path / ".env").write_text("\n".join(line for line in example if not line.startswith("DBPROXY_POSTGRES_PASSWORD=")))
    (tmp_path / "generated.env").touch()
    instance = SimpleNamespace(name="old", root=tmp_path, env_file=tmp_path / ".env", generated_env=tmp_path / "generated.env")
    calls = []
    monkeypatch.setattr(compose, "run", lambda argv, task, **options: calls.append((argv[-2:], options["env"])) or [])
    monkeypatch.setattr(platform, "_apps", lambda _: [])
    monkeypatch.setattr(platform, "run", lambda *_, **__: [])
    platform.down(instance, Progress())
    [(words, env)] = calls
    assert words == ["down", "--remove-orphans"] and env.keys() >= {"DBPROXY_POSTGRES_PASSWORD"}
    assert "POSTGRES_PASSWORD" not in env, "what the file has is not replaced"
