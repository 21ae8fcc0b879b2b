"""What a port speaks is told by what it answers, and by nothing else."""

import http.server
import socket
import ssl
import subprocess
import threading

import pytest

from deployer import speaks

SETTINGS = b"\0\0\0\4\0\0\0\0\0"


def serve(handle):
    """A port where `handle(connection, first bytes)` answers each connection; `first bytes` come within 5 s."""
    listener = socket.create_server(("127.0.0.1", 0))

    def answer(connection):
        with connection:
            connection.settimeout(5)
            handle(connection, connection.recv(10_000))

    def accept():
        while True:
            connection, _ = listener.accept()
            threading.Thread(target=answer, args=(connection,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    return listener.getsockname()[1]


def kind(port, **options):
    return speaks.ask("127.0.0.1", port, **options).kind


def test_any_http_status_is_http():
    port = serve(lambda connection, _: connection.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"))
    answer = speaks.ask("127.0.0.1", port, "/x y")
    assert (answer.kind, answer.status, answer.detail) == ("http", 404, "HTTP 404 on /x y")


def test_a_real_http_server_that_refuses_is_http():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    assert speaks.ask("127.0.0.1", server.server_address[1]).status == 501
    server.shutdown()
    server.server_close()


def test_an_open_port_that_sends_nothing_is_silent_and_we_are_called_meanwhile():
    calls, over = [], threading.Event()
    port = serve(lambda *_: over.wait(5))
    answer = speaks.ask("127.0.0.1", port, timeout=0.6, meanwhile=lambda: calls.append(1))
    over.set()
    assert answer.kind == "silent" and answer.status is None and calls
    assert "accepts connections but has not answered GET / within 0.6 s" in answer.detail


def test_a_connection_that_is_ended_without_a_byte_is_closed():
    assert kind(serve(lambda *_: None)) == "closed"
    listener = socket.create_server(("127.0.0.1", 0))

    def reset():
        while True:
            connection, _ = listener.accept()
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            connection.close()
    threading.Thread(target=reset, daemon=True).start()
    assert kind(listener.getsockname()[1]) == "closed"


def test_a_server_that_knows_only_its_own_host_is_asked_by_it():
    def handle(connection, request):
        if b"Host: shop.localhost" in request:
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
    port = serve(handle)
    assert kind(port) == "closed"
    assert kind(port, names=("localhost", "shop.localhost")) == "http"


def test_other_protocols_are_known_by_their_own_words():
    assert kind(serve(lambda connection, _: connection.sendall(b"-ERR unknown command\r\n"))) == "other"
    assert kind(serve(lambda connection, _: connection.sendall(b"220 mail ESMTP\r\n"))) == "other"


def test_http2_without_tls_is_known_by_its_preface():
    def handle(connection, request):
        if request.startswith(b"PRI * HTTP/2.0"):
            connection.sendall(SETTINGS)
    assert kind(serve(handle)) == "h2c"
    assert kind(serve(lambda connection, _: connection.sendall(SETTINGS))) == "h2c"      # as grpc-go, which speaks first


@pytest.mark.parametrize("plain", [b"", b"HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n"])
def test_tls_is_known_by_its_hello_also_where_a_plain_request_gets_400(tmp_path, plain):
    key, cert = tmp_path / "key", tmp_path / "cert"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                    "-keyout", key, "-out", cert, "-subj", "/CN=localhost"], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)

    def handle(connection, request):
        if request.startswith(b"GET"):
            connection.sendall(plain)
            return
        arrived, out = ssl.MemoryBIO(), ssl.MemoryBIO()
        arrived.write(request)
        with pytest.raises(ssl.SSLWantReadError):
            context.wrap_bio(arrived, out, server_side=True).do_handshake()
        connection.sendall(out.read())
    assert kind(serve(handle)) == "tls"


def test_a_plain_400_is_http():
    assert kind(serve(lambda connection, _: connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n"))) == "http"


def test_a_closed_port_is_refused():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        assert kind(taken.getsockname()[1]) == "refused"
