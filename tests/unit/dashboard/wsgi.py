"""requests, straight into a WSGI app: what the fakes of services and of GitHub have in common."""

from __future__ import annotations

import io

import requests
from werkzeug.test import Client


def answered(client: Client, sent: requests.PreparedRequest, body) -> requests.Response:
    """What the WSGI app behind `client` says to what requests would have sent."""
    answer = client.open(sent.path_url, method=sent.method, data=body, headers=dict(sent.headers))
    response = requests.Response()
    response.status_code, response.request, response.url = answer.status_code, sent, sent.url
    response.headers.update(answer.headers)
    response.raw = io.BytesIO(answer.data)
    return response
