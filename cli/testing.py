"""Runs the test groups: a virtual environment with the services' pins, an installation of their own, pytest.

The groups that need the platform share one installation, made first and removed at the end; it has its own ports,
volumes and networks, so that it runs beside whatever is installed. It is `continuum-test`, or `NAME-test` with
`--instance NAME`: tests of two clones then run side by side.
"""

from __future__ import annotations

import os
import secrets
import socket
import subprocess
import time
import zlib
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from shutil import which

import click

from cli import compose, database, envfile, platform
from cli.cache import only_one
from cli.errors import PlatformError
from cli.host.engine import ensure_engine, stop_engine_we_started
from cli.instance import ROOT, Instance
from cli.proc import answer, run
from cli.progress import Progress
from cli.venv import ensure_venv

GROUPS = ("unit", "contract", "e2e", "browser", "faults", "security")
NEEDS_PLATFORM = set(GROUPS) - {"unit"}
SIDE_BY_SIDE = {"unit", "contract", "security"}      # what shares something there is kept in one process by its conftest
PORTS = ("DASHBOARD_PORT", "HTTP_PORT", "HTTPS_PORT", "RABBITMQ_UI_PORT", "POSTGRES_PORT", "REGISTRY_PORT")
ENGINES_BRIDGE = "172.17.0.1"      # where the engine cannot be asked
NO_TESTS = 5      # pytest's exit code


class Session:
    """One call of `./continuum test`."""

    def __init__(self, groups: tuple[str, ...], instance: Instance, *, keep: bool, screenshots: bool,
                 select: str | None, everything: bool = False):
        self._groups = [group for group in GROUPS if group in groups]
        self._keep, self._screenshots, self._select, self._everything = keep, screenshots, select, everything
        self._instance = beside(instance)
        self._times: list[tuple[str, float]] = []
        self._progress = Progress()

    def run(self) -> int:
        """Exit code: 0 all passed, 1 some failed; PlatformError where the set-up failed."""
        with alone(self._instance) if NEEDS_PLATFORM & set(self._groups) else nullcontext():
            return self._run()

    def figures(self) -> int:
        """Print the figures of the structure; exit code 1 where one is over its limit."""
        return self._figures(self._venv())

    def _run(self) -> int:
        try:
            python = self._timed("set-up: test packages", self._venv)
            if NEEDS_PLATFORM & set(self._groups):
                self._timed("set-up: platform", self._platform)
            codes = {group: self._timed(f"group {group}", lambda g=group: self._pytest(python, g))
                     for group in self._groups}
        finally:
            self._timed("clean-up", self._clean)
        self._summary(codes)
        if "unit" in codes:
            self._figures(python)
        return 0 if all(code == 0 for code in codes.values()) else 1

    def _venv(self) -> Path:
        return ensure_venv(ROOT / "tests" / "requirements.txt", self._progress)

    def _figures(self, python: Path) -> int:
        click.echo("\nThe structure's figures")
        return subprocess.run([str(python), "-m", "tests.figures"], cwd=ROOT, stdin=subprocess.DEVNULL,
                              env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}).returncode

    def _timed(self, name: str, work):
        began = time.monotonic()
        try:
            return work()
        finally:
            self._times.append((name, time.monotonic() - began))

    def _platform(self) -> None:
        if "browser" in self._groups or "security" in self._groups:
            ensure_chromium(self._progress)
        ensure_engine(self._progress)
        if not self._instance.env_file.exists():
            platform.remove_leftovers(self._instance, self._progress)
        platform.up(self._instance, self._progress, test_settings(self._instance))

    def _pytest(self, python: Path, group: str) -> int:
        click.echo(f"\n==== {group} ====", color=True)
        argv = [str(python), "-m", "pytest", f"tests/{group}", "-q", "--durations=10", "--durations-min=1",
                *side_by_side(group),
                *(["-k", self._select] if self._select else [])]
        env = {**os.environ, "CONTINUUM_INSTANCE": self._instance.name, "PYTHONDONTWRITEBYTECODE": "1"}
        if self._everything:
            env["CONTINUUM_TEST_ALL"] = "1"
        if self._screenshots:
            env["CONTINUUM_SCREENSHOTS"] = str(ROOT / "docs" / "screenshots")
        if group in NEEDS_PLATFORM:
            env |= contract_environment(self._instance)
        code = subprocess.run(argv, cwd=ROOT, env=env, stdin=subprocess.DEVNULL).returncode
        if code == NO_TESTS and self._select:
            return 0
        return code

    def _clean(self) -> None:
        if not self._keep and self._instance.generated_env.exists():
            platform.down(self._instance, self._progress, volumes=True)
        if os.environ.get("CI") == "true" and not self._keep:
            stop_engine_we_started(self._progress)
        self._progress.close()

    def _summary(self, codes: dict[str, int]) -> None:
        click.echo("\nWhere the time went")
        for name, seconds in self._times:
            click.echo(f"  {seconds:7.1f} s  {name}")
        for group, code in codes.items():
            click.echo(f"  {'passed' if code == 0 else f'FAILED (pytest exit {code})':10} {group}")


