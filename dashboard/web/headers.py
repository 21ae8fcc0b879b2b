"""Headers of every answer: nothing but our own scripts, styles and connections; never inside a frame."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Flask, Response, request

_POLICY = ("default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
          "form-action {form_action}; base-uri 'none'; frame-ancestors 'none'")


def policy(*, form_action: str = "") -> str:
    """`form_action`: an address that a form of this one page may be sent to, beside our own."""
    origin = "{0.scheme}://{0.netloc}".format(urlsplit(form_action)) if form_action else ""
    return _POLICY.format(form_action=f"'self' {origin}".strip())


HEADERS = {
    "Content-Security-Policy": policy(),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}


# Of a script, a style or an icon the rest of it says nothing, and a page's first visit has forty of them. The worker's
# own policy stands in its head: it fetches events, and imports modules.
STATIC = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; connect-src 'self'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def add_headers(app: Flask, *, secure: bool) -> None:
    @app.after_request
    def harden(response: Response):
        static = request.path.startswith("/static/")
        for name, value in (STATIC if static and response.status_code == 200 else HEADERS).items():
            response.headers.setdefault(name, value)
        if secure:
            response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
        if not static:
            response.headers.setdefault("Cache-Control", "no-store")
        return response
