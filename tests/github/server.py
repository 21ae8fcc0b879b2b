"""The stand-in for a whole installation, in a process of its own; `routes/control.py` tells how a test steers it.

    python -m tests.github.server --host 127.0.0.1 --port 8099 --public-url http://172.17.0.1:8099
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import threading
from pathlib import Path

from .serving import serve


def main(argv: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.github.server", description="A stand-in of GitHub.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8099)
    parser.add_argument("--public-url", default="", help="how clients reach it, e.g. http://172.17.0.1:8099")
    given = parser.parse_args(argv)
    with tempfile.TemporaryDirectory(prefix="github-") as folder:
        with serve(Path(folder), host=given.host, port=given.port, public_url=given.public_url) as github:
            print(f"GitHub's stand-in: {github.url}, API at {github.api}", flush=True)
            threading.Event().wait()


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except KeyboardInterrupt:
        print("stopped")
