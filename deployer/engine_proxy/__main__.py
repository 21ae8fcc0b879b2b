"""Starts the proxy; ends at SIGTERM."""

from __future__ import annotations

import asyncio
import logging
import signal

from common.service.settings import load

from .checks import Installation
from .gate import Gate
from .server import Server
from .settings import ProxySettings


async def serve(settings: ProxySettings) -> None:
    ours = Installation(settings.continuum_instance, settings.registry_from_engine, settings.apps_subnet_pool,
                        settings.probe_image)
    gate = Gate(ours, lambda target: server.ask(target))
    server = Server(gate, settings.engine_socket)
    over = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, over.set)
    await server.listen(settings.listen_on)
    logging.getLogger("engine_proxy").info("listening on %s", settings.listen_on)
    await over.wait()


def main() -> None:
    settings = load(ProxySettings)
    logging.basicConfig(level=settings.log_level, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    asyncio.run(serve(settings))


if __name__ == "__main__":
    main()
