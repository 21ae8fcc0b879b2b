"""Our own certificate authority, the registry's certificate, and that of the key which signs the registry's tokens.

They lie in the instance's folder `registry/`, keys with mode 600, and last ten years. `./continuum up` replaces what is
missing, does not fit, or ends within a year.
"""

from __future__ import annotations

import base64
import hashlib
import os
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID

from cli.errors import PlatformError

LASTS, RENEWED = timedelta(days=3650), timedelta(days=365)
NAMES = [x509.DNSName("registry"), x509.DNSName("localhost"), x509.IPAddress(IPv4Address("127.0.0.1"))]
Key = ec.EllipticCurvePrivateKey


def new_token_key() -> str:
    """REGISTRY_TOKEN_KEY: PKCS #8, DER, base64."""
    key = ec.generate_private_key(ec.SECP256R1())
    return base64.b64encode(key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())).decode()


def ensure_certificates(folder: Path, token_key: str) -> dict[str, str]:
    """Create or renew what `folder` needs, and return the settings that follow. Raises PlatformError for a bad key."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    authority = _authority(folder)
    _server(folder, authority)
    token = _token(folder, _load_token_key(token_key))
    every = b"".join((folder / name).read_bytes() for name in ("ca.crt", "server.crt", "token.crt"))
    return {"REGISTRY_CERTIFICATES": hashlib.sha256(every).hexdigest()[:16],
            "REGISTRY_TOKEN_CERTIFICATE": base64.b64encode(token.public_bytes(Encoding.DER)).decode()}


def _authority(folder: Path) -> tuple[x509.Certificate, Key]:
    found = _kept(folder, "ca")
    if found is None:
        key = ec.generate_private_key(ec.SECP256R1())
        made = _builder("Continuum registry CA", key, "Continuum registry CA")
        usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
        made = made.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        made = made.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        found = made.add_extension(usage, critical=True).sign(key, SHA256()), key
        _keep(folder, "ca", *found)
    return found


def _server(folder: Path, authority: tuple[x509.Certificate, Key]) -> None:
    found = _kept(folder, "server")
    if found and _is_by(found[0], authority[0]):
        return
    key = ec.generate_private_key(ec.SECP256R1())
    made = _builder("registry", key, "Continuum registry CA")
    made = made.add_extension(x509.SubjectAlternativeName(NAMES), critical=False)
    issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority[0].public_key())
    made = made.add_extension(issuer, critical=False)      # Python 3.13 accepts no certificate without it
    made = made.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    made = made.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
    _keep(folder, "server", made.sign(authority[1], SHA256()), key)


def _token(folder: Path, key: Key) -> x509.Certificate:
    """By itself, so that the registry trusts this one key and none that the authority certifies."""
    path = folder / "token.crt"
    found = _certificate(path)
    if found is not None and _fits(found, key):
        return found
    made = _builder("Continuum registry tokens", key, "Continuum registry tokens").sign(key, SHA256())
    _write(path, made.public_bytes(Encoding.PEM), 0o644)
    return made


def _certificate(path: Path) -> x509.Certificate | None:
    try:
        return x509.load_pem_x509_certificate(path.read_bytes())
    except (OSError, ValueError):
        return None


def _builder(subject: str, key: Key, issuer: str) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (x509.CertificateBuilder().subject_name(_name(subject)).issuer_name(_name(issuer))
            .public_key(key.public_key()).serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1)).not_valid_after(now + LASTS))


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)])


def _kept(folder: Path, name: str) -> tuple[x509.Certificate, Key] | None:
    """What an earlier `up` wrote, unless it is missing, damaged, or due."""
    certificate = _certificate(folder / f"{name}.crt")
    try:
        key = load_pem_private_key((folder / f"{name}.key").read_bytes(), None)
    except (OSError, ValueError, TypeError):
        return None
    return (certificate, key) if certificate and _fits(certificate, key) else None


def _fits(certificate: x509.Certificate, key: Key) -> bool:
    left = certificate.not_valid_after_utc - datetime.now(UTC)
    return _public(certificate.public_key()) == _public(key.public_key()) and left > RENEWED


def _public(key) -> bytes:
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _is_by(certificate: x509.Certificate, authority: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(authority)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _keep(folder: Path, name: str, certificate: x509.Certificate, key: Key) -> None:
    _write(folder / f"{name}.key", key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()), 0o600)
    _write(folder / f"{name}.crt", certificate.public_bytes(Encoding.PEM), 0o644)


def _write(path: Path, data: bytes, mode: int) -> None:
    """Replaced in one step; containers have the old file mounted until they are made again."""
    fresh = path.with_name(path.name + ".new")
    fresh.unlink(missing_ok=True)
    with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(data)
    fresh.chmod(mode)      # whatever the umask
    fresh.replace(path)


def _load_token_key(value: str) -> Key:
    try:
        key = load_der_private_key(base64.b64decode(value, validate=True), None)
    except (ValueError, TypeError):
        key = None
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise PlatformError(".env: REGISTRY_TOKEN_KEY is not a key",
                            "empty REGISTRY_TOKEN_KEY and run ./continuum up again, it writes a new one")
    return key
