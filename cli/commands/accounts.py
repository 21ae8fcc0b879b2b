"""tokens, users."""

from __future__ import annotations

import sys

import click

from cli.api import Api
from cli.instance import Instance
from cli.output import ago, json_option, show


@click.group()
def tokens() -> None:
    """API tokens of the owner."""


@tokens.command("list")
@json_option
@click.pass_obj
def list_tokens(instance: Instance, as_json: bool) -> None:
    items = Api(instance).get("/tokens")["items"]
    rows = items if as_json else [{"id": item["id"], "name": item["name"], "scope": item["scope"],
                                   "used": ago(item["used"]), "ends": item["ends"]} for item in items]
    show(rows, ("id", "name", "scope", "used", "ends"), as_json, "No tokens.")


@tokens.command("create")
@click.argument("name")
@click.option("--scope", type=click.Choice(["read", "write", "admin"]), default="read", show_default=True)
@click.pass_obj
def create_token(instance: Instance, name: str, scope: str) -> None:
    """Make a token; it is printed once."""
    click.echo(Api(instance).post("/tokens", {"name": name, "scope": scope})["token"])


@tokens.command("delete")
@click.argument("token_id", type=int)
@click.pass_obj
def delete_token(instance: Instance, token_id: int) -> None:
    Api(instance).delete(f"/tokens/{token_id}")


@click.group()
def users() -> None:
    """Local accounts."""


@users.command("list")
@json_option
@click.pass_obj
def list_users(instance: Instance, as_json: bool) -> None:
    items = Api(instance).get("/users")["items"]
    show(items, ("id", "login", "role", "disabled"), as_json, "No accounts.")


@users.command("add")
@click.argument("login")
@click.option("--name", default="")
@click.pass_obj
def add_user(instance: Instance, login: str, name: str) -> None:
    """Make a local account; the password is asked for, or read from standard input."""
    password = click.prompt("Password", hide_input=True, confirmation_prompt=True) if sys.stdin.isatty() \
        else sys.stdin.read().removesuffix("\n")
    Api(instance).post("/users", {"login": login, "name": name or login, "password": password})
    click.echo(f"{login} can sign in")
