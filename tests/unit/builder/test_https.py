"""A private repository over TLS, served by git's own http-backend that asks for a token."""

import base64
import datetime
import ipaddress
import os
import ssl
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from builder import git, process
from builder.allowed import Allowed
from builder.git import Git, GitFailed, Unreachable
from builder.mirrors import Mirrors, Origin, TokenRefused
from builder.source import Source
from common.wire.contracts import RepoRef
from common.wire.errors import Failure

REPO = RepoRef(id=7, forge="github", owner="ada", name="app")
TOKEN = "gh-token-of-ada"
NAMED = "git.example.test"      # nobody has this name (RFC 6761)
BASIC = base64.b64encode(f"x-access-token:{TOKEN}".encode()).decode()


def certificate(folder):
    """A self-signed certificate for 127.0.0.1 and `NAMED`: (path of the certificate, path of its key)."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.timezone.utc)
    made = (x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
            .serial_number(1).not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=1))
            .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1")),
                                                          x509.DNSName(NAMED)]), False)
            .sign(key, hashes.SHA256()))
    (folder / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                                       serialization.NoEncryption()))
    return folder / "cert.pem", folder / "key.pem"


class Backend(BaseHTTPRequestHandler):
    """CGI for `git http-backend`; 401 without the token."""

    root = ""
    protocol_version = "HTTP/1.1"       # an end of the connection instead of a length is an error to GnuTLS

    def do_GET(self):
        self.answer(b"")

    def do_POST(self):
        self.answer(self.rfile.read(int(self.headers["Content-Length"])))

    def answer(self, body: bytes):
        if self.headers.get("Authorization") != f"Basic {BASIC}":
            self.send_response(401)
            self.send_header("WWW-Authenticate", "Basic realm=x")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        if self.path.startswith("/moved/"):
            self.send_response(302)
            self.send_header("Location", self.path.removeprefix("/moved"))
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        path, _, query = self.path.partition("?")
        env = {"PATH": os.environ["PATH"], "GIT_PROJECT_ROOT": self.root, "GIT_HTTP_EXPORT_ALL": "1", "PATH_INFO": path,
               "QUERY_STRING": query, "REQUEST_METHOD": self.command, "CONTENT_LENGTH": str(len(body)),
               "CONTENT_TYPE": self.headers.get("Content-Type", ""), "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
               "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", "")}
        head, _, content = subprocess.run(["git", "http-backend"], env=env, input=body, capture_output=True,
                                          check=True).stdout.partition(b"\r\n\r\n")
        self.send_response(200)
        for line in head.decode().splitlines():
            self.send_header(*line.split(": ", 1))
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        """Quiet."""


@pytest.fixture
def server(tmp_path, forge, monkeypatch):
    """URL of a TLS server over the forge's folder, whose certificate git is told to trust."""
    cert, key = certificate(tmp_path)
    monkeypatch.setenv("GIT_SSL_CAINFO", str(cert))
    Backend.root = str(forge.root)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Backend)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"https://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def source(tmp_path, forge, log, cancel, server):
    (tmp_path / "home").mkdir()
    git = Git(tmp_path / "home")
    return Source(git, Mirrors(tmp_path / "mirrors", git), Allowed.of(forge.root, server, REPO, []), log, cancel,
                  private_submodules=True)


def asked(source, server, cancel, path: str, **options) -> str:
    """What the repository at `path` of the server, called by its other name, has."""
    url = f"{server.replace('127.0.0.1', NAMED)}{path}"
    return source._git("ls-remote", url, cwd=source._allowed.local, cancel=cancel, url=url, token=TOKEN, **options)


def test_git_connects_to_the_address_that_was_judged(source, server, forge, cancel):
    """S39: whatever the name leads to by then."""
    commit = forge("ada/app").commit(a_txt="1")
    assert commit in asked(source, server, cancel, "/ada/app/.git", address="127.0.0.1")
    with pytest.raises(Unreachable):
        asked(source, server, cancel, "/ada/app/.git")


def test_what_was_judged_leads_nowhere_else(source, server, forge, cancel):
    """S39: a redirect to the inside."""
    forge("ada/app").commit(a_txt="1")
    with pytest.raises(GitFailed, match="302|redirect"):
        asked(source, server, cancel, "/moved/ada/app/.git", address="127.0.0.1")


def test_a_private_repository_and_its_private_submodule(source, server, forge, tmp_path):
    forge("ada/lib").commit("Library", lib_txt="lib")
    repo = forge("ada/app")
    repo.git("submodule", "--quiet", "add", str(forge.root / "ada" / "lib"), "lib")
    repo.git("config", "--file", ".gitmodules", "submodule.lib.url", f"{server}/ada/lib/.git")
    commit = repo.commit("Use it", a_txt="private")
    origin = Origin("ada/app", "7", f"{server}/ada/app/.git", TOKEN)
    source.fetch(origin, "main", commit, tmp_path / "work")
    source.fetch_submodules(origin, tmp_path / "work")
    assert (tmp_path / "work" / "a.txt").read_text() == "private"
    assert (tmp_path / "work" / "lib" / "lib.txt").read_text() == "lib"
    config = (tmp_path / "work" / ".git" / "config").read_text()
    assert f"url = {server}/ada/app/.git" in config
    for folder in ("work", "mirrors", "home"):
        for path in (tmp_path / folder).rglob("*"):
            kept = path.read_bytes() if path.is_file() else b""
            assert TOKEN.encode() not in kept and BASIC.encode() not in kept, path


def test_the_token_is_in_no_argument(source, server, forge, tmp_path, monkeypatch):
    """S43: what `ps` shows to everybody on the machine."""
    called = []
    monkeypatch.setattr(git, "run", lambda argv, **options: called.append(argv) or process.run(argv, **options))
    commit = forge("ada/app").commit(a_txt="private")
    source.fetch(Origin("ada/app", "7", f"{server}/ada/app/.git", TOKEN), "main", commit, tmp_path / "work")
    assert any("fetch" in argv for argv in called) and TOKEN not in str(called) and BASIC not in str(called)


@pytest.mark.parametrize("token, kind, reason", [(None, Failure, "does not let us read ada/app; sign in again"),
                                                 ("wrong", TokenRefused, "does not accept the token for ada/app")])
def test_without_a_right_token_the_reason_is_clear(source, server, forge, tmp_path, token, kind, reason):
    """One that was refused may have ended while the job waited: that is no failure, so it is repeated with another."""
    commit = forge("ada/app").commit(a_txt="private")
    with pytest.raises(kind, match=reason):
        source.fetch(Origin("ada/app", "7", f"{server}/ada/app/.git", token), "main", commit, tmp_path / "work")


def test_the_token_goes_to_no_submodule_unless_the_settings_say_so(source, server, forge, tmp_path):
    forge("ada/lib").commit("Library", lib_txt="lib")
    repo = forge("ada/app")
    repo.git("submodule", "--quiet", "add", str(forge.root / "ada" / "lib"), "lib")
    repo.git("config", "--file", ".gitmodules", "submodule.lib.url", f"{server}/ada/lib/.git")
    commit = repo.commit("Use it", a_txt="private")
    source._private_submodules = False
    origin = Origin("ada/app", "7", f"{server}/ada/app/.git", TOKEN)
    source.fetch(origin, "main", commit, tmp_path / "work")
    with pytest.raises(Failure, match="does not let us read"):
        source.fetch_submodules(origin, tmp_path / "work")
