"""`.env`: made from `.env.example`, filled with random secrets, checked for missing and unknown keys."""

from __future__ import annotations

import base64
import difflib
import os
import secrets
from collections.abc import Mapping
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from dotenv import dotenv_values
from nacl.public import PrivateKey

from cli import proxy
from cli.certificates import new_token_key
from cli.errors import PlatformError
from cli.instance import Instance

SERVICES = ("dashboard", "orchestrator", "dbproxy", "builder", "scanner", "deployer", "tester")
SEALED_TO = ("dashboard", "orchestrator", "builder", "deployer")
RETIRED = ("REGISTRY_PASSWORD",)      # keys of earlier versions: they are dropped without a word
ON_THE_BUS = ("dashboard", "dbproxy", "builder", "scanner", "deployer", "tester")
CA_VARIABLES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "PIP_CERT", "NODE_EXTRA_CA_CERTS")


def ensure(instance: Instance, overrides: Mapping[str, str] | None = None) -> dict[str, str]:
    """The settings of `instance`; writes what is missing, mode 600, and never changes what is set.

    `overrides` are for keys that are not in the file yet. Raises PlatformError for unknown keys.
    """
    instance.prepare()
    example = read(instance.root / ".env.example")
    known = read(instance.env_file) if instance.env_file.exists() else {}
    check(known, example, instance.env_file)
    proposed = {**example, "CA_BUNDLE": _ca_of_this_machine(), **proxy.of_environment(), **(overrides or {})}
    values = {key: known.get(key, proposed[key]) for key in example}
    for key in example:
        if not values[key] and key in _MAKERS:
            values[key] = _MAKERS[key]()
    if values != known:
        _write(instance.env_file, (instance.root / ".env.example").read_text(), values)
    _tighten(instance.env_file)
    return values


def not_written_yet(instance: Instance) -> set[str]:
    """The settings that came with a newer version and that no `up` has written: compose refuses to be without some."""
    return set(read(instance.root / ".env.example")) - set(read(instance.env_file))


def read(path: Path) -> dict[str, str]:
    return {key: value or "" for key, value in dotenv_values(path, interpolate=False).items()}


def check(values: Mapping[str, str], example: Mapping[str, str], path: Path) -> None:
    """Raises PlatformError naming each unknown key and the nearest right one."""
    problems = []
    for key in values:
        if key not in example and key not in RETIRED:
            near = difflib.get_close_matches(key, example, 1)
            problems.append(f"{path.name}: unknown key {key}" + (f"; did you mean {near[0]}?" if near else ""))
    if problems:
        raise PlatformError("\n".join(problems), f"correct or remove it in {path.name}; .env.example lists every key")


def public_keys(values: Mapping[str, str]) -> dict[str, str]:
    """SERVICE_PUBLIC_KEYS and SEAL_PUBLIC_KEYS, derived from the private ones."""
    signing = ",".join(f"{name}={_signing_public(values[f'{name.upper()}_KEY'], name)}" for name in SERVICES)
    sealing = ",".join(f"{name}={_sealing_public(values[f'{name.upper()}_SEAL_KEY'], name)}" for name in SEALED_TO)
    return {"SERVICE_PUBLIC_KEYS": signing, "SEAL_PUBLIC_KEYS": sealing}


def _signing_public(private: str, name: str) -> str:
    raw = _key_bytes(private, f"{name.upper()}_KEY")
    public = Ed25519PrivateKey.from_private_bytes(raw).public_key()
    return base64.b64encode(public.public_bytes(Encoding.Raw, PublicFormat.Raw)).decode()


def _sealing_public(private: str, name: str) -> str:
    raw = _key_bytes(private, f"{name.upper()}_SEAL_KEY")
    return base64.b64encode(bytes(PrivateKey(raw).public_key)).decode()


def _key_bytes(value: str, key: str) -> bytes:
    try:
        raw = base64.b64decode(value, validate=True)
    except ValueError:
        raw = b""
    if len(raw) != 32:
        raise PlatformError(f".env: {key} is not a key (base64 of 32 bytes)",
                            f"empty {key} and run ./continuum up again, it writes a new one")
    return raw


def _random_key() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()


def _password() -> str:
    return secrets.token_urlsafe(24)      # 32 characters


_MAKERS = {
    **{f"{name.upper()}_KEY": _random_key for name in SERVICES},
    **{f"{name.upper()}_SEAL_KEY": _random_key for name in SEALED_TO},
    **{f"{name.upper()}_RABBITMQ_PASSWORD": _password for name in ON_THE_BUS},
    **dict.fromkeys(("SECRET_KEY", "POSTGRES_PASSWORD", "DBPROXY_POSTGRES_PASSWORD", "READER_PASSWORD",
                     "RABBITMQ_PASSWORD", "OWNER_PASSWORD"), _password),
    "REGISTRY_TOKEN_KEY": new_token_key,
}


def _ca_of_this_machine() -> str:
    """The bundle that this machine's own tools were pointed at; told apart from the distribution's by being set."""
    for name in CA_VARIABLES:
        path = os.environ.get(name, "")
        if path and Path(path).is_file():
            return path
    return ""


def _write(path: Path, template: str, values: Mapping[str, str]) -> None:
    """The example's text with our values, so that its comments explain the file; replaced in one step."""
    lines = []
    for line in template.splitlines():
        key, equals, _ = line.partition("=")
        lines.append(f"{key}={values[key]}" if equals and key in values else line)
    fresh = path.with_name(path.name + ".new")
    with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write("\n".join(lines) + "\n")
    fresh.replace(path)


def _tighten(path: Path) -> None:
    if path.stat().st_mode & 0o077:
        path.chmod(0o600)
