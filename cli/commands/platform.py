"""up, down, status."""

from __future__ import annotations

import click

from cli import compose, envfile, platform, sites
from cli.errors import PlatformError
from cli.instance import Instance
from cli.output import json_option, show
from cli.progress import Progress


@click.command()
@click.pass_obj
def up(instance: Instance) -> None:
    """Start Continuum: engine, settings, images and services, each where it is missing."""
    progress = Progress()
    values = platform.up(instance, progress)
    progress.close()
    tell_addresses(instance, values)

def tell_addresses(instance: Instance, values: dict[str, str]) -> None:
    """Where everything is, and how to sign in."""
    url = values["PUBLIC_URL"] or f"http://localhost:{values['DASHBOARD_PORT']}"
    click.echo(f"""
Dashboard    {url}
             sign in as {values['OWNER_LOGIN']} with the password OWNER_PASSWORD in {instance.env_file.name}
RabbitMQ     http://localhost:{values['RABBITMQ_UI_PORT']}  user continuum (reads only), password RABBITMQ_PASSWORD
Postgres     localhost:{values['POSTGRES_PORT']}/continuum  user reader (reads only), password READER_PASSWORD
Repositories {compose.repositories(instance, values)}  <owner>/<name>.git; a push there starts a run""")
    if warning := sites.shared(values):
        click.echo(f"\nWarning: {warning}", err=True)

@click.command()
@click.option("--volumes", is_flag=True, help="Remove all data as well: runs, logs, images, apps and their volumes.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def down(instance: Instance, volumes: bool, yes: bool) -> None:
    """Stop Continuum and the apps. Data is kept."""
    if volumes and not yes:
        click.confirm(f"Remove all data of {instance.name}: runs, logs, images, apps and their volumes?", abort=True)
    progress = Progress()
    platform.down(instance, progress, volumes=volumes)
    progress.close()

@click.command()
@json_option
@click.pass_obj
def status(instance: Instance, as_json: bool) -> None:
    """Tell how each part is doing; exit code 3 if one is not well."""
    if not instance.env_file.exists():
        raise PlatformError("Continuum is not set up here", "run ./continuum up")
    rows = [{"service": row["Service"], "state": row["State"], "health": row.get("Health") or "",
             "since": row.get("RunningFor") or ""} for row in compose.states(instance)]
    show(rows, ("service", "state", "health", "since"), as_json, "Nothing runs. ./continuum up starts it.")
    missing = {"dashboard", *envfile.SERVICES} - {row["service"] for row in rows if row["health"] == "healthy"}
    if missing:
        raise PlatformError(f"not well: {', '.join(sorted(missing))}",
                            f"docker compose -p {instance.name} logs {sorted(missing)[0]} tells why")
