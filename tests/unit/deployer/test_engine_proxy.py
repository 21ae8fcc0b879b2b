"""The engine proxy as a carrier: streams, upgrades, and the end of either side. A small engine answers on a real socket."""

import asyncio
import json
import stat
from ipaddress import IPv4Network
from pathlib import Path

import pytest

from deployer.engine_proxy import healthcheck
from deployer.engine_proxy.checks import Installation
from deployer.engine_proxy.gate import Gate
from deployer.engine_proxy.server import Server

APP = "1" * 64
OURS = Installation("inst", "127.0.0.1:5001", IPv4Network("10.201.0.0/16"), "inst/deployer")
LIMIT = 20      # seconds; a bound for what hangs
INSPECTED = json.dumps({"Id": APP, "Config": {"Labels": {"continuum.instance": "inst", "continuum.role": "app"}}}).encode()
LOGS = f"/v1.44/containers/{APP}/logs?stdout=1&follow=1"
ATTACH = f"/v1.44/containers/{APP}/attach?stream=1&stdout=1"


class FakeEngine:
    """Notes what it is asked; `/logs` and `/attach` send what `say` is given, until `say(None)`."""

    def __init__(self, path: Path):
        self.path, self.heads, self.said = str(path), [], asyncio.Queue()
        self.left = asyncio.Event()      # the one who listened to a stream has gone
        self.server: asyncio.Server | None = None

    async def start(self) -> None:
        self.server = await asyncio.start_unix_server(self._serve, self.path)

    async def _serve(self, reader, writer) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        self.heads.append(head)
        target = head.split()[1]
        if b"/logs" in target:
            writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            await self._stream(reader, writer, lambda data: b"%x\r\n%s\r\n" % (len(data), data), b"0\r\n\r\n")
        elif b"/attach" in target:
            writer.write(b"HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n")
            await self._stream(reader, writer, lambda data: data, b"")
        else:
            body = INSPECTED if b"/json" in target else b"OK"
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
        writer.close()

    async def _stream(self, reader, writer, frame, end: bytes) -> None:
        leaving = asyncio.create_task(reader.read(1))
        while True:
            saying = asyncio.create_task(self.said.get())
            await asyncio.wait({leaving, saying}, return_when=asyncio.FIRST_COMPLETED)
            if leaving.done():
                saying.cancel()
                return self.left.set()
            if saying.result() is None:
                return writer.write(end)
            if saying.result() is ABORT:
                return writer.transport.abort()
            writer.write(frame(saying.result()))


ABORT = object()


class Stage:
    """A proxy between a client's connections and the fake engine."""

    def __init__(self, folder: Path):
        self.engine, self.path = FakeEngine(folder / "docker.sock"), str(folder / "engine.sock")
        self.server = Server(Gate(OURS, lambda target: self.server.ask(target)), self.engine.path)

    async def request(self, target: str, method: str = "GET", headers: bytes = b"", connection=None):
        reader, writer = connection or await asyncio.open_unix_connection(self.path)
        writer.write(f"{method} {target} HTTP/1.1\r\nHost: x\r\n".encode() + headers + b"\r\n")
        return reader, writer

    async def head(self, reader) -> bytes:
        return (await reader.readuntil(b"\r\n\r\n")).split(b"\r\n")[0]


def on_stage(test):
    """Run an async test with a started Stage."""
    def run(tmp_path):
        async def act():
            stage = Stage(tmp_path)
            await stage.engine.start()
            await stage.server.listen(stage.path)
            await asyncio.wait_for(test(stage), LIMIT)
        asyncio.run(act())
    run.__name__, run.__doc__ = test.__name__, test.__doc__
    return run


@on_stage
async def test_one_connection_carries_many_requests(stage):
    connection = await asyncio.open_unix_connection(stage.path)
    for _ in range(3):
        reader, _ = await stage.request("/v1.44/_ping", connection=connection)
        assert await stage.head(reader) == b"HTTP/1.1 200 OK"
        assert await reader.readexactly(2) == b"OK"
    assert len(stage.engine.heads) == 3


@on_stage
async def test_the_engine_gets_no_header_of_the_clients(stage):
    reader, _ = await stage.request("/v1.44/_ping", headers=b"X-Registry-Auth: secret\r\nX-Evil: 1\r\n")
    await stage.head(reader)
    assert stage.engine.heads == [b"GET /v1.44/_ping HTTP/1.1\r\nHost: docker\r\n\r\n"]


@on_stage
async def test_a_refusal_is_403_with_the_reason_and_never_reaches_the_engine(stage):
    reader, _ = await stage.request("/v1.44/swarm", headers=b"Connection: close\r\n")
    answer = await reader.read()
    assert answer.startswith(b"HTTP/1.1 403 ") and stage.engine.heads == []
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["message"] == (
        "engine_proxy refuses GET /v1.44/swarm: deployer makes no such request")


