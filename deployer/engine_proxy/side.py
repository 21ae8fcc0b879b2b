"""One side of a connection: h11 knows the protocol, asyncio the bytes."""

from __future__ import annotations

import asyncio

import h11

MOST_HEAD = 64 * 1024          # bytes of a request line with its headers, and of a response's
MOST_BODY = 8 * 1024**2        # bytes of a request's body and of a look-up's answer; environments are in them
MOST_UNREAD = 1024**2          # bytes that a client may send ahead while it is being answered
PIECE = 64 * 1024
LAST = (h11.EndOfMessage, h11.InformationalResponse)      # nothing is read past these before they are heeded


class TooLarge(Exception):
    """A body has more than MOST_BODY bytes."""


class Side:
    """`role`: h11.SERVER towards deployer, h11.CLIENT towards the engine."""

    def __init__(self, role: type[h11.Sentinel], reader: asyncio.StreamReader, writer: asyncio.StreamWriter):
        self.http = h11.Connection(role, max_incomplete_event_size=MOST_HEAD)
        self.reader, self.writer = reader, writer

    @classmethod
    async def to_engine(cls, path: str) -> Side:
        """Raises ConnectionError where the engine does not listen."""
        try:
            return cls(h11.CLIENT, *await asyncio.open_unix_connection(path, limit=PIECE))
        except OSError as problem:
            raise ConnectionError(f"the Docker Engine does not answer at {path}: {problem}") from problem

    async def receive(self) -> h11.Event | type[h11.Sentinel]:
        """The next event; raises h11.RemoteProtocolError where the other side breaks off or breaks the protocol."""
        while True:
            event = self.http.next_event()
            if event is not h11.NEED_DATA:
                return event
            self.http.receive_data(await self.reader.read(PIECE))

    async def received(self) -> list[h11.Event]:
        """The events that have come, at least one: an answer that came at once is sent on at once, not in three pieces."""
        events = [await self.receive()]
        while not isinstance(events[-1], LAST) and isinstance(event := self.http.next_event(), h11.Event):
            events.append(event)
        return events

    async def send(self, *events: h11.Event) -> None:
        """Waits while the other side is slow."""
        self.writer.write(b"".join(self.http.send(event) or b"" for event in events))
        await self.writer.drain()

    async def body(self) -> bytes:
        """The rest of the message that is being received."""
        pieces, size = [], 0
        while isinstance(event := await self.receive(), h11.Data):
            pieces.append(bytes(event.data))
            size += len(event.data)
            if size > MOST_BODY:
                raise TooLarge(f"a body has more than {MOST_BODY} bytes")
        return b"".join(pieces)

    async def gone(self) -> None:
        """Returns once the other side closes. What it sends meanwhile is kept for later, up to a limit."""
        unread = 0
        while unread < MOST_UNREAD and (data := await self.reader.read(PIECE)):
            self.http.receive_data(data)
            unread += len(data)

    def break_off(self) -> None:
        """So that the other side cannot take what it has for the whole."""
        self.writer.transport.abort()
