"""A delivery of GitHub's, from the headers to the part of it that is kept."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from pydantic import SecretStr

from common.wire.errors import BadRequest

from ..events import Delivery
from . import essentials, signature

_NAME = re.compile(r"[A-Za-z0-9_-]{1,100}")


def receive(headers: Mapping[str, str], body: bytes, secret: SecretStr | None) -> Delivery:
    signature.check(secret, body, headers.get(signature.HEADER, ""))
    event, guid = _header(headers, "X-GitHub-Event"), _header(headers, "X-GitHub-Delivery")
    payload = _payload(body)
    return Delivery(guid, event, essentials.action(payload), essentials.repo_path(payload), essentials.of(payload))


def _header(headers: Mapping[str, str], name: str) -> str:
    value = headers.get(name, "")
    if not _NAME.fullmatch(value):
        raise BadRequest(f"{name} is missing or odd")
    return value


def _payload(body: bytes) -> dict:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise BadRequest("the body is no JSON object: set the webhook's content type to application/json")
    return found
