"""What TLS and tokens cost at the registry: the same blobs to the installation's own and to one without either, in turn."""

from __future__ import annotations

import hashlib
import os
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

import requests

from bench.measures import Measure, spread
from cli.envfile import read
from cli.proc import answer, run
from cli.waiting import wait_for
from tests.harness.registry import Registry, bearer
from tests.harness.stack import Stack

PAIRS = 7
SIZE = 64 * 1024**2      # bytes of a blob; random, as a compressed layer is
NAME = "apps/bench/blobs"

Send = Callable[..., requests.Response]      # (method, path after /v2/, **options of requests)


def measure(stack: Stack) -> list[Measure]:
    ours = partial(_with_token, Registry(stack))
    with _plain(stack) as plain:
        pairs = [(_there_and_back(ours), _there_and_back(plain)) for _ in range(PAIRS)]
    ratio = statistics.median(own / other for own, other in pairs)
    with_both, without = (spread(seconds) for seconds in zip(*pairs, strict=True))
    detail = (f"{PAIRS} pairs of {SIZE // 1024**2} MiB there and back, a token signed for each request; ours {with_both} s, "
              f"without {without} s (min / median / max)")
    return [Measure("push and pull with TLS and tokens / without", ratio, 3, "x", detail)]


def _with_token(own: Registry, method: str, path: str, **options) -> requests.Response:
    return own.send(method, path, bearer(own.tokens, NAME, "pull", "push"), **options)


def _there_and_back(send: Send) -> float:
    """Seconds to push and to pull a blob that the registry does not have."""
    blob = os.urandom(SIZE)
    digest = f"sha256:{hashlib.sha256(blob).hexdigest()}"
    began = time.monotonic()
    upload = send("POST", f"{NAME}/blobs/uploads/").headers["Location"].partition("/v2/")[2]
    send("PUT", f"{upload}&digest={digest}", data=blob).raise_for_status()
    pulled = send("GET", f"{NAME}/blobs/{digest}")
    taken = time.monotonic() - began
    assert pulled.content == blob
    return taken


@contextmanager
def _plain(stack: Stack) -> Iterator[Send]:
    """A registry of the same image that speaks HTTP and asks for no token."""
    image = read(stack.instance.generated_env)["REGISTRY_IMAGE"]
    container = run(["docker", "run", "--detach", "--rm", "--publish", "127.0.0.1::5000", "--env", "OTEL_TRACES_EXPORTER=none",
                     "--label", f"continuum.instance={stack.instance.name}", image])[-1]
    try:
        address = (answer(["docker", "port", container, "5000/tcp"]) or "").split()[0]

        def send(method: str, path: str, **options) -> requests.Response:
            return requests.request(method, f"http://{address}/v2/{path}", timeout=10, **options)
        wait_for(lambda: _answers(send), "the registry without TLS to answer", 30)
        yield send
    finally:
        run(["docker", "rm", "--force", "--volumes", container])


def _answers(send: Send) -> bool:
    try:
        return send("GET", "").ok
    except requests.ConnectionError:
        return False
