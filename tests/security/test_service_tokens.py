"""S33: the services inside answer nobody who does not prove who they are, whatever network they come from."""

from __future__ import annotations

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from cli import envfile
from tests.security import signed

PATHS = {"orchestrator": "/v1/status", "dbproxy": "/v1/accounts", "builder": "/v1/jobs", "scanner": "/v1/jobs",
         "deployer": "/v1/deployments", "tester": "/v1/jobs"}
DAY = 86400


def forged(stack, service: str) -> dict[str, str]:
    """Tokens that must not pass at `service`, by what is wrong with them."""
    ours = signed.private_key(stack, "orchestrator")
    public = envfile.public_keys(envfile.read(stack.instance.env_file))["SERVICE_PUBLIC_KEYS"]
    shown = next(part.partition("=")[2] for part in public.split(",") if part.startswith("orchestrator="))
    claims = signed.claims("orchestrator", service)
    other = "tester" if service != "tester" else "builder"
    return {
        "another's key": signed.token(Ed25519PrivateKey.generate(), "orchestrator", service),
        "a service's key under another name": signed.token(signed.private_key(stack, "tester"), "orchestrator", service),
        "made for another service": signed.token(ours, "orchestrator", other),
        "a day old": signed.token(ours, "orchestrator", service, age=DAY),
        "no algorithm": jwt.encode(claims, None, algorithm="none"),
        "the public key as a password": jwt.encode(claims, shown, algorithm="HS256"),
        "nobody we know": signed.token(ours, "stranger", service),
        "no end": jwt.encode({key: value for key, value in claims.items() if key != "exp"}, ours, algorithm="EdDSA"),
        "not a token": "ct_0000000000000000000000000000000000000000000",
        "empty": "",
    }


@pytest.mark.parametrize("service", signed.SERVICES)
def test_only_a_good_signature_is_heard(stack, service):
    """Holds: common.service.web._require_token and common.secrets.tokens.Verifier. The good token is the control."""
    path = PATHS[service]
    assert signed.send(stack, service, "GET", path).status_code == 401
    for wrong, bearer in forged(stack, service).items():
        assert signed.send(stack, service, "GET", path, bearer).status_code == 401, wrong
    good = signed.token(signed.private_key(stack, "dashboard"), "dashboard", service)
    assert signed.send(stack, service, "GET", path, good).status_code in (200, 403)
    caller = "dashboard" if service in ("orchestrator", "dbproxy") else "orchestrator"
    good = signed.token(signed.private_key(stack, caller), caller, service)
    assert signed.send(stack, service, "GET", path, good).status_code == 200


@pytest.mark.parametrize("worker", signed.WORKERS)
def test_nobody_else_gives_a_worker_a_job(stack, worker):
    """Holds: the same on the job API, and `callers`: a service that may not call gets 403."""
    path, body = f"/v1/jobs/999999.{signed.WORKERS[worker]}.1", {"fence": 1, "inputs": {}}
    for wrong, bearer in {"unsigned": None, **forged(stack, worker)}.items():
        for method in ("PUT", "DELETE"):
            assert signed.send(stack, worker, method, path, bearer, json=body).status_code == 401, (wrong, method)
    peer = signed.token(signed.private_key(stack, "dbproxy"), "dbproxy", worker)
    assert signed.send(stack, worker, "PUT", path, peer, json=body).status_code == 403


def test_dbproxy_hears_each_service_only_where_it_is_named(stack):
    """Holds: dbproxy.access: the scanner may not read sealed secrets, nor anybody but the dashboard make an account."""
    for caller, method, path in (("scanner", "GET", "/v1/repos/1/secrets?sealed=builder"), ("tester", "GET", "/v1/audit"),
                                 ("dashboard", "GET", "/v1/repos/1/secrets?sealed=builder"),
                                 ("scanner", "POST", "/v1/accounts"), ("builder", "GET", "/v1/repos")):
        bearer = signed.token(signed.private_key(stack, caller), caller, "dbproxy")
        answer = signed.send(stack, "dbproxy", method, path, bearer, json={} if method == "POST" else None)
        assert answer.status_code == 403, (caller, method, path, answer.text)


def test_an_error_inside_tells_no_trace(stack):
    """Holds: common.service.web._answer_errors: JSON with a sentence, never Python's own words."""
    for service in signed.SERVICES:
        text = signed.send(stack, service, "PUT", "/v1/jobs/1.build.1", data=b"{" * 2000).text
        assert "Traceback" not in text and "werkzeug" not in text.lower(), text
