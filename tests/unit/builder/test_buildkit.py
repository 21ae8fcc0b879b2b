"""What is asked of BuildKit: compared as data, run by no one."""

from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from builder import buildkit
from builder.dockerfile import Recipe
from common.wire.contracts import BuildConfig, BuildInputs
from common.wire.imagenames import repository

ROOT = Path("/srv/source")


def plan(**changes) -> buildkit.Plan:
    values = {"address": "unix:///run/b.sock", "recipe": Recipe(ROOT, ROOT / "docker" / "Dockerfile.prod", ROOT / "app"),
              "config": BuildConfig(args={"A": "1,2 3"}, target="final"), "image": "registry:5000/apps/ada/app:run-5",
              "labels": {"continuum.run": "5"}, "cache": "continuum-7", "metadata": Path("/m.json"),
              "policy": Path("/p.json")}
    return buildkit.Plan(**{**values, **changes})


def test_the_whole_command():
    assert buildkit.buildctl(plan()) == [
        "buildctl", "--addr", "unix:///run/b.sock", "build", "--progress=rawjson", "--frontend=dockerfile.v0",
        "--local=context=/srv/source/app", "--local=dockerfile=/srv/source/docker", "--opt", "cmdline=builtin",
        "--opt", "filename=Dockerfile.prod", "--opt", "hostname=continuum-7",
        "--opt", "build-arg:BUILDKIT_CACHE_MOUNT_NS=continuum-7", "--opt", "target=final",
        "--opt", "build-arg:A=1,2 3", "--opt", "label:continuum.run=5", "--source-policy-file=/p.json",
        "--metadata-file=/m.json",
        "--output=type=image,name=registry:5000/apps/ada/app:run-5,push=true,oci-mediatypes=true,compression=zstd,"
        "compression-level=1"]


def test_secrets_are_named_in_the_argv_and_valued_in_the_environment_alone():
    environment, named = buildkit.secret_environment({"NPM_TOKEN": "hunter22", "LD_PRELOAD": "evil.so"})
    made = plan(environment=environment, secrets=named)
    argv = " ".join(buildkit.buildctl(made))
    assert "--secret=id=NPM_TOKEN,env=CONTINUUM_SECRET_0 --secret=id=LD_PRELOAD,env=CONTINUUM_SECRET_1" in argv
    assert "hunter22" not in argv and "hunter22" not in repr(made)
    assert environment == {"CONTINUUM_SECRET_0": "hunter22", "CONTINUUM_SECRET_1": "evil.so"}


def test_steps_get_the_proxy_of_the_installation_and_an_authors_own_wins():
    given = buildkit.proxies({"HTTPS_PROXY": "http://proxy:3128", "HTTP_PROXY": "", "NO_PROXY": "registry"})
    argv = buildkit.buildctl(plan(proxies=given, config=BuildConfig(args={"NO_PROXY": "own"})))
    options = [word for word in argv if word.startswith("build-arg:")]
    assert options[1:] == ["build-arg:HTTPS_PROXY=http://proxy:3128", "build-arg:NO_PROXY=own"]


def test_without_a_proxy_steps_get_no_proxy_setting():
    assert buildkit.proxies({"HTTP_PROXY": "", "NO_PROXY": "registry,localhost"}) == {}


@pytest.mark.parametrize("owner, name, expected", [
    ("ada", "hello-flask", "apps/ada/hello-flask"),
    ("Ada", "My.App_1", "apps/ada/my.app_1"),
    ("a--b", "x__y", "apps/a--b/x__y"),
    ("ada", "-odd-", "apps/ada/odd-7"),
    ("ada", "two..dots", "apps/ada/two-dots-7"),
    ("ada", "bücher", "apps/ada/b-cher-7"),
    ("ada", "___", "apps/ada/x-7"),
])
def test_names_that_a_registry_takes(owner, name, expected):
    assert repository(owner, name, 7) == expected


def test_a_build_may_read_base_images_and_no_image_of_another_repo():
    rules = buildkit.source_policy("registry:5000")["rules"]

    def denied(image: str) -> bool:
        return any(rule["action"] == "DENY" and fnmatchcase(f"docker-image://{image}", rule["selector"]["identifier"])
                   for rule in rules)

    assert denied("registry:5000/apps/bob/private:run-1")
    assert denied("docker.io/apps/bob/private@sha256:00")
    assert not denied("docker.io/library/python:3.13-slim")
    assert not denied("docker.io/bob/public:1")


def test_labels_say_where_an_image_comes_from():
    inputs = BuildInputs(run=5, repo={"id": 7, "forge": "local", "owner": "ada", "name": "app"}, ref="main",
                         commit="a" * 40, clone={"url": "/repositories/ada/app.git"})
    assert buildkit.labels(inputs, "https://example.org/ada/app") == {
        "continuum.repo": "7", "continuum.run": "5", "continuum.commit": "a" * 40,
        "org.opencontainers.image.revision": "a" * 40, "org.opencontainers.image.source": "https://example.org/ada/app"}
    assert "org.opencontainers.image.source" not in buildkit.labels(inputs, None)


def test_the_ends_of_an_argument_are_a_word_of_their_own():
    """Case 03b: of `--opt=name=value` buildctl cuts the white space at the end off; tests/e2e has the real one."""
    argv = buildkit.buildctl(plan(config=BuildConfig(args={"A": "  both  ", "B": "\ttab\t", "C": "last\n"})))
    for word in ("build-arg:A=  both  ", "build-arg:B=\ttab\t", "build-arg:C=last\n"):
        assert argv[argv.index(word) - 1] == "--opt"
