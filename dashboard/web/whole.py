"""A request whose body did not come whole is refused, never taken for a shorter one.

gunicorn says of every body that it ends it, and Werkzeug then takes what came before a hang-up for all of it: half a
form would be acted upon, and each request of a flood of half-sent ones answered with a page.
"""

from __future__ import annotations

from flask import Flask, Response
from werkzeug.exceptions import ClientDisconnected


def add_whole_bodies(app: Flask) -> None:
    inner = app.wsgi_app

    def counted(environ, start_response):
        """Where the head tells a length, Werkzeug counts itself."""
        if environ.get("CONTENT_LENGTH"):
            environ.pop("wsgi.input_terminated", None)
        return inner(environ, start_response)

    app.wsgi_app = counted
    # Plain and cheap, below /api/ too: whoever could read it hung up.
    app.register_error_handler(ClientDisconnected, lambda _: Response("the body ended before its length\n", 400,
                                                                      mimetype="text/plain"))
