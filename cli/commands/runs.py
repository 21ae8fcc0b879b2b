"""run, runs, logs, cancel, retry."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Iterator

import click

from cli.api import Api, ApiError
from cli.follow import EXIT, follow, print_heading, print_line, stream, tell_end, wait
from cli.instance import Instance
from cli.output import ago, json_option, show
from common.wire.stages import RUN_STATES, STARTABLE

KINDS = click.Choice(STARTABLE)

raw_option = click.option("--raw", is_flag=True, help="Print log lines exactly as the program wrote them, escapes included.")
detach_option = click.option("--detach", "-d", is_flag=True, help="Return at once instead of waiting for the result.")


@click.command()
@click.argument("repo")
@click.option("--kind", type=KINDS, default="full", show_default=True)
@click.option("--ref", help="Branch, tag or commit; the default branch otherwise.")
@click.option("--follow", "-f", is_flag=True, hidden=True, expose_value=False)      # what it does today without being asked
@detach_option
@raw_option
@json_option
@click.pass_obj
def run(instance: Instance, repo: str, kind: str, ref: str | None, detach: bool, raw: bool, as_json: bool) -> None:
    """Start a run of REPO (owner/name), print its log and exit with its result."""
    api = Api(instance)
    found = api.repo(repo)
    started = api.post(f"/repos/{found['id']}/runs", {"kind": kind, "ref": ref or found["default_branch"]})
    if not detach and as_json:
        ended = wait(api, started["id"])
        click.echo(json.dumps(ended, indent=2))
        sys.exit(EXIT[ended["state"]])
    if not detach:
        sys.exit(tell_end(follow(api, started["id"], raw)))
    click.echo(json.dumps(started, indent=2) if as_json else
               f"run {started['id']} ({kind} of {repo} {started['ref']} {started['commit'][:7]}); "
               f"./continuum logs {started['id']} -f follows it")


@click.command()
@click.option("--repo", help="Of this repository (owner/name) alone.")
@click.option("--state", help=f"{', '.join(RUN_STATES[:-1])} or {RUN_STATES[-1]}.")
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
@raw_option
@click.pass_obj
def logs(instance: Instance, run: int, follow_it: bool, stage: str | None, raw: bool) -> None:
    """Print the log of RUN; with --follow, exit with its result, or that of the stage."""
    api = Api(instance)
    if follow_it and not stage:
        sys.exit(tell_end(follow(api, run, raw)))
    jobs = api.run(run)["jobs"]
    chosen = [job for job in jobs if stage in (None, job["stage"])]
    if stage and not chosen:
        names = ", ".join(dict.fromkeys(job["stage"] for job in jobs)) or "none yet"
        raise ApiError(404, f"Run {run} has no stage {stage!r}. Its stages: {names}")
    for job in chosen:
        print_heading(f"{job['stage']} attempt {job['attempt']}: {job['state']}")
        for text in _lines(api, run, job, follow_it):
            print_line(job["stage"], text, raw)
    if follow_it:
        ended = [job["state"] for job in api.run(run)["jobs"] if job["stage"] == stage]
        sys.exit(EXIT.get(ended[-1], 1))


def _lines(api: Api, run: int, job: dict, follow_it: bool) -> Iterator[str]:
    """The lines so far, or with `follow_it` all until the job is over."""
    name = f"{job['stage']}.{job['attempt']}"
    if follow_it:
        yield from stream(api, run, name, threading.Event())
        return
    first = 1
    while True:
        lines = api.get(f"/runs/{run}/jobs/{name}/lines", **{"from": first, "count": 1000})["lines"]
        yield from (line[3] for line in lines)
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
@click.option("--follow", "-f", is_flag=True, hidden=True, expose_value=False)
@detach_option
@click.pass_obj
def retry(instance: Instance, run: int, detach: bool) -> None:
    """Restart RUN from its failed stage; image and scan are reused."""
    api = Api(instance)
    api.post(f"/runs/{run}/retry")
    click.echo(f"run {run} starts again")
    if not detach:
        sys.exit(tell_end(follow(api, run)))
