"""The stage up to BuildKit: configuration, secrets, timeouts; a stand-in buildctl plays the rest."""

import json
import os
import stat
import time
from contextlib import nullcontext

import pytest

from builder.build_tokens import BuildTokens
from builder.settings import BuilderSettings
from builder.stage import Builder, read_config
from common.secrets.sealing import new_seal_key, seal
from common.secrets.tokens import new_key
from common.wire.contracts import BuildInputs, Limits
from common.wire.errors import Canceled, Failure, ServiceDown

PRIVATE, PUBLIC = new_seal_key()
SUCCEEDS = """#!/bin/sh
env > "$FAKE_SEEN.env"
printf '%s\\n' "$@" > "$FAKE_SEEN.argv"
for word in "$@"; do case $word in --metadata-file=*) file=${word#*=};; esac; done
echo '{"containerimage.digest": "sha256:DIGEST"}' > "$file"
""".replace("DIGEST", "a" * 64)


class PushedImages:
    """A registry that has every image."""

    def image(self, repository, digest, token):
        from builder.registry import Image
        return Image(1000, [8000], False)


class Granted:
    """Gives every token; `asked` holds what for."""

    def __init__(self):
        self.asked = []

    def token(self, name, *actions, run=None):
        self.asked.append((name, actions, run))
        return "registry-token"


@pytest.fixture
def builder(tmp_path, forge, monkeypatch):
    """`builder(script)`: a Builder whose buildctl is `script`."""
    def make(script: str = SUCCEEDS) -> Builder:
        program = tmp_path / "bin" / "buildctl"
        program.parent.mkdir()
        program.write_text(script.replace("$FAKE_SEEN", str(tmp_path / "seen")))
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
        monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
        made = Builder(BuilderSettings(
            service_key=new_key()[0], service_public_keys="", rabbitmq_url="amqp://x", builder_seal_key=PRIVATE, local_repositories=forge.root,
            builder_state=tmp_path / "state", buildkit_address=f"unix://{tmp_path}/none.sock"))
        made.registry, made.access = PushedImages(), Granted()
        made.tokens = BuildTokens(made.access, "registry:5000")
        made.start()
        return made
    return make


def inputs(repo, **more) -> BuildInputs:
    return BuildInputs(run=5, repo={"id": 7, "forge": "local", "owner": "ada", "name": "app"}, ref="main",
                       commit=repo.git("rev-parse", "HEAD"), clone={"url": str(repo.path)}, **more)


def app(forge, config: str = ""):
    repo = forge("ada/app")
    repo.commit("Say hello", Dockerfile="FROM scratch\n", **({"_continuum_yml": config} if config else {}))
    return repo


def test_a_build_from_commit_to_outputs(builder, forge, log, cancel, tmp_path):
    repo = app(forge, "deploy: {port: 8000}\n")
    made = builder()
    outputs = made.build(inputs(repo), log, cancel)
    assert outputs["image"] == {"repository": "apps/ada/app", "digest": "sha256:" + "a" * 64}
    assert (outputs["config"]["deploy"]["port"], outputs["config_found"], outputs["exposed"]) == (8000, True, [8000])
    assert (outputs["message"], outputs["author"]) == ("Say hello", "Ada")
    assert json.loads(json.dumps(outputs)) == outputs
    assert made.access.asked == [("apps/ada/app", ("pull",), 5)]
    assert list((tmp_path / "state" / "work").glob("*/5.build.1-*")) == []


def test_the_files_of_a_build_are_told_apart_from_those_of_others(builder, forge, log, cancel, monkeypatch):
    seen = []
    monkeypatch.setattr("builder.stage.tell_apart", lambda place: seen.append((place / "Dockerfile").is_file()))
    builder().build(inputs(app(forge)), log, cancel)
    assert seen == [True]


def test_a_secret_reaches_buildctl_by_its_environment_alone(builder, forge, log, cancel, tmp_path):
    repo = app(forge, "build: {secrets: [NPM_TOKEN]}\n")
    secrets = [{"name": "NPM_TOKEN", "sealed": seal("value-of-it", PUBLIC)}, {"name": "OTHER", "sealed": "unused"}]
    builder().build(inputs(repo, secrets=secrets), log, cancel)
    environment = (tmp_path / "seen.env").read_text()
    assert "CONTINUUM_SECRET_0=value-of-it" in environment
    assert "registry-token" not in environment and "SERVICE_KEY" not in environment
    assert "BUILDER_SEAL_KEY" not in environment
    assert "value-of-it" not in (tmp_path / "seen.argv").read_text()
    log.line("the token is value-of-it")
    assert "the token is ***" in log.texts


def test_a_declared_secret_that_is_not_set(builder, forge, log, cancel):
    repo = app(forge, "build: {secrets: [NPM_TOKEN]}\n")
    with pytest.raises(Failure, match="names NPM_TOKEN, which this repository does not have: set it"):
        builder().build(inputs(repo), log, cancel)


def test_a_secret_sealed_to_another_key(builder, forge, log, cancel):
    repo = app(forge, "build: {secrets: [NPM_TOKEN]}\n")
    sealed = seal("x", new_seal_key()[1])
    with pytest.raises(Failure, match="secret NPM_TOKEN: the secret was sealed to another key"):
        builder().build(inputs(repo, secrets=[{"name": "NPM_TOKEN", "sealed": sealed}]), log, cancel)


