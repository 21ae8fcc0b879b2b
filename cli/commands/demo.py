"""demo: the main job, all of its set-up included."""

from __future__ import annotations

import sys
import time
from shlex import quote

import click

from cli import compose, platform
from cli.api import Api
from cli.commands.doctor import lines
from cli.commands.platform import tell_addresses
from cli.errors import PlatformError
from cli.follow import follow, tell_end
from cli.host.doctor import examine
from cli.instance import Instance
from cli.localforge import publish
from cli.progress import Progress
from cli.waiting import wait_for

OWNER, EXAMPLE = "demo", "hello-flask"


@click.command()
@click.pass_obj
def demo(instance: Instance) -> None:
    """Bring the platform up, take examples/hello-flask through all five stages, and say where everything is."""
    began = time.monotonic()
    progress = Progress()
    warn(instance)
    values = platform.up(instance, progress)
    folder = publish(instance.root / "examples" / EXAMPLE, compose.repositories(instance, values), OWNER)
    progress.close()
    repo, code = take_live(instance)
    if code == 0:
        click.echo(f"\nLive         {compose.apps_url(values, repo['app'])}  after {time.monotonic() - began:.0f} s")
    tell_addresses(instance, values)
    click.echo(f"\nNext: git clone {quote(str(folder))}, change app.py, git push, and watch it go live.")
    sys.exit(code)


def warn(instance: Instance) -> None:
    """Print what doctor finds wrong; `up` then refuses where it is a problem."""
    for check in examine(instance):
        if check.state == "warning":
            click.echo("\n".join(lines(check)), err=True)


def take_live(instance: Instance) -> tuple[dict, int]:
    """A full run of the example with its log in the terminal; returns the repository and the exit code."""
    api = Api(instance)
    repo = wait_for(lambda: _known(api), f"the local forge to show {OWNER}/{EXAMPLE}", 30)
    run = api.post(f"/repos/{repo['id']}/runs", {"kind": "full", "ref": repo["default_branch"]})
    return repo, tell_end(follow(api, run["id"]))


def _known(api: Api) -> dict | None:
    try:
        return api.repo(f"{OWNER}/{EXAMPLE}")
    except PlatformError as problem:
        if getattr(problem, "status", None) == 404:
            return None
        raise
