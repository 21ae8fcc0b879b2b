"""A certificate authority of one test's own, and what this machine trusts already."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from cli.envfile import CA_VARIABLES

SYSTEM_BUNDLE = Path("/etc/ssl/certs/ca-certificates.crt")
LIFETIME = timedelta(days=1)


def trusted_here() -> str:
    """Everything that this machine trusts, as PEM; a TLS-inspecting proxy's certificate is among it."""
    for path in [*(Path(os.environ[name]) for name in CA_VARIABLES if os.environ.get(name)), SYSTEM_BUNDLE]:
        if path.is_file():
            return path.read_text()
    return ""


def issue(names: list[str]) -> tuple[str, str]:
    """(the authority's certificate, key and certificate of a server with `names`), both PEM."""
    authority_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    issuer = _name("Continuum's test machines")
    authority = _builder(issuer, issuer, authority_key).add_extension(
        x509.BasicConstraints(ca=True, path_length=0), critical=True).sign(authority_key, hashes.SHA256())
    server = _builder(_name(names[0]), issuer, key).add_extension(
        x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), critical=False).sign(
        authority_key, hashes.SHA256())
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return _pem(authority), secret.decode() + _pem(server)


def _builder(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key.public_key())
            .serial_number(x509.random_serial_number()).not_valid_before(now - LIFETIME).not_valid_after(now + LIFETIME))


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(Encoding.PEM).decode()
