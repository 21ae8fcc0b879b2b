"""Tokens on their way to GitHub: in the header of a request, and nowhere else."""

from __future__ import annotations

import hashlib

import requests
from pydantic import SecretStr
from requests.auth import AuthBase


class Bearer(AuthBase):
    """Puts a token into the request. Always given, with None too: requests would look for a .netrc otherwise."""

    def __init__(self, token: SecretStr | None):
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self._token:
            request.headers["Authorization"] = f"Bearer {self._token.get_secret_value()}"
        return request


def mark(token: SecretStr | None) -> str:
    """A token's name in memory, from which it cannot be made again."""
    return hashlib.sha256(token.get_secret_value().encode()).hexdigest() if token else ""
