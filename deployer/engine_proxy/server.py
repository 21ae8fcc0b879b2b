"""Carries requests from deployer's socket to the engine's, and the answers back while they come.

One connection to the engine for each request: whoever leaves ends both. Where the engine does not answer, deployer's
connection is closed without an answer, as the engine itself would.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
from collections.abc import Iterable
from pathlib import Path

import h11

from .gate import Gate, Passed, Request
from .refused import Answered, Refused
from .side import Side, TooLarge

log = logging.getLogger("engine_proxy")

Headers = Iterable[tuple[bytes, bytes]]
JSON = (b"Content-Type", b"application/json")
OF_ONE_CONNECTION = {b"connection", b"keep-alive", b"te", b"trailer", b"proxy-connection"}      # RFC 9110, 7.6.1
SWITCHING = 101      # status: bytes follow
UPGRADE = [(b"Connection", b"Upgrade"), (b"Upgrade", b"tcp")]


class Server:
    def __init__(self, gate: Gate, engine: str):
        """`engine`: path of its socket."""
        self._gate, self._engine = gate, engine

    async def listen(self, path: str) -> asyncio.Server:
        """On a socket that only our own user may use; one that a killed predecessor left is replaced."""
        Path(path).unlink(missing_ok=True)
        before = os.umask(0o177)
        try:
            return await asyncio.start_unix_server(self._serve, path)
        finally:
            os.umask(before)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        client = Side(h11.SERVER, reader, writer)
        try:
            while await self._one(client):
                client.http.start_next_cycle()
            writer.close()
        except (ConnectionResetError, BrokenPipeError):      # one of both sides has gone
            client.break_off()
        except (OSError, h11.ProtocolError, TooLarge) as problem:
            log.warning("a connection broke off: %s", problem or type(problem).__name__)
            client.break_off()
        except Exception:      # the border of a connection: a fault of ours must not end the others
            log.exception("a request was not passed on")
            client.break_off()
        except asyncio.CancelledError:      # the proxy ends, and this task with it
            client.break_off()

    async def _one(self, client: Side) -> bool:
        """Answer one request; whether the connection can carry another."""
        head = await client.receive()
        if not isinstance(head, h11.Request):
            return False
        request = Request(head.method.decode(), head.target.decode(), await client.body(), _login(head.headers))
        try:
            await self._pass_on(client, await self._gate.admit(request))
        except Refused as refusal:
            what = f"{request.method} {request.target.partition('?')[0]}: {refusal}"
            log.warning("refused: %r", what)
            await _answer(client, 403, json.dumps({"message": f"engine_proxy refuses {what}"}).encode())
        except Answered as answer:
            await _answer(client, answer.status, answer.body)
        return client.http.our_state is h11.DONE and client.http.their_state is h11.DONE

    async def _pass_on(self, client: Side, passed: Passed) -> None:
        engine = await Side.to_engine(self._engine)
        answering = asyncio.create_task(_answers(engine, client, passed))
        leaving = asyncio.create_task(client.gone())
        try:
            await asyncio.wait({answering, leaving}, return_when=asyncio.FIRST_COMPLETED)
            if answering.done():
                answering.result()
            else:
                client.break_off()
        finally:
            answering.cancel()
            leaving.cancel()
            await asyncio.wait({answering, leaving})
            engine.break_off()

    async def ask(self, target: str) -> tuple[int, bytes]:
        """GET at the engine: status and body."""
        engine = await Side.to_engine(self._engine)
        try:
            await engine.send(h11.Request(method="GET", target=target, headers=[(b"Host", b"docker")]), h11.EndOfMessage())
            head = await engine.receive()
            return head.status_code, await engine.body()
        finally:
            engine.break_off()


async def _answers(engine: Side, client: Side, passed: Passed) -> None:
    """The request to the engine, and its answer to the client, piece by piece."""
    await engine.send(h11.Request(method=passed.method, target=passed.target, headers=_headers(passed)),
                      *([h11.Data(data=passed.body)] if passed.body else []), h11.EndOfMessage())
    event = None
    while not isinstance(event, h11.EndOfMessage):
        *events, event = await engine.received()
        if isinstance(event, h11.InformationalResponse):
            if event.status_code == SWITCHING:
                await client.send(event)
                return await _stream(engine, client)
            continue
        await client.send(*map(_for_client, [*events, event]))


def _for_client(event: h11.Event) -> h11.Event:
    """Without the headers that concern our connection to the engine."""
    if not isinstance(event, h11.Response):
        return event
    kept = [item for item in event.headers.raw_items() if item[0].lower() not in OF_ONE_CONNECTION]
    return h11.Response(status_code=event.status_code, headers=kept, reason=event.reason)


async def _stream(engine: Side, client: Side) -> None:
    """What follows an upgrade: bytes, to their end. deployer only listens, so that nothing goes the other way."""
    data = engine.http.trailing_data[0]
    while data or (data := await engine.reader.read(65536)):
        client.writer.write(data)
        await client.writer.drain()
        data = b""


def _headers(passed: Passed) -> list[tuple[bytes, bytes]]:
    headers = [(b"Host", b"docker")]
    if passed.body is not None:
        headers += [JSON, (b"Content-Length", str(len(passed.body)).encode())]
    elif passed.method == "POST":
        headers.append((b"Content-Length", b"0"))
    if passed.login is not None:
        headers.append((b"X-Registry-Auth", passed.login))
    return headers + (UPGRADE if passed.upgrade else [])


def _login(headers: Headers) -> bytes | None:
    return next((value for name, value in headers if name == b"x-registry-auth"), None)


async def _answer(client: Side, status: int, body: bytes) -> None:
    await client.send(h11.Response(status_code=status, headers=[JSON, (b"Content-Length", str(len(body)).encode())]),
                      h11.Data(data=body), h11.EndOfMessage())
