"""tokens, users."""

from __future__ import annotations

import subprocess
import sys

import click

from cli import compose
from cli.api import Api, ApiError
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
    items = _accounts(Api(instance))
    show(items, ("id", "login", "role", "disabled"), as_json, "No accounts.")


@users.command("add")
@click.argument("login")
@click.option("--name", default="")
@click.pass_obj
def add_user(instance: Instance, login: str, name: str) -> None:
    """Make a local account; the password is asked for, or read from standard input."""
    Api(instance).post("/users", {"login": login, "name": name or login, "password": _password()})
    click.echo(f"{login} can sign in")


@users.command("invite")
@click.option("--login", help="The name that the invited gets; without it they choose.")
@click.option("--role", type=click.Choice(["user", "owner"]), default="user", show_default=True)
@click.option("--days", type=click.IntRange(1, 30), default=7, show_default=True, help="Until the link ends.")
@click.pass_obj
def invite(instance: Instance, login: str | None, role: str, days: int) -> None:
    """Print a link that makes one account, once: the invited sets the password."""
    body = {"role": role, "days": days, **({"login": login} if login else {})}
    click.echo(Api(instance).post("/users/invitations", body)["url"])


@users.command("delete")
@click.argument("login")
@click.pass_obj
def delete_user(instance: Instance, login: str) -> None:
    """Delete the account LOGIN: nobody signs in to it again, and what it made stays."""
    api = Api(instance)
    found = next((item for item in _accounts(api) if item["login"] == login), None)
    if found is None:
        raise ApiError(404, f"There is no account {login!r}: ./continuum users list names them")
    api.call("DELETE", f"/users/{found['id']}", params={"confirm": login})
    click.echo(f"the account {login} is deleted")


@users.command("reset")
@click.argument("login")
@click.option("--keep-tokens", is_flag=True, help="Without it the account's tokens end, as its sessions do.")
@click.pass_obj
def reset(instance: Instance, login: str, keep_tokens: bool) -> None:
    """Set a new password for LOGIN, asked for or read from standard input; needs no password of anybody."""
    argv = compose.argv(instance, "exec", "-T", "dbproxy", "python", "-m", "dbproxy.accounts.reset",
                        *(["--keep-tokens"] if keep_tokens else []), login)
    done = subprocess.run(argv, cwd=instance.root, input=_password(), text=True, capture_output=True)
    click.echo(done.stdout or done.stderr, nl=False, err=bool(done.returncode))
    sys.exit(done.returncode)


def _accounts(api: Api) -> list[dict]:
    """Every account, page by page."""
    found, page = [], 1
    while True:
        answer = api.get("/users", page=page, per_page=100)
        found += answer["items"]
        if len(found) >= answer["total"] or not answer["items"]:
            return found
        page += 1


def _password() -> str:
    return click.prompt("Password", hide_input=True, confirmation_prompt=True) if sys.stdin.isatty() \
        else sys.stdin.read().removesuffix("\n")
