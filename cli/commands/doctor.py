"""doctor: check the machine without changing anything."""

from __future__ import annotations

import json
import sys

import click

from cli.errors import PlatformError
from cli.host.doctor import examine
from cli.host.model import Check
from cli.instance import Instance
from cli.output import json_option

MARKS = {"ok": "ok", "warning": "warning", "problem": "PROBLEM"}


@click.command()
@json_option
@click.pass_obj
def doctor(instance: Instance, as_json: bool) -> None:
    """Check engine, plugins, versions, disk, ports, names, registries, proxy and clock; changes nothing.

    The output holds no password. Exit code 3 if a problem stops `./continuum up`.
    """
    found = examine(instance)
    click.echo(json.dumps([check.as_dict() for check in found], indent=2) if as_json
               else "\n".join(line for check in found for line in lines(check)))
    sys.exit(PlatformError.exit_code if any(check.state == "problem" for check in found) else 0)


def lines(check: Check) -> list[str]:
    """The check as a line, and below it what is needed and what to do."""
    more = [f"{'':26}{title}: {text}" for title, text in (("needed", check.needed), ("next", check.next_step)) if text]
    return [f"{MARKS[check.state]:8} {check.name:16} {check.found}", *more]
