"""Pages that name an effect before it happens; with JavaScript they open as a dialog."""

from __future__ import annotations

from urllib.parse import quote

from flask import g, render_template

from common.wire.errors import BadRequest, NotFound

from ..api import accounts as accounts_api
from ..api import deployments as deployments_api
from ..api import repos as repos_api
from ..api import tokens as tokens_api
from ..api.inputs import AccountEffect, RollbackRequest
from .blueprint import page, query
from .deployments import confirm_page
from .repo import R, address


@page(R + "/rollback", right="write")
def confirm_rollback(**_):
    number, wanted = g.repo.id, query(RollbackRequest)
    back = deployments_api.newest(number, "kept", wanted.digest)
    if back is None:
        raise NotFound("nothing is kept to go back to")
    return render_template("confirm_rollback.html", repo=repos_api.get_repo(), back=back,
                           now=deployments_api.newest(number, "live"))


@page("/deployments/<id:deployment>/stop", right="admin")
def confirm_stop(deployment: int):
    return confirm_page()


@page(R + "/settings/secrets/<string:secret>/delete", right="admin")
def confirm_secret_delete(secret: str, **_):
    return _asked(f"Delete {secret}", "Delete it",
                  "The next run goes without it. What runs now keeps the value that it was started with.",
                  f"{address(g.repo)}/settings/secrets/{quote(secret, safe='')}/delete", f"{address(g.repo)}/settings")


@page("/waivers/<id:waiver>/delete", right="admin")
def confirm_waiver_end(waiver: int):
    found = g.waiver
    where = f" in {found.package}" if found.package else ""
    return _asked(f"End the waiver of {found.vulnerability}", "End it",
                  f"From the next run on, the gate of {g.repo.path} counts this finding{where} again.",
                  f"/waivers/{waiver}/delete", f"{address(g.repo)}/waivers")


@page("/account/tokens/<id:token>/delete", right="account")
def confirm_token_delete(token: int):
    found = {item.id: item for item in tokens_api.list_tokens().items}.get(token)
    if found is None:
        raise NotFound("you have no such token")
    return _asked(f"Delete token {found.name}", "Delete it",
                  "Whatever uses it is refused from now on. It cannot be had back.", f"/account/tokens/{token}/delete", "/account")


@page("/admin/users/<id:account>", right="owner")
def confirm_user_change(account: int):
    found, wanted = accounts_api.find_account(account), query(AccountEffect)
    verb, effect = _of_account(wanted)
    title = f"Make {found.login} {wanted.role}" if wanted.role else f"{verb} {found.login}"
    fields = {"role": wanted.role} if wanted.role else {"disabled": str(wanted.disabled).lower()}
    return _asked(title, verb, effect, f"/admin/users/{account}", "/admin/users", keep="Leave it", fields=fields)


def _of_account(wanted: AccountEffect) -> tuple[str, str]:
    """What the button says, and what it does. Raises BadRequest where nothing is to change."""
    if wanted.role == "owner":
        return "Make owner", ("Owners see and change every repository, account and setting of this installation, "
                              "and may take that right from you.")
    if wanted.role == "user":
        return "Make user", "They keep the rights that repositories give them, and lose all others."
    if wanted.disabled is None:
        raise BadRequest("name what is to change: role, or disabled")
    if wanted.disabled:
        return "Disable", "They are signed out everywhere at once, and their tokens are refused until you enable them."
    return "Enable", "They may sign in again, and their tokens work again."


def _asked(title: str, word: str, effect: str, action: str, back: str, *, keep: str = "Keep it",
           fields: dict[str, str] | None = None) -> str:
    """`word` is the button's, whose form goes to `action` with `fields`; `back` is where it leads not to do it."""
    return render_template("confirm.html", title=title, word=word, effect=effect, action=action, back=back, keep=keep,
                           fields=fields or {})
