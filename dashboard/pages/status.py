"""How the platform is."""

from __future__ import annotations

from flask import current_app, render_template

from ..api import status as api
from .blueprint import page


@page("/status", right="account")
def status():
    return render_template("status.html", status=api.get_status(), topics=["status"],
                           broker_url=current_app.config["SETTINGS"].rabbitmq_ui_url)
