"""GitHub: github.com, or an Enterprise by its addresses. Everything that speaks HTTP to its API is in here.

    forge.py      the interface of a forge, each question with the right token
    repos.py      lists from a copy kept fresh      rights.py   what a person may do, now
    code.py       refs, commits, files, changes     hooks.py    webhooks
    signin.py     sign-in, renewal of tokens        scopes.py   what a person is asked for
    setup.py      what is entered at GitHub         settings.py what is set here
    receive.py    deliveries, by signature.py and essentials.py
    events.py     what a delivery says
    feedback.py   statuses, deployments, comments, check runs
    app.py        Apps: proof, tokens, manifest; the check of credentials
    client.py     the one door: ETags, limits, retries, redirects; transport.py, guard.py below it
"""

from .app import GitHubApp, check_credentials, convert_manifest
from .client import Client
from .forge import GitHubForge
from .urls import Urls

__all__ = ["Client", "GitHubApp", "GitHubForge", "Urls", "check_credentials", "convert_manifest"]
