"""The container's health check: exit 0 if the engine answers through the proxy. Standard library only, to start quickly."""

import os
import socket
import sys

REQUEST = b"GET /_ping HTTP/1.1\r\nHost: docker\r\nConnection: close\r\n\r\n"


def main() -> int:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(4)
        try:
            connection.connect(os.environ.get("LISTEN_ON", "/run/engine/engine.sock"))
            connection.sendall(REQUEST)
            answer = connection.recv(4096)
        except OSError as problem:
            print(f"the engine's proxy does not answer: {problem}")
            return 1
    print(answer.partition(b"\r\n")[0].decode(errors="replace") or "the Docker Engine does not answer")
    return 0 if answer.startswith(b"HTTP/1.1 200") else 1


if __name__ == "__main__":
    sys.exit(main())
