"""Carries the spool to the broker: persistent, mandatory, confirmed in a window of up to 1,000.

A pika connection belongs to one thread, which `start()` makes.
Whatever is not confirmed stays in the spool and is sent again, with the same bounds, after a reconnect; readers
drop the double by its line numbers.
"""

from __future__ import annotations

import logging

import pika
from pika.adapters.select_connection import SelectConnection

from ..service.loop import Loop
from ..wire import broker
from .spool import Spool

log = logging.getLogger(__name__)

WINDOW = 1000
WINDOW_BYTES = 32 * 1024**2
READ_AT_ONCE = 50                       # messages taken from the spool at a time
RETRY_FIRST, RETRY_LAST = 0.1, 5.0      # seconds between reconnects
BLOCKED_AFTER = 5                       # seconds of a memory or disk alarm before we reconnect and report
NACK_PAUSE = 0.5                        # seconds before refused messages are offered again


class Publisher:
    """One thread, one connection. `state` is "connected", "reconnecting: why" or "refused: why"."""

    def __init__(self, url: str, spool: Spool):
        self._parameters = pika.URLParameters(url)
        self._parameters.heartbeat = 30
        self._parameters.blocked_connection_timeout = BLOCKED_AFTER
        self._parameters.socket_timeout = self._parameters.stack_timeout = 10
        self._spool = spool
        self._connection: SelectConnection | None = None
        self.loop = Loop("log-publisher", self._turn, pause=0, retry=RETRY_FIRST, longest_retry=RETRY_LAST,
                         meanwhile="log lines wait in the spool")
        self._retry = RETRY_FIRST
        self.state = "starting"

    def wake(self) -> None:
        """Say that the spool has something new; callable from any thread."""
        connection = self._connection
        if connection is not None and connection.is_open:
            connection.ioloop.add_callback_threadsafe(self._send)

    def stop(self, timeout: float = 5.0) -> None:
        """Give the spool `timeout` seconds to empty; the rest is sent at the next start."""
        self._spool.wait_empty(timeout)
        self.loop.stop()
        connection = self._connection
        if connection is not None:
            connection.ioloop.add_callback_threadsafe(connection.ioloop.stop)

    def _turn(self) -> float:
        """Until the connection is lost; return the seconds until the next."""
        self._begin()
        self._connection = SelectConnection(
            self._parameters, on_open_callback=self._opened, on_open_error_callback=self._lost,
            on_close_callback=self._lost)
        self._connection.ioloop.start()
        pause, self._retry = self._retry, min(self._retry * 2, RETRY_LAST)
        return pause

    def _begin(self) -> None:
        self._channel = None
        self._last_read = 0
        self._in_flight: dict[int, tuple[int, int]] = {}      # delivery tag -> (number in the spool, bytes)
        self._in_flight_bytes = 0
        self._returned: set[int] = set()          # numbers that no queue took
        self._next_tag = 1
        self._paused = True                       # until the channel confirms

    def _opened(self, connection: SelectConnection) -> None:
        connection.channel(on_open_callback=self._channel_opened)

    def _lost(self, connection: SelectConnection, reason) -> None:
        self.state = f"reconnecting: {reason}"
        log.warning("broker connection lost, lines wait in the spool (%d bytes): %s", self._spool.bytes, reason)
        connection.ioloop.stop()

    def _channel_opened(self, channel) -> None:
        self._channel = channel
        channel.add_on_close_callback(self._channel_closed)
        channel.add_on_return_callback(self._on_return)
        # Until dbproxy has declared it, this closes the channel, and we come back after a pause.
        channel.exchange_declare(broker.EXCHANGE, passive=True, callback=lambda _: self._confirm())

    def _channel_closed(self, channel, reason) -> None:
        if self._connection and self._connection.is_open:
            log.warning("broker closed the channel: %s", reason)
            self._connection.close(reply_text=reason.reply_text)      # which `state` then tells

    def _confirm(self) -> None:
        self._channel.confirm_delivery(self._confirmed, callback=lambda _: self._ready())

    def _ready(self) -> None:
        self.state, self._retry, self._paused = "connected", RETRY_FIRST, False
        self.loop.well()
        log.info("broker connected")
        self._send()

    def _send(self) -> None:
        while not self._paused and self._channel.is_open and self._has_room():
            messages = self._spool.after(self._last_read, READ_AT_ONCE)
            if not messages:
                return
            for number, key, body in messages:
                self._publish(number, key, body)

    def _has_room(self) -> bool:
        return len(self._in_flight) <= WINDOW - READ_AT_ONCE and self._in_flight_bytes < WINDOW_BYTES

    def _publish(self, number: int, key: str, body: bytes) -> None:
        properties = pika.BasicProperties(delivery_mode=2, content_type="application/json", message_id=str(number))
        self._channel.basic_publish(broker.EXCHANGE, key, body, properties, mandatory=True)
        self._in_flight[self._next_tag] = (number, len(body))
        self._in_flight_bytes += len(body)
        self._next_tag += 1
        self._last_read = number

    def _on_return(self, channel, method, properties, body) -> None:
        self._returned.add(int(properties.message_id))

    def _confirmed(self, frame) -> None:
        method = frame.method
        numbers = self._settled(method.delivery_tag, method.multiple)
        refused = isinstance(method, pika.spec.Basic.Nack)
        taken = [] if refused else [number for number in numbers if number not in self._returned]
        self._spool.remove(taken)
        if len(taken) < len(numbers):
            self._refused()
        elif not self._paused:
            self.state = "connected"
            self._send()

    def _settled(self, last_tag: int, multiple: bool) -> list[int]:
        """The numbers in the spool that a confirm speaks of; they are in flight no more."""
        tags = [tag for tag in self._in_flight if tag <= last_tag] if multiple else [last_tag]
        settled = [self._in_flight.pop(tag) for tag in tags]
        self._in_flight_bytes -= sum(size for _, size in settled)
        return [number for number, _ in settled]

    def _refused(self) -> None:
        """The store's queue is full or not there yet: read the spool again from its start, after a pause."""
        if not self._paused:
            self._paused, self.state = True, "refused: the log queue is full or missing"
            self._connection.ioloop.call_later(NACK_PAUSE, self._resume)

    def _resume(self) -> None:
        if self._in_flight:                       # their answers are still due; sending now would double them
            self._connection.ioloop.call_later(NACK_PAUSE, self._resume)
            return
        self._paused = False
        self._returned.clear()
        self._last_read = 0
        self._send()
