"""An HTTP/2 server without TLS that answers every request alike, made of the frames alone (RFC 9113)."""

import socket
import struct
import threading

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, SETTINGS, PING = 0, 1, 4, 6
END_STREAM, END_HEADERS, ACK = 1, 4, 1
STATUS_200 = b"\x88"        # of HPACK's static table


def frame(kind: int, flags: int, stream: int, body: bytes = b"") -> bytes:
    return struct.pack(">I", len(body))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + body


def exactly(connection: socket.socket, count: int) -> bytes:
    found = b""
    while len(found) < count:
        more = connection.recv(count - len(found))
        if not more:
            raise ConnectionError("closed")
        found += more
    return found


def serve(connection: socket.socket) -> None:
    with connection:
        try:
            if exactly(connection, len(PREFACE)) != PREFACE:
                return
            connection.sendall(frame(SETTINGS, 0, 0))
            while True:
                head = exactly(connection, 9)
                length, kind, flags = int.from_bytes(head[:3], "big"), head[3], head[4]
                stream = int.from_bytes(head[5:], "big")
                body = exactly(connection, length)
                if kind == SETTINGS and not flags & ACK:
                    connection.sendall(frame(SETTINGS, ACK, 0))
                if kind == PING and not flags & ACK:
                    connection.sendall(frame(PING, ACK, 0, body))
                if kind == HEADERS:
                    connection.sendall(frame(HEADERS, END_HEADERS, stream, STATUS_200)
                                       + frame(DATA, END_STREAM, stream, b"over HTTP/2"))
        except ConnectionError:
            return


with socket.create_server(("", 50051)) as listener:
    while True:
        threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
