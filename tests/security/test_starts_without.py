"""S61: a service without one of its secrets does not start on a default; it ends and names what is missing."""

from __future__ import annotations

import subprocess

import pytest
from dotenv import dotenv_values

from cli.instance import ROOT
from tests.security import engine

COMMON = ("SERVICE_KEY", "SERVICE_PUBLIC_KEYS")
NEEDED = {
    "dashboard": (*COMMON, "SECRET_KEY", "SEAL_PUBLIC_KEYS", "RABBITMQ_URL"),
    "orchestrator": (*COMMON, "ORCHESTRATOR_SEAL_KEY", "SEAL_PUBLIC_KEYS", "REGISTRY_TOKEN_KEY",
                     "REGISTRY_TOKEN_CERTIFICATE"),
    "dbproxy": (*COMMON, "DATABASE_URL", "RABBITMQ_URL", "OWNER_LOGIN", "OWNER_PASSWORD"),
    "builder": (*COMMON, "RABBITMQ_URL", "BUILDER_SEAL_KEY"),
    "scanner": (*COMMON, "RABBITMQ_URL"),
    "deployer": (*COMMON, "RABBITMQ_URL", "DEPLOYER_SEAL_KEY"),
    "tester": (*COMMON, "RABBITMQ_URL"),
}
SECRETS = sorted({(service, key) for service, keys in NEEDED.items() for key in keys
                  if key in ("SERVICE_KEY", "SECRET_KEY", "DATABASE_URL", "OWNER_PASSWORD",
                             "REGISTRY_TOKEN_KEY", "ORCHESTRATOR_SEAL_KEY", "BUILDER_SEAL_KEY", "DEPLOYER_SEAL_KEY")})


def start(container: dict, without: set[str]) -> subprocess.CompletedProcess:
    """The service's own image and command, alone, with its environment but for some settings."""
    kept = {key: value for key, value in engine.environment(container).items() if key not in without}
    kept.pop("LISTEN_ON", None)
    argv = ["docker", "run", "--rm", "--network", "none", "--read-only", "--tmpfs", "/tmp", "--memory", "512m",
            "--label", "continuum-security-test=start", *(word for key in kept for word in ("--env", key)),
            container["Image"]]
    return subprocess.run(argv, capture_output=True, text=True, timeout=90, stdin=subprocess.DEVNULL,
                          env={"PATH": "/usr/local/bin:/usr/bin:/bin", **kept})


@pytest.mark.parametrize("service", NEEDED)
def test_all_that_is_missing_is_named(platform, service):
    """Holds: common.service.settings.load, and that no field of a secret has a default."""
    done = start(platform[service], set(NEEDED[service]))
    assert done.returncode != 0
    named = {key for key in NEEDED[service] if f"setting {key}: is missing" in done.stderr}
    assert named == set(NEEDED[service]), done.stderr[-2000:]


@pytest.mark.parametrize(("service", "key"), SECRETS)
def test_one_missing_secret_is_enough(platform, service, key):
    """Holds: the same, one by one: nothing else is complained of, and no other value is told."""
    container = platform[service]
    done = start(container, {key})
    assert done.returncode != 0
    assert f"setting {key}: is missing" in done.stderr
    values = engine.environment(container)
    told = [name for name in SECRET_VALUES if values.get(name) and values[name] in done.stderr + done.stdout]
    assert told == []


SECRET_VALUES = sorted({key for _, key in SECRETS} | {"RABBITMQ_URL"})


def test_a_short_secret_key_is_refused_without_being_told(platform):
    """Holds: dashboard.settings: 32 characters, since it signs CSRF tokens."""
    container = {**platform["dashboard"]}
    config = {**container["Config"], "Env": [*container["Config"]["Env"], "SECRET_KEY=short-canary-1"]}
    done = start({**container, "Config": config}, set())
    assert done.returncode != 0
    assert "setting SECRET_KEY" in done.stderr
    assert "short-canary-1" not in done.stderr + done.stdout


@pytest.mark.parametrize("key", ["POSTGRES_PASSWORD", "DBPROXY_POSTGRES_PASSWORD", "READER_PASSWORD",
                                 *(f"{name}_RABBITMQ_PASSWORD" for name in (
                                     "DASHBOARD", "DBPROXY", "BUILDER", "SCANNER", "DEPLOYER", "TESTER"))])
def test_compose_starts_nothing_without_its_passwords(stack, tmp_path, key):
    """Holds: `${…:?}` in docker-compose.yml, for the parts that are not ours and would start with an empty password."""
    kept = {**dotenv_values(stack.instance.env_file, interpolate=False),
            **dotenv_values(stack.instance.generated_env, interpolate=False)}
    kept.pop(key)
    file = tmp_path / "env"
    file.write_text("".join(f"{name}='{value}'\n" for name, value in kept.items()))
    done = subprocess.run(["docker", "compose", "--file", str(ROOT / "docker-compose.yml"), "--env-file", str(file),
                           "config", "--quiet"], capture_output=True, text=True, timeout=60, cwd=tmp_path,
                          env={"PATH": "/usr/local/bin:/usr/bin:/bin"})
    assert done.returncode != 0
    assert key in done.stderr
