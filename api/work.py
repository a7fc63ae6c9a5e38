"""Serving for real: the web, the worker, or both."""

import asyncio
import gc
import socket
from collections.abc import Mapping
from contextlib import AsyncExitStack
from types import FrameType

import uvicorn
from fastapi import FastAPI

from api import stopping
from api.app import create_app
from api.house import House, open_house
from api.logs import log
from api.patience import Patience, line_of
from api.settings import Settings
from api.shedding import of_connections
from api.side_door import side_door
from bot.channels.channel import Channel
from waitingroom import schema

GARBAGE_AFTER = 20_000
"""New objects between two looks for garbage in circles: a turn makes some thousands, and leaves hardly any."""

LOOK_AGAIN = 10.0
"""Seconds between looks whether this version is still new enough for its tables."""


class PortTakenError(Exception):
    """The port to serve on is in use, or may not be used."""


class Server(uvicorn.Server):
    """A server that lets open pages go when it is told to stop, in place of waiting for them."""

    _minding: asyncio.Task[None] | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Open the house; what is loaded by then stays, so the garbage collector need not walk it each time."""
        self._loop = asyncio.get_running_loop()
        self._twice = asyncio.Event()
        await super().startup(sockets)
        app = self.config.app
        if isinstance(app, FastAPI) and hasattr(app.state, "house"):
            self._minding = asyncio.create_task(_mind(app, self))
        gc.collect()
        gc.freeze()
        gc.set_threshold(GARBAGE_AFTER)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begin to stop; told again, do not wait any more."""
        if self.should_exit:
            self.force_exit = True
            self._loop.call_soon_threadsafe(self._twice.set)
        super().handle_exit(sig, frame)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Close the live streams, finish the turns in hand and what is on its way, then close everything."""
        state = getattr(self.config.app, "state", None)
        for part in (getattr(state, "live", None), getattr(state, "worker", None)):
            if part is not None:
                part.stop()
        if self._minding is not None:
            self._minding.cancel()
        ending = asyncio.create_task(super().shutdown(sockets))
        if not await stopping.finish(ending, self._twice):
            log.warning("stopped in the middle")


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
            timeout_graceful_shutdown=int(stopping.LAST_WORDS),
            http=line_of(_patience(settings), of_connections(app)),
            forwarded_allow_ips=sorted(settings.proxies),
        )
    )


def _patience(settings: Settings) -> Patience:
    return Patience(
        head=settings.head_seconds,
        body=settings.body_seconds,
        reading=settings.reading_seconds,
        connections=settings.most_connections,
    )


async def run_web(settings: Settings, *, work: bool) -> None:
    """Serve until told to stop; `work`: the worker too, in the same process."""
    app = create_app(settings, work=work)
    await serve_until_told(app, server(app, settings))


async def serve_until_told(app: FastAPI, running: Server) -> None:
    """Serve an application. Raises what kept the house from opening or open, or PortTakenError."""
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


async def run_worker(
    settings: Settings, *, demo: bool = False, channels: Mapping[str, Channel] | None = None
) -> None:
    """Work until told to stop, finishing what is in hand. Raises what kept the house from opening or open."""
    async with AsyncExitStack() as stack:
        house = await stack.enter_async_context(open_house(settings, demo=demo, channels=channels))
        worker = house.worker()
        await stack.enter_async_context(side_door(house, worker))
        told = stopping.Told(worker.stop)
        stack.enter_context(told.by_signals())
        log.info("worker begins")
        working = asyncio.create_task(
            worker.run(on_trouble=lambda error: log.warning("worker waits", trouble=type(error).__name__))
        )
        minding = asyncio.create_task(until_too_old(house))
        stopped = asyncio.create_task(told.once.wait())
        await asyncio.wait({working, minding, stopped}, return_when=asyncio.FIRST_COMPLETED)
        worker.stop()
        if not await stopping.finish(working, told.twice):
            log.warning("stopped in the middle")
        for task in (minding, stopped):
            task.cancel()
        if minding.done() and not minding.cancelled():
            raise minding.result()


async def until_too_old(house: House) -> schema.TooOldError:
    """Return once a newer version has taken something away that this one needs; look every ten seconds."""
    while True:
        await asyncio.sleep(LOOK_AGAIN)
        try:
            async with house.database.transaction() as session:
                standing = await schema.standing(session)
        except Exception as trouble:  # noqa: BLE001 -- a database that is away is others' care
            log.warning("version unknown", trouble=type(trouble).__name__)
            continue
        if standing.too_new:
            return schema.TooOldError(standing)


async def _mind(app: FastAPI, running: Server) -> None:
    """Stop serving when this version has become too old for its tables."""
    app.state.trouble = await until_too_old(app.state.house)
    log.error("too old", version=schema.newest())
    running.should_exit = True
