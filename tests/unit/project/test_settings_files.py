"""The example settings are the reference: exactly what is read, no more and no less."""

import re
import tomllib

import yaml

from cli import envfile
from cli.instance import ROOT

COMPOSE = (ROOT / "docker-compose.yml").read_text()
# Written to .continuum/generated.env by `./continuum up`; nobody sets them by hand.
GENERATED = {"CONTINUUM_INSTANCE", "STATE_DIR", "APPS_PUBLIC_URL", "DASHBOARD_HOST", "RABBITMQ_UI_URL", "DOCKER_GID",
             "DOCKER_SOCKET", "SERVICE_PUBLIC_KEYS", "SEAL_PUBLIC_KEYS", "HUB_MIRRORS",
             "RABBITMQ_DEFINITIONS", "BUILDKIT_SETTINGS", "REGISTRY_CERTIFICATES", "REGISTRY_TOKEN_CERTIFICATE"}
READ_BY_THE_COMMAND_LINE = {"IMAGE_SOURCE", "PULL_STALL_SECONDS", "DOCKER_HUB_MIRRORS", "REGISTRY_LOGINS",
                            "RABBITMQ_PASSWORD"}


def test_the_example_holds_exactly_the_keys_that_are_read():
    read = set(re.findall(r"\$\{([A-Z_]+)", COMPOSE))
    assert set(envfile.read(ROOT / ".env.example")) == read - GENERATED | READ_BY_THE_COMMAND_LINE


def test_images_are_pinned_the_same_in_both_places():
    images = tomllib.loads((ROOT / "images" / "images.toml").read_text())["image"]
    for image in images:
        defaults = set(re.findall(rf"\$\{{{image['env']}:-([^}}]+)\}}", COMPOSE))
        assert defaults == {image["public"]}, image["env"]


def test_the_defaults_in_compose_are_those_of_the_example():
    example = envfile.read(ROOT / ".env.example")
    for key, default in re.findall(r"\$\{([A-Z_]+):-([^}]*)\}", COMPOSE):
        if example.get(key):
            assert default == example[key], key


def test_no_secret_has_a_default():
    example = envfile.read(ROOT / ".env.example")
    secret = [key for key in example if key.endswith(("_PASSWORD", "_KEY", "_SECRET"))]
    assert len(secret) == 25
    assert all(example[key] == "" for key in secret)


def test_what_works_long_goes_after_what_answers():
    """Of a busy processor builds and scans get a quarter of what the entrance, its store and the broker get."""
    services = yaml.safe_load(COMPOSE)["services"]
    assert {name: part["cpu_shares"] for name, part in services.items() if "cpu_shares" in part} == \
        {"scanner": 256, "buildkit": 256}


def test_a_new_version_reads_what_an_earlier_one_generated():
    """`up` asks compose which ports are ours before it writes what it generates: a generated setting that compose refuses
    to be without stops it."""
    assert set(re.findall(r"\$\{([A-Z_]+):\?", COMPOSE)) & GENERATED == {"SERVICE_PUBLIC_KEYS"}
