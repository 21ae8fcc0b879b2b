"""run, runs, logs, cancel, retry."""

from __future__ import annotations

import json
import sys

import click

from cli.api import Api
from cli.follow import follow, tell_end
from cli.instance import Instance
from cli.output import ago, json_option, show

KINDS = click.Choice(["full", "build", "scan", "deploy", "test"])


@click.command()
@click.argument("repo")
@click.option("--kind", type=KINDS, default="full", show_default=True)
@click.option("--ref", help="Branch, tag or commit; the default branch otherwise.")
@click.option("--follow/--no-follow", "-f", "follow_it", default=False, help="Print the log until the run is over.")
@json_option
@click.pass_obj
def run(instance: Instance, repo: str, kind: str, ref: str | None, follow_it: bool, as_json: bool) -> None:
    """Start a run of REPO (owner/name)."""
    api = Api(instance)
    found = api.repo(repo)
    started = api.post(f"/repos/{found['id']}/runs", {"kind": kind, "ref": ref or found["default_branch"]})
    if follow_it:
        sys.exit(tell_end(follow(api, started["id"])))
    click.echo(json.dumps(started, indent=2) if as_json else
               f"run {started['id']} ({kind} of {repo} {started['ref']} {started['commit'][:7]}); "
               f"./continuum logs {started['id']} -f follows it")


@click.command()
@click.option("--repo", help="Of this repository (owner/name) alone.")
@click.option("--state", help="pending, running, success, failure, error or canceled.")
@click.option("--count", default=20, show_default=True)
@json_option
@click.pass_obj
def runs(instance: Instance, repo: str | None, state: str | None, count: int, as_json: bool) -> None:
    """List runs, the newest first."""
    api = Api(instance)
    path = f"/repos/{api.repo(repo)['id']}/runs" if repo else "/runs"
    items = api.get(path, state=state, per_page=count)["items"]
    rows = items if as_json else [{"run": item["id"], "state": item["state"], "kind": item["kind"],
                                   "event": item["event"], "ref": item["ref"],
                                   "commit": (item["commit"] or "")[:7], "when": ago(item["created"]),
                                   "reason": item["reason"]} for item in items]
    show(rows, ("run", "state", "kind", "event", "ref", "commit", "when", "reason"), as_json, "No runs yet.")


@click.command()
@click.argument("run", type=int)
@click.option("--follow", "-f", "follow_it", is_flag=True, help="Go on until the run is over.")
@click.option("--stage", help="This stage alone.")
@click.pass_obj
def logs(instance: Instance, run: int, follow_it: bool, stage: str | None) -> None:
    """Print the log of RUN."""
    api = Api(instance)
    if follow_it and not stage:
        sys.exit(tell_end(follow(api, run)))
    for job in api.get(f"/runs/{run}")["jobs"]:
        if stage in (None, job["stage"]):
            _print_log(api, run, job, follow_it)


def _print_log(api: Api, run: int, job: dict, follow_it: bool) -> None:
    click.echo(click.style(f"-- {job['stage']} attempt {job['attempt']}: {job['state']}", dim=True))
    path = f"/runs/{run}/jobs/{job['stage']}.{job['attempt']}"
    if follow_it:
        for event, _, data in api.events(f"{path}/stream", after=0):
            for line in data.get("lines", []) if event != "end" else []:
                click.echo(line[3])
        return
    first = 1
    while True:
        lines = api.get(f"{path}/lines", **{"from": first, "count": 1000})["lines"]
        for line in lines:
            click.echo(line[3])
        if len(lines) < 1000:
            return
        first = lines[-1][0] + 1


@click.command()
@click.argument("run", type=int)
@click.pass_obj
def cancel(instance: Instance, run: int) -> None:
    """Cancel RUN."""
    Api(instance).post(f"/runs/{run}/cancel")
    click.echo(f"run {run} is being canceled")


@click.command()
@click.argument("run", type=int)
@click.option("--follow", "-f", "follow_it", is_flag=True)
@click.pass_obj
def retry(instance: Instance, run: int, follow_it: bool) -> None:
    """Restart RUN from its failed stage; image and scan are reused."""
    api = Api(instance)
    api.post(f"/runs/{run}/retry")
    click.echo(f"run {run} starts again")
    if follow_it:
        sys.exit(tell_end(follow(api, run)))