@on_stage
async def test_a_stream_comes_piece_by_piece(stage):
    """Each piece before the next is said: nothing is held back."""
    reader, _ = await stage.request(LOGS)
    assert await stage.head(reader) == b"HTTP/1.1 200 OK"
    for piece in (b"one", b"two", b"x" * 300_000):
        await stage.engine.said.put(piece)
        got = b""
        while len(got) < len(piece):
            size = int(await reader.readline(), 16)
            got += (await reader.readexactly(size + 2))[:-2]
        assert got == piece
    await stage.engine.said.put(None)
    assert await reader.readexactly(5) == b"0\r\n\r\n"


@on_stage
async def test_an_upgrade_becomes_a_stream_of_bytes(stage):
    reader, _ = await stage.request(ATTACH, "POST", b"Connection: Upgrade\r\nUpgrade: tcp\r\nContent-Length: 0\r\n")
    assert await stage.head(reader) == b"HTTP/1.1 101 UPGRADED"
    for piece in (b"\x01\0\0\0\0\0\0\x01a", b"\xff" * 1000):
        await stage.engine.said.put(piece)
        assert await reader.readexactly(len(piece)) == piece
    await stage.engine.said.put(None)
    assert await reader.read() == b""


@pytest.mark.parametrize("target", [LOGS, ATTACH])
def test_a_client_that_leaves_ends_the_engines_stream(tmp_path, target):
    @on_stage
    async def leave(stage):
        method, headers = ("POST", b"Connection: Upgrade\r\nUpgrade: tcp\r\n") if target == ATTACH else ("GET", b"")
        reader, writer = await stage.request(target, method, headers)
        await stage.head(reader)
        writer.transport.abort()
        await stage.engine.left.wait()
    leave(tmp_path)


@on_stage
async def test_an_answer_that_breaks_off_does_not_look_whole(stage):
    reader, _ = await stage.request(LOGS)
    await stage.head(reader)
    await stage.engine.said.put(b"half")
    await stage.engine.said.put(ABORT)
    with pytest.raises(ConnectionResetError):
        assert not (await reader.read()).endswith(b"0\r\n\r\n")
        raise ConnectionResetError      # an end without the last chunk is as good


@on_stage
async def test_an_engine_that_is_away_ends_the_connection_and_not_the_proxy(stage):
    stage.engine.server.close()
    Path(stage.engine.path).unlink()
    reader, _ = await stage.request("/v1.44/_ping")
    with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
        await stage.head(reader)
    await stage.engine.start()
    reader, _ = await stage.request("/v1.44/_ping")
    assert await stage.head(reader) == b"HTTP/1.1 200 OK"


@on_stage
async def test_nonsense_ends_its_connection_alone(stage):
    for nonsense in (b"\0\0\0\r\n\r\n", b"GET /v1.44/info\r\n\r\n", b"x" * 100_000, b"GET / HTTP/1.1\r\nA: b\r\n c\xff\0\r\n\r\n",
                     b"POST /v1.44/containers/create HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n" + b"x" * 9_000_000,
                     b"POST /v1.44/info HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 2\r\n"
                     b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"):
        reader, writer = await asyncio.open_unix_connection(stage.path)
        writer.write(nonsense)
        try:
            answer = await reader.read()
        except ConnectionResetError:
            answer = b""
        assert b"200" not in answer and stage.engine.heads == []
    reader, _ = await stage.request("/v1.44/_ping")
    assert await stage.head(reader) == b"HTTP/1.1 200 OK"


@on_stage
async def test_the_socket_is_its_users_alone_and_replaces_a_left_one(stage):
    assert stat.S_IMODE(Path(stage.path).stat().st_mode) == 0o600
    await stage.server.listen(stage.path)      # as after a kill
    reader, _ = await stage.request("/v1.44/_ping")
    assert await stage.head(reader) == b"HTTP/1.1 200 OK"


@on_stage
async def test_the_health_check_asks_the_engine_through_the_proxy(stage):
    def check(monkeypatch_path: str) -> int:
        healthcheck.os.environ["LISTEN_ON"] = monkeypatch_path
        try:
            return healthcheck.main()
        finally:
            del healthcheck.os.environ["LISTEN_ON"]
    assert await asyncio.to_thread(check, stage.path) == 0
    assert await asyncio.to_thread(check, stage.path + ".nowhere") == 1
    stage.engine.server.close()
    Path(stage.engine.path).unlink()
    assert await asyncio.to_thread(check, stage.path) == 1
