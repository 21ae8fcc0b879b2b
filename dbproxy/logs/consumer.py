"""The log consumer: a thread with its own connection to the broker, which reconnects for ever."""

from __future__ import annotations

import logging
import time
from functools import partial

import pika
from pika.exceptions import AMQPError

from common.service.loop import Loop
from common.wire import broker
from common.wire.errors import Unavailable

from ..database import Database
from .intake import Intake
from .tally import Tally
from .writer import store_in

log = logging.getLogger(__name__)

PREFETCH = 100                          # messages; each is at most about 1 MiB, so this bounds the memory
LONGEST_PAUSE = 1.0                     # seconds between looks at whether to stop
DEPTHS_EVERY = 5.0                      # seconds between looks at the queues' lengths
RETRY_FIRST, RETRY_LAST = 0.1, 5.0      # seconds between reconnects


class Consumer:
    def __init__(self, url: str, database: Database):
        self._parameters = pika.URLParameters(url)
        self._parameters.heartbeat = 60
        self._parameters.blocked_connection_timeout = 30
        self._parameters.socket_timeout = self._parameters.stack_timeout = 10
        self._database = database
        self.loop = Loop("log-consumer", self._turn, pause=0, retry=RETRY_FIRST, longest_retry=RETRY_LAST,
                         meanwhile="log lines wait with the broker", unavailable=(AMQPError, OSError))
        self.tally = Tally()

    def stop(self) -> None:
        """Lines that wait stay with the broker: they were not acknowledged."""
        self.loop.stop(wait=LONGEST_PAUSE + 5)

    def _turn(self) -> None:
        """Until the connection is lost; what was not acknowledged the broker delivers again."""
        try:
            self._consume()
        except Exception as problem:
            self._say(f"reconnecting: {type(problem).__name__} {problem}".strip())
            raise
        finally:
            self.tally.waiting(0, 0.0)

    def _consume(self) -> None:
        connection = pika.BlockingConnection(self._parameters)
        try:
            channel = connection.channel()
            for method, arguments in broker.declarations():      # nobody else may
                getattr(channel, method)(**arguments)
            channel.basic_qos(prefetch_count=PREFETCH)
            intake = Intake(channel, partial(store_in, self._database), time.monotonic, self.tally)
            channel.basic_consume(broker.STORE_QUEUE,
                                  lambda _, method, __, body: intake.receive(method.delivery_tag, body))
            log.info("the log consumer is connected")
            self.loop.well()
            self._say("connected")
            self._follow(connection, channel, intake)
        finally:
            if connection.is_open:
                connection.close()

    def _say(self, state: str) -> None:
        """For `/v1/status`, and for pages that wait for its change."""
        changed = (state == "connected") != (self.tally.state == "connected")
        self.tally.state = state
        if changed:
            try:
                self._database.run(lambda transaction: transaction.emit("status.updated"))
            except Unavailable as problem:
                log.info("nobody could be told of the new state: %s", problem.detail)

    def _follow(self, connection, channel, intake: Intake) -> None:
        look_at = 0.0
        while not self.loop.stopping:
            due = intake.due_in()
            connection.process_data_events(time_limit=LONGEST_PAUSE if due is None else min(due, LONGEST_PAUSE))
            if intake.due_in() == 0:
                connection.process_data_events(time_limit=0)      # whatever was delivered by now goes along
                intake.write()
            if time.monotonic() >= look_at:
                look_at = time.monotonic() + DEPTHS_EVERY
                self.tally.depths(_depth(channel, broker.STORE_QUEUE), _depth(channel, broker.DEAD_QUEUE))


def _depth(channel, queue: str) -> int:
    return channel.queue_declare(queue, passive=True).method.message_count
