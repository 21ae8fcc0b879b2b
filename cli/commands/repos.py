"""repos, pushes, deployments, rollback, secrets."""

from __future__ import annotations

import sys

import click

from cli.api import Api
from cli.follow import follow, tell_end
from cli.instance import Instance
from cli.output import ago, json_option, show
from common.wire.stages import WITH_SECRETS


@click.command()
@click.option("--query", "-q", help="Part of the name.")
@json_option
@click.pass_obj
def repos(instance: Instance, query: str | None, as_json: bool) -> None:
    """List repositories."""
    items = Api(instance).get("/repos", q=query, per_page=100)["items"]
    rows = items if as_json else [{"repository": f"{item['owner']}/{item['name']}",
                                   "state": (item.get("last_run") or {}).get("state"),
                                   "branch": item["default_branch"],
                                   "live": (item.get("live") or {}).get("url"),
                                   "health": (item.get("live") or {}).get("health")} for item in items]
    show(rows, ("repository", "state", "branch", "live", "health"), as_json,
         "No repositories yet: put one at <owner>/<name>.git in the local forge's folder.")


@click.command()
@click.argument("repo")
@click.option("--count", default=20, show_default=True, type=click.IntRange(1, 100))
@json_option
@click.pass_obj
def pushes(instance: Instance, repo: str, count: int, as_json: bool) -> None:
    """List the last pushes to REPO, and the run that each started or why it started none."""
    api = Api(instance)
    items = api.get(f"/repos/{api.repo(repo)['id']}/ref-updates", per_page=count)["items"]
    rows = items if as_json else [{"ref": item["ref"].removeprefix("refs/heads/").removeprefix("refs/"),
                                   "commit": (item["after"] or "deleted")[:7], "run": item["run"],
                                   "when": ago(item["at"]), "result": item["outcome"]} for item in items]
    show(rows, ("ref", "commit", "run", "when", "result"), as_json, "Nothing was pushed since Continuum knows it.")


@click.command()
@click.argument("repo")
@json_option
@click.pass_obj
def deployments(instance: Instance, repo: str, as_json: bool) -> None:
    """List what of REPO was put live, and what is kept for rollback."""
    api = Api(instance)
    items = api.get(f"/repos/{api.repo(repo)['id']}/deployments")["items"]
    rows = items if as_json else [{"deployment": item["id"], "state": item["state"], "health": item["health"],
                                   "run": item["run"], "digest": item["digest"][:19], "commit": (item["commit"] or "")[:7],
                                   "when": ago(item["created"]),
                                   "reason": item["health_reason"] or item["reason"]} for item in items]
    show(rows, ("deployment", "state", "health", "run", "digest", "commit", "when", "reason"), as_json,
         "Nothing was deployed.")


@click.command()
@click.argument("repo")
@click.option("--to", "digest", help="Digest of the image; the newest kept version otherwise.")
@click.option("--follow/--no-follow", "follow_it", default=True, show_default=True)
@click.pass_obj
def rollback(instance: Instance, repo: str, digest: str | None, follow_it: bool) -> None:
    """Put an older version of REPO live again."""
    api = Api(instance)
    started = api.post(f"/repos/{api.repo(repo)['id']}/rollback", {"digest": digest} if digest else {})
    if follow_it:
        sys.exit(tell_end(follow(api, started["id"])))
    click.echo(f"run {started['id']} rolls {repo} back")


@click.group()
def secrets() -> None:
    """A repository's secrets: sealed to the service that uses them, never shown again."""


@secrets.command("list")
@click.argument("repo")
@json_option
@click.pass_obj
def list_secrets(instance: Instance, repo: str, as_json: bool) -> None:
    api = Api(instance)
    items = api.get(f"/repos/{api.repo(repo)['id']}/secrets")["items"]
    rows = items if as_json else [{"name": item["name"], "use": ", ".join(item["use"]), "set_by": item["set_by"],
                                   "when": ago(item["set_at"])} for item in items]
    show(rows, ("name", "use", "set_by", "when"), as_json, "No secrets.")


@secrets.command("set")
@click.argument("repo")
@click.argument("name")
@click.option("--use", type=click.Choice(list(WITH_SECRETS)), multiple=True, default=["deploy"], show_default=True)
@click.pass_obj
def set_secret(instance: Instance, repo: str, name: str, use: tuple[str, ...]) -> None:
    """Set NAME; the value is asked for, or read from standard input. Never an argument: those show in `ps`."""
    value = click.prompt("Value", hide_input=True) if sys.stdin.isatty() else sys.stdin.read().removesuffix("\n")
    api = Api(instance)
    api.put(f"/repos/{api.repo(repo)['id']}/secrets/{name}", {"value": value, "use": list(use)})
    click.echo(f"{name} is set; the next run uses it")


@secrets.command("delete")
@click.argument("repo")
@click.argument("name")
@click.pass_obj
def delete_secret(instance: Instance, repo: str, name: str) -> None:
    api = Api(instance)
    api.delete(f"/repos/{api.repo(repo)['id']}/secrets/{name}")
    click.echo(f"{name} is deleted")
