"""Calls to the services inside, from this machine: unsigned, wrongly signed, or signed as a service signs."""

from __future__ import annotations

import base64
import time

import jwt
import requests
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from cli import compose, envfile
from common.wire import stages
from tests.harness.stack import Stack
from tests.security.people import session

SERVICES = ("orchestrator", "dbproxy", "builder", "scanner", "deployer", "tester")
WORKERS = {worker: stages.of_worker(worker)[0] for worker in stages.WORKERS}


def private_key(stack: Stack, service: str) -> Ed25519PrivateKey:
    kept = envfile.read(stack.instance.env_file)[f"{service.upper()}_KEY"]
    return Ed25519PrivateKey.from_private_bytes(base64.b64decode(kept))


def claims(issuer: str, audience: str, *, age: float = 0) -> dict:
    now = int(time.time() - age)
    return {"iss": issuer, "aud": audience, "iat": now, "exp": now + 60}


def token(key, issuer: str, audience: str, *, algorithm: str = "EdDSA", age: float = 0) -> str:
    return jwt.encode(claims(issuer, audience, age=age), key, algorithm=algorithm)


def send(stack: Stack, service: str, method: str, path: str, bearer: str | None = None, **options) -> requests.Response:
    address = compose.address_of(stack.instance, service)
    headers = {"Authorization": f"Bearer {bearer}"} if bearer is not None else {}
    return session().request(method, f"http://{address}:8000{path}", headers=headers, timeout=20, **options)
