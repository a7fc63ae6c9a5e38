"""The side door: /livez, /readyz and /metrics of a process that serves nobody else."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import uvicorn
from fastapi import FastAPI

from api import errors, health
from api.house import House
from api.metrics import Counted
from api.short_heads import ShortHeads
from waitingroom.errors import RefusedError
from waitingroom.queue import Worker

MOST = 1024
"""The longest body this door reads, in bytes: nobody has anything to say to it."""
CLOSES_WITHIN = 2.0
"""Seconds it may take to close."""


class SideDoorTakenError(RefusedError):
    """WAITINGROOM_METRICS_PORT is in use here, or may not be used. Each process here needs its own."""


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to the process: it has its own work to finish."""
        yield


@asynccontextmanager
async def side_door(house: House, worker: Worker | None = None) -> AsyncIterator[None]:
    """Answer at the side door while the block runs, where a port for it is set. Raises SideDoorTakenError."""
    port = house.settings.metrics_port
    if port is None:
        yield
        return
    with _bound(house.settings.metrics_host, port) as line:
        serving = _Server(
            uvicorn.Config(
                _app(house, worker),
                log_config=None,
                access_log=False,
                server_header=False,
                lifespan="off",
                timeout_graceful_shutdown=int(CLOSES_WITHIN),
                http=ShortHeads,
            )
        )
        answering = asyncio.create_task(serving.serve([line]))
        try:
            yield
        finally:
            serving.should_exit = True
            await asyncio.wait({answering}, timeout=2 * CLOSES_WITHIN)
            answering.cancel()


def _app(house: House, worker: Worker | None) -> FastAPI:
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, telemetry=house.traces.of_fastapi())
    app.state.house, app.state.worker = house, worker
    errors.install(app, most=MOST)
    app.add_middleware(Counted)
    app.include_router(health.router)
    return app


def _bound(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as taken:
        raise SideDoorTakenError from taken
