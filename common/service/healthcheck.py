"""What a container's health check runs: exit 0 once `/readyz` says ready. Standard library only, to start quickly."""

import http.client
import os
import sys


def main() -> int:
    connection = http.client.HTTPConnection(os.environ.get("LISTEN_ON") or "127.0.0.1", 8000, timeout=4)
    try:
        connection.request("GET", "/readyz")
        answer = connection.getresponse()
        text = answer.read().decode(errors="replace")
    except OSError as problem:
        print(problem)
        return 1
    print(text.strip())
    return 0 if answer.status == 200 else 1


if __name__ == "__main__":
    sys.exit(main())
