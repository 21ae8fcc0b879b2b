"""Everything about this machine in one list, for `./continuum doctor` and the first lines of `demo`."""

from __future__ import annotations

from cli import compose, envfile
from cli.host.checks import checks
from cli.host.model import Check, ok
from cli.host.surroundings import surroundings
from cli.host.survey import survey
from cli.instance import Instance


def examine(instance: Instance) -> list[Check]:
    """Return every verdict, the engine's first. Changes nothing; takes about as long as its slowest question."""
    host = survey()
    values = envfile.read(instance.root / ".env.example")
    if instance.env_file.exists():
        values |= envfile.read(instance.env_file)
    held = compose.published_ports(instance) if host.engine and instance.generated_env.exists() else set()
    system = ok("system", f"{host.system.name}, {'root' if host.uid == 0 else 'an ordinary user'}")
    return [system, *checks(host), *surroundings(host, values, held)]
