"""What clients see, a file for each part of GitHub's API."""

from __future__ import annotations

from flask import Flask


def add_routes(app: Flask) -> None:
    from . import app as app_calls
    from . import (
        checks,
        code,
        comments,
        control,
        deployments,
        hooks,
        installations,
        lfs,
        oauth,
        people,
        pulls,
        refs,
        registration,
        repos,
        smart,
        statuses,
    )

    for module in (app_calls, checks, code, comments, control, deployments, hooks, installations, lfs, oauth, people,
                   pulls, refs, registration, repos, smart, statuses):
        app.register_blueprint(module.blueprint)
