"""Serving for real: the web, the worker, or both."""

import asyncio
import gc
import signal
import socket

import uvicorn
from fastapi import FastAPI

from api.app import create_app
from api.house import open_house
from api.logs import log
from api.settings import Settings
from api.short_heads import ShortHeads

GARBAGE_AFTER = 20_000
"""New objects between two looks for garbage in circles: a turn makes some thousands, and leaves hardly any."""


class PortTakenError(Exception):
    """The port to serve on is in use, or may not be used."""


class Server(uvicorn.Server):
    """A server that lets open pages go when it is told to stop, in place of waiting for them."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Open the house; what is loaded by then stays, so the garbage collector need not walk it each time."""
        await super().startup(sockets)
        gc.collect()
        gc.freeze()
        gc.set_threshold(GARBAGE_AFTER)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Close the live streams, then everything else."""
        live = getattr(getattr(self.config.app, "state", None), "live", None)
        if live is not None:
            live.stop()
        await super().shutdown(sockets)


def server(app: FastAPI, settings: Settings) -> Server:
    """Return the HTTP server for an application."""
    return Server(
        uvicorn.Config(
            app,
            host=settings.host,
            port=settings.port,
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=10,
            http=ShortHeads,
        )
    )


async def run_web(settings: Settings, *, work: bool) -> None:
    """Serve until told to stop; `work`: the worker too, in the same process."""
    app = create_app(settings, work=work)
    await serve_until_told(app, server(app, settings))


async def serve_until_told(app: FastAPI, running: Server) -> None:
    """Serve an application. Raises what kept the house from opening, or PortTakenError."""
    try:
        await running.serve()
    except SystemExit as ended:
        if trouble := getattr(app.state, "trouble", None):
            raise trouble from ended
        port = running.config.port
        words = f"Port {port} is in use here, or may not be used. Choose another, such as {port + 1}."
        raise PortTakenError(words) from ended
    if trouble := getattr(app.state, "trouble", None):
        raise trouble


async def run_worker(settings: Settings) -> None:
    """Work until told to stop, finishing what is in hand."""
    async with open_house(settings) as house:
        worker = house.worker()
        loop = asyncio.get_running_loop()
        for told in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(told, worker.stop)
        log.info("worker begins")
        await worker.run(on_trouble=lambda error: log.warning("worker waits", trouble=type(error).__name__))
