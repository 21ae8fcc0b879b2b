"""db: the vulnerability database."""

from __future__ import annotations

import json
from pathlib import Path

import click

from cli.api import Api
from cli.instance import Instance


@click.group()
def db() -> None:
    """The vulnerability database that scans match against."""


@db.command()
@click.pass_obj
def status(instance: Instance) -> None:
    """Tell which database is in use and how old it is."""
    click.echo(json.dumps(Api(instance).get("/database"), indent=2))


@db.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.pass_obj
def import_file(instance: Instance, file: Path) -> None:
    """Import a Grype database archive (tar.gz, tar.zst, tar.xz or .db); a broken one changes nothing."""
    with file.open("rb") as body:
        answer = Api(instance).call("POST", "/database", data=body,
                                    headers={"Content-Type": "application/octet-stream"})
    click.echo(f"imported: built {answer['built']}, schema {answer['schema']}")
