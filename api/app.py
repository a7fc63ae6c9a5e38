"""The web application: every door, over one house."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from http import HTTPStatus
from importlib import import_module

from fastapi import FastAPI

from api import (
    chat_pages,
    docs_page,
    errors,
    health,
    limits,
    piece_pages,
    rights_pages,
    shedding,
    webchat,
    webhooks_telegram,
    webhooks_twilio,
)
from api.console import proof, unreadable, way_back
from api.console import router as console
from api.guarded import Guarded
from api.house import House, open_house
from api.live import Live
from api.logs import log
from api.metrics import Counted
from api.settings import Settings
from api.staff import router as staff
from api.telemetry import traces
from bot.channels.channel import Channel
from bot.channels.telegram import PATH as TELEGRAM_PATH
from waitingroom.columns import UnreadableError
from waitingroom.lines import ON_THE_WEB

BODY_LIMIT = 64 * 1024
"""The largest body a door reads, in bytes."""
LONGER = {TELEGRAM_PATH: 256 * 1024}
"""Doors that read more: Telegram sends a long message and the one it answers together, each letter in six."""


Prepare = Callable[[House], Awaitable[None]]


async def _nothing(_house: House) -> None:
    """Prepare nothing."""


def create_app(
    settings: Settings,
    *,
    demo: bool = False,
    work: bool = True,
    channels: Mapping[str, Channel] | None = None,
    prepare: Prepare = _nothing,
) -> FastAPI:
    """Return the application. `work`: also deliver messages and run what is due, in this process.

    `prepare` is awaited once the house is open, before the first request.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        opening = open_house(settings, demo=demo, channels=channels, most=ON_THE_WEB)
        async with _opened(app, opening) as house:
            app.state.house = house
            await prepare(house)
            warming = asyncio.create_task(_warm_up(settings))
            app.state.live = live = Live(house.database.url)
            listening = asyncio.create_task(live.listen())
            async with _working(app, house) if work else _resting():
                yield
            live.stop()
            await asyncio.gather(listening, warming)

    app = FastAPI(
        title="Waiting Room",
        version="0.1.0",
        summary="Staff API: the waiting list, hand-offs, people and their story.",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        telemetry=traces(settings.otlp_endpoint).of_fastapi(),
    )
    limits.install(app, burst=settings.staff_burst, per_second=settings.staff_per_second)
    errors.install(app, most=BODY_LIMIT, longer=LONGER)
    shedding.install(app, settings)
    app.add_middleware(Guarded)
    app.add_middleware(Counted)
    app.add_exception_handler(proof.AskAgainError, proof.ask_again)
    app.add_exception_handler(UnreadableError, unreadable.say_so)
    app.add_exception_handler(HTTPStatus.METHOD_NOT_ALLOWED, way_back.lead_back)
    app.router.routes.append(webhooks_telegram.ROUTE)
    for pages in (webchat, chat_pages, rights_pages, piece_pages):
        app.include_router(pages.router)
    app.include_router(webhooks_twilio.router)
    app.include_router(health.router)
    app.include_router(staff.router)
    app.include_router(console.router)
    app.include_router(docs_page.router)
    webchat.mount_static(app)
    return app


async def _warm_up(settings: Settings) -> None:
    """Load what is slow to load before the first message needs it, while others are served."""
    if settings.telegram_token is not None and settings.telegram_secret is not None:
        await webhooks_telegram.ready()
        await asyncio.to_thread(import_module, "bot.channels.telegram.sending")


@asynccontextmanager
async def _opened(app: FastAPI, opening: AbstractAsyncContextManager[House]) -> AsyncIterator[House]:
    """Open the house; what stands in the way is kept for the command line, which says it kindly."""
    try:
        house = await opening.__aenter__()
    except Exception as trouble:
        app.state.trouble = trouble
        raise
    try:
        yield house
    finally:
        await opening.__aexit__(None, None, None)


@asynccontextmanager
async def _working(app: FastAPI, house: House) -> AsyncIterator[None]:
    app.state.worker = worker = house.worker()
    task = asyncio.create_task(
        worker.run(on_trouble=lambda error: log.warning("worker waits", trouble=type(error).__name__))
    )
    try:
        yield
    finally:
        worker.stop()
        with suppress(asyncio.CancelledError):
            await asyncio.wait({task}, timeout=10)
        task.cancel()


@asynccontextmanager
async def _resting() -> AsyncIterator[None]:
    yield
