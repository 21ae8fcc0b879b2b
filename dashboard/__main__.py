"""`python -m dashboard`: the settings are looked at first, so that a missing one ends the start with its name;
then this process becomes gunicorn, whose worker would otherwise be started over and over."""

import os
import sys

from common.settings import load

from .settings import DashboardSettings

load(DashboardSettings)
os.execv(sys.executable, [sys.executable, "-m", "gunicorn", "-c", "python:dashboard.gunicorn", "dashboard.wsgi:app"])