def test_settings(instance: Instance) -> dict[str, str]:
    """Settings that keep the test installation out of another's way; decided once, then kept in its .env."""
    ports = {key: str(port) for key, port in zip(PORTS, free_ports(len(PORTS)), strict=True)}
    return {**ports, "LOCAL_REPOSITORIES": str(instance.state_dir / "repositories"),
            "APPS_SUBNET_POOL": subnet_pool(instance), "DASHBOARD_ADDRESS": "127.0.0.1", "APPS_ADDRESS": "127.0.0.1",
            "SCANNER_DB_UPDATE": "false", "READER_SECONDS": "5", **github_settings()}


def github_settings() -> dict[str, str]:
    """A stand-in of GitHub, which those tests start that need it: on the address of this machine that containers and
    browsers reach alike, the engine's own bridge."""
    bridge = answer(["docker", "network", "inspect", "bridge", "--format",
                     "{{range .IPAM.Config}}{{.Gateway}} {{end}}"]) or ENGINES_BRIDGE
    return {"FORGES": "local,github", "GITHUB_URL": f"http://{bridge.split()[0]}:{free_ports(1)[0]}",
            "GITHUB_CLIENT_ID": "Ov23liSTANDIN", "GITHUB_CLIENT_SECRET": secrets.token_hex(20),
            "GITHUB_USERS": "ann,wes"}


def beside(instance: Instance) -> Instance:
    """The test installation beside `instance`: never one that people use, for the tests end with its removal."""
    return Instance(f"{instance.name}-test")


def alone(instance: Instance) -> AbstractContextManager[None]:
    """Two clones that both say `continuum-test` would take each other's containers away; raises PlatformError."""
    return only_one(f"tests-{instance.name}", otherwise=PlatformError(
        f"tests or benches of the installation {instance.name} run already on this machine",
        "wait for their end, or give these an installation of their own: ./continuum --instance NAME test"))


def side_by_side(group: str) -> list[str]:
    """pytest's options; a process more than there are cores, since some tests wait."""
    return ["-n", str((os.cpu_count() or 1) + 1)] if group in SIDE_BY_SIDE else []


def subnet_pool(instance: Instance) -> str:
    """One for each test installation, none of them the default one's."""
    return f"10.{202 + zlib.crc32(instance.name.encode()) % 50}.0.0/16"


def free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()


def contract_environment(instance: Instance) -> dict[str, str]:
    """A database and a virtual host of their own in the test installation's Postgres and RabbitMQ."""
    values = envfile.read(instance.env_file)
    database.psql(instance, "postgres", "--command", "DROP DATABASE IF EXISTS contract WITH (FORCE)",
                  "--command", "CREATE DATABASE contract")
    database.set_up(instance, "contract")
    at = f"127.0.0.1:{values['POSTGRES_PORT']}/contract"
    return {"DATABASE_URL": f"postgresql://dbproxy:{values['DBPROXY_POSTGRES_PASSWORD']}@{at}",
            "READER_URL": f"postgresql://reader:{values['READER_PASSWORD']}@{at}",
            "RABBITMQ_URL": _virtual_host(instance)}


def _virtual_host(instance: Instance) -> str:
    """An empty one, with a user who may do anything in it alone."""
    password = secrets.token_hex(16)
    compose.call(instance, "exec", "-T", "rabbitmq", "sh", "-c",
                 "rabbitmqctl -q delete_vhost contract; rabbitmqctl -q delete_user contract; "
                 f"rabbitmqctl -q add_vhost contract && rabbitmqctl -q add_user contract {password} && "
                 "rabbitmqctl -q set_permissions -p contract contract '.*' '.*' '.*'")
    return f"amqp://contract:{password}@{compose.address_of(instance, 'rabbitmq')}:5672/contract"


def ensure_chromium(progress: Progress) -> None:
    """Debian's Chromium, for the browser tests; installed where it is missing and we may."""
    if which("chromium"):
        return
    if os.geteuid() != 0 or not which("apt-get"):
        raise PlatformError("the browser tests need Chromium", "install the package chromium, or leave the group out")
    with progress.task("Chromium for the browser tests") as task:
        quiet = {"DEBIAN_FRONTEND": "noninteractive"}
        run(["apt-get", "update", "-q"], task, env=quiet)
        run(["apt-get", "install", "-yq", "--no-install-recommends", "chromium", "fonts-dejavu-core"], task, env=quiet)
