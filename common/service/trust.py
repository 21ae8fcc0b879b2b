"""Certificates of the operator (CA_BUNDLE in `.env`), trusted beside the usual ones by whatever speaks TLS to the outside."""

from __future__ import annotations

import os
from pathlib import Path

import certifi

MOUNTED = Path("/etc/continuum/ca.crt")          # empty where the operator has none
VARIABLES = ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "GIT_SSL_CAINFO")


def trust(extra: Path = MOUNTED, usual: str | None = None, folder: str = "/tmp") -> None:
    """For this process and those that it starts; what the environment says already is left alone."""
    if not extra.is_file() or not (added := extra.read_bytes()).strip():
        return
    bundle = Path(folder) / "continuum-ca.crt"
    bundle.write_bytes(Path(usual or certifi.where()).read_bytes().rstrip() + b"\n" + added)
    for name in VARIABLES:
        os.environ.setdefault(name, str(bundle))
