"""Masks what the candidate answered: only the deployer knows its secrets, so each text goes there and comes back masked.

A text is masked before it is cut, so that no cut leaves the beginning of a secret.
"""

from __future__ import annotations

from dataclasses import dataclass

from common.service.client import ServiceClient
from common.wire.errors import NotFound

from .exchange import Answer

BODY = 100_000          # characters of a body that are masked and can be shown; a secret has at most 65,536 bytes
HEADERS = 50_000        # characters of all headers
HIDDEN = "(hidden: the candidate's container is gone, so its secrets can't be masked)"


@dataclass(frozen=True)
class Shown:
    """What may be shown of an answer."""

    status: str                # "200 OK"
    headers: list[str]         # "Name: value"
    text: str                  # the beginning of the body
    size: int                  # bytes of the whole body


@dataclass(frozen=True)
class Masking:
    deployer: ServiceClient
    deployment: int

    def texts(self, texts: list[str]) -> list[str]:
        """`texts` without the deployment's secrets. Raises ServiceDown: without the deployer nothing is shown."""
        try:
            return self.deployer.post(f"/v1/deployments/{self.deployment}/mask", {"texts": texts})["texts"]
        except NotFound:
            return [HIDDEN for _ in texts]

    def text(self, text: str) -> str:
        return self.texts([text])[0]

    def answer(self, answer: Answer) -> Shown:
        headers = [f"{name}: {value}" for name, value in answer.headers]
        if sum(map(len, headers)) > HEADERS:
            headers = [f"({len(headers)} headers, too large to show)"]
        status, text, *headers = self.texts([f"{answer.status} {answer.phrase}".rstrip(), answer.text[:BODY], *headers])
        return Shown(status, headers, text, answer.size)