def test_a_broken_configuration_stops_before_the_build(builder, forge, log, cancel, tmp_path):
    repo = app(forge, "deploy:\n  prot: 1\n")
    with pytest.raises(Failure, match="line 2: unknown key `prot` in deploy; did you mean `port`"):
        builder().build(inputs(repo), log, cancel)
    assert not (tmp_path / "seen.argv").exists()
    assert log.state("configuration") == "failure"


def test_a_value_over_an_owners_limit_stops_before_the_build(builder, forge, log, cancel, tmp_path):
    repo = app(forge, "deploy:\n  memory: 1000g\n")
    with pytest.raises(Failure, match="line 2: deploy.memory is `1000g`, over the limit of 1g; an owner"):
        builder().build(inputs(repo, limits=Limits(memory=1024**3)), log, cancel)
    assert not (tmp_path / "seen.argv").exists()


@pytest.mark.parametrize("config", ["", "deploy: {port: 8000}\n"])
def test_defaults_are_within_an_owners_limits(builder, forge, log, cancel, config):
    outputs = builder().build(inputs(app(forge, config), limits=Limits(pids=100, keep=2)), log, cancel)
    assert (outputs["config"]["deploy"]["pids"], outputs["config"]["deploy"]["keep"]) == (100, 2)


def test_the_timeout_of_the_repository_ends_it(builder, forge, log, cancel):
    repo = app(forge, "build: {timeout: 300ms}\n")
    began = time.monotonic()
    with pytest.raises(Failure, match="timeout after 0.3s"):
        builder("#!/bin/sh\nsleep 60\n").build(inputs(repo), log, cancel)
    assert time.monotonic() - began < 10


def test_cancel_ends_it_and_its_steps(builder, forge, log, cancel, tmp_path):
    repo = app(forge)
    running = '{"vertexes": [{"digest": "d", "name": "[1/1] RUN x", "started": "2026-11-22T21:51:35.2Z"}]}'
    made = builder(f"#!/bin/sh\necho '{running}' >&2\nsleep 60\n")
    log._changed = lambda: cancel.request() if any("RUN x" in step["name"] for step in log.steps) else None
    with pytest.raises(Canceled):
        made.build(inputs(repo), log, cancel)
    assert log.state("RUN x") == "canceled"
    assert list((tmp_path / "state" / "work").glob("*/5.build.1-*")) == []


def test_buildkit_that_is_away_is_our_error(builder, forge, log, cancel):
    words = 'error: listing workers: failed to list workers: Unavailable: connection error: desc = "no such file"'
    with pytest.raises(ServiceDown, match="BuildKit does not answer"):
        builder(f"#!/bin/sh\necho '{words}' >&2\nexit 1\n").build(inputs(app(forge)), log, cancel)


def test_readiness_names_what_is_missing(builder):
    checks = builder().checks()
    ready, sentence = checks["buildkit"]()
    assert not ready and "BuildKit does not answer" in sentence
    ready, sentence = checks["disk"]()
    assert "GiB free" in sentence


def test_a_configuration_that_is_a_link_outside_is_not_read(tmp_path, log):
    (tmp_path / "secret").write_text("SERVICE_KEY: x\n")
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / ".continuum.yml").symlink_to("../secret")
    with pytest.raises(Failure, match="leads out of the repository"):
        read_config(tmp_path / "work", log, Limits())


def test_a_fork_is_built_without_secrets_and_apart_from_the_repos_own_cache(builder, forge, log, cancel, tmp_path):
    repo = app(forge, "build: {secrets: [NPM_TOKEN]}\n")
    builder().build(inputs(repo, foreign=True), log, cancel)
    assert "built without NPM_TOKEN: pull requests from forks get no secrets" in log.texts
    seen = (tmp_path / "seen.argv").read_text()
    assert "BUILDKIT_CACHE_MOUNT_NS=continuum-7-forks\n" in seen and "hostname=continuum-7-forks\n" in seen


def test_settings_of_the_repo_leave_submodules_out(builder, forge, log, cancel, monkeypatch):
    fetched = []
    monkeypatch.setattr("builder.source.Source.fetch_submodules", lambda *_: fetched.append(True))
    made, repo = builder(), app(forge)
    made.build(inputs(repo, submodules=False), log, cancel)
    assert fetched == []
    made.build(inputs(repo), log, cancel)
    assert fetched == [True]


@pytest.mark.parametrize("times, ends", [(1, nullcontext()), (2, pytest.raises(ServiceDown, match="Retry builds again"))])
def test_a_build_that_buildkit_mixed_up_is_asked_for_once_more(builder, forge, log, cancel, tmp_path, times, ends):
    stumbles = ("#!/bin/sh\necho x >>$FAKE_SEEN.asked\n"
                f"[ $(wc -l <$FAKE_SEEN.asked) -gt {times} ] || "
                "{ echo 'error: failed to solve: failed to get edge: inconsistent graph state' >&2; exit 1; }\n")
    with ends:
        builder(stumbles + SUCCEEDS.removeprefix("#!/bin/sh\n")).build(inputs(app(forge)), log, cancel)
    assert (tmp_path / "seen.asked").read_text() == "x\nx\n"
