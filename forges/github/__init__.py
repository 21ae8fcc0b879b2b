"""GitHub: github.com, or an Enterprise by its addresses. Everything that speaks HTTP to its API is in here.

    forge.py      the interface of a forge, each question with the right token
    repos.py      lists from a copy kept fresh      rights.py   what a person may do, now
    code.py       refs, commits, files, changes     hooks.py    webhooks
    feedback.py   statuses, deployments, comments, check runs
    app.py        Apps: proof, tokens, manifest; the check of credentials
    client.py     the one door: ETags, limits, retries, redirects; transport.py, guard.py below it
"""

from .app import GitHubApp, Registration, check_credentials, convert_manifest
from .client import Client
from .forge import GitHubForge
from .urls import Urls

__all__ = ["Client", "GitHubApp", "GitHubForge", "Registration", "Urls", "check_credentials", "convert_manifest"]
