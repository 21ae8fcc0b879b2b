"""Our own authority: made once, kept, and replaced where it is missing, damaged or due."""

import base64
import ssl
import stat
from datetime import timedelta

import pytest
from cryptography import x509

from cli import certificates
from cli.certificates import ensure_certificates, new_token_key
from cli.errors import PlatformError

NAMES = ("ca.crt", "ca.key", "server.crt", "server.key", "token.crt")


@pytest.fixture
def key():
    return new_token_key()


@pytest.fixture
def folder(tmp_path, key):
    ensure_certificates(tmp_path / "registry", key)
    return tmp_path / "registry"


def contents(folder) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in NAMES}


def test_keys_are_for_their_owner_alone(folder):
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}
    assert modes == {"ca.key": 0o600, "server.key": 0o600, "ca.crt": 0o644, "server.crt": 0o644, "token.crt": 0o644}


def test_the_registrys_certificate_is_of_our_authority_and_for_its_names(folder):
    server, ca = (x509.load_pem_x509_certificate((folder / f"{name}.crt").read_bytes()) for name in ("server", "ca"))
    server.verify_directly_issued_by(ca)
    issuer = server.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value.key_identifier
    assert issuer == ca.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
    names = server.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["registry", "localhost"]
    assert [str(address) for address in names.get_values_for_type(x509.IPAddress)] == ["127.0.0.1"]
    ssl.create_default_context(cafile=str(folder / "ca.crt"))
    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(folder / "server.crt", folder / "server.key")


def test_a_second_up_changes_nothing(folder, key):
    before = contents(folder)
    first, second = ensure_certificates(folder, key), ensure_certificates(folder, key)
    assert contents(folder) == before and first == second


@pytest.mark.parametrize("lost, replaced", [
    ("ca.key", {"ca.crt", "ca.key", "server.crt", "server.key"}), ("server.key", {"server.crt", "server.key"}),
    ("ca.crt", {"ca.crt", "ca.key", "server.crt", "server.key"}), ("token.crt", {"token.crt"}),
])
@pytest.mark.parametrize("how", ["missing", "damaged"])
def test_what_is_lost_is_replaced_with_what_depends_on_it(folder, key, lost, replaced, how):
    before, known = contents(folder), ensure_certificates(folder, key)
    (folder / lost).unlink() if how == "missing" else (folder / lost).write_text("nonsense")
    again = ensure_certificates(folder, key)
    assert {name for name, text in contents(folder).items() if text != before[name]} == replaced
    assert again["REGISTRY_CERTIFICATES"] != known["REGISTRY_CERTIFICATES"], "compose starts nothing anew otherwise"


def test_they_are_renewed_a_year_before_their_end(tmp_path, key, monkeypatch):
    monkeypatch.setattr(certificates, "LASTS", timedelta(days=364))
    ensure_certificates(tmp_path, key)
    before = contents(tmp_path)
    monkeypatch.undo()
    ensure_certificates(tmp_path, key)
    assert [name for name, text in contents(tmp_path).items() if text == before[name]] == []


def test_a_new_token_key_gets_a_certificate_of_its_own(folder, key):
    before = ensure_certificates(folder, key)
    after = ensure_certificates(folder, new_token_key())
    assert before["REGISTRY_TOKEN_CERTIFICATE"] != after["REGISTRY_TOKEN_CERTIFICATE"]
    assert before["REGISTRY_CERTIFICATES"] != after["REGISTRY_CERTIFICATES"]


@pytest.mark.parametrize("value", ["", "x", base64.b64encode(b"x" * 32).decode()])
def test_a_key_that_is_none_is_named(tmp_path, value):
    with pytest.raises(PlatformError, match="REGISTRY_TOKEN_KEY is not a key"):
        ensure_certificates(tmp_path, value)
