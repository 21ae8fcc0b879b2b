"""Reading without JavaScript. A log's lines are in its page only for a browser that runs no scripts: to others they
would be a third of a megabyte that the viewer asks for again, and better.

A browser says so by itself: the page's <noscript> leads it to /plain, which notes it in a cookie and leads back to the
same address. Should it run scripts after all, they delete the cookie (static/js/app.js).
"""

from __future__ import annotations

from urllib.parse import quote

from flask import current_app, redirect, request

from ..auth.sessions import local_path
from .blueprint import page

COOKIE = "plain"      # without an end of its own: the next session of the browser is asked anew


@page("/plain", right="public")
def plain():
    response = redirect(local_path(request.args.get("next", "/")), 303)
    response.set_cookie(COOKIE, "1", samesite="Lax", secure=current_app.config["SECURE"])
    return response


def reads_plain() -> bool:
    """Does this browser need the lines in the page?"""
    return request.cookies.get(COOKIE) == "1"


def plain_url() -> str:
    """Where the page's <noscript> leads: to /plain, and back to the address that it is at."""
    query = request.query_string.decode("ascii", "replace")
    return "/plain?next=" + quote(quote(request.path) + (f"?{query}" if query else ""), safe="")
