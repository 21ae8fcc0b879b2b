"""Commands in the containers of Postgres and RabbitMQ, which need no password there."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit, urlunsplit

from cli.instance import ROOT

SETUP = ROOT / "dbproxy" / "postgres" / "setup.sql"      # of this tree, which may be a changed copy
INSTALLED = "/etc/continuum/setup.sql"                   # what the installation has


def command(service: str, *words: str, given: str = "") -> str:
    """What a command in the container of `service` prints; `given` is its input. Fails with what it said."""
    found = subprocess.run(
        ["docker", "ps", "--quiet", "--filter", f"label=com.docker.compose.project={os.environ['CONTINUUM_INSTANCE']}",
         "--filter", f"label=com.docker.compose.service={service}"], capture_output=True, text=True, check=True)
    done = subprocess.run(["docker", "exec", "--interactive", found.stdout.strip(), *words], input=given,
                          capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


def psql(database: str, text: str) -> list[str]:
    """The lines that the superuser gets for `text`."""
    return command("postgres", "psql", "-qXAt", "-v", "ON_ERROR_STOP=1", "-U", "continuum", "-d", database, "-f", "-",
                   given=text).splitlines()


def at(url: str, database: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{database}"))


@contextmanager
def fresh(name: str, options: str = "") -> Iterator[None]:
    """An empty database, set up as this tree has it. Roles belong to the whole cluster: afterwards they are again as
    the installation has them."""
    psql("postgres", f"DROP DATABASE IF EXISTS {name} WITH (FORCE);\nCREATE DATABASE {name} {options};")
    try:
        psql(name, SETUP.read_text())
        yield
    finally:
        psql("postgres", f"DROP DATABASE {name} WITH (FORCE)")
        psql("continuum", f"\\i {INSTALLED}")
