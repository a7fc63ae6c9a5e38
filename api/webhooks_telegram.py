"""Telegram's door: what people write there comes in with a secret, is kept, and answered once it is."""

import asyncio
import secrets
from contextlib import suppress
from importlib import import_module
from typing import Any

from fastapi import HTTPException, Request, Response
from fastapi.responses import JSONResponse
from starlette.background import BackgroundTask
from starlette.routing import Route

from api import taking
from api.house import House
from bot.channels.channel import TroubleError
from bot.channels.telegram import PATH, TELEGRAM
from bot.channels.telegram.channel import Telegram

SECRET = "x-telegram-bot-api-secret-token"  # noqa: S105 -- the header's name
READING = "bot.channels.telegram.reading"
_loaded: dict[str, Any] = {}


async def delivered(request: Request) -> Response:
    """Take one update. 404 where there is no bot or no secret, 403 where the secret is not right.

    200 says that it is kept; until then Telegram delivers it again, by the same number.
    """
    house: House = request.app.state.house
    _check_secret(request, house)
    raw = await request.body()
    reading = await ready()
    read = reading.read(raw, now=house.clock.now())
    if read.arrival is not None:
        await taking.keep(house, read.arrival, raw=raw.decode(errors="replace"))
    if not read.answers:
        return Response()
    first, *others = read.answers
    then = BackgroundTask(_call, house, [reading.written(answer) for answer in others]) if others else None
    return JSONResponse(reading.written(first), background=then)


ROUTE = Route(PATH, delivered, methods=["POST"], include_in_schema=False)
"""The door, first in the house and without FastAPI's own way in, which costs as much as reading the update."""


async def ready() -> Any:
    """Load what reads updates, the first time in a thread: aiogram takes seconds, and others are being served."""
    if READING not in _loaded:
        _loaded[READING] = await asyncio.to_thread(import_module, READING)
    return _loaded[READING]


def _check_secret(request: Request, house: House) -> None:
    token, secret = house.settings.telegram_token, house.settings.telegram_secret
    if token is None or secret is None or not secret.get_secret_value():
        raise HTTPException(404)
    told = request.headers.get(SECRET, "").encode("latin-1")
    if not secrets.compare_digest(told, secret.get_secret_value().encode()):
        raise HTTPException(403)


async def _call(house: House, calls: list[dict[str, Any]]) -> None:
    """Make the calls that did not fit into the answer; that one fails is no loss."""
    channel = house.desk.channels.get(TELEGRAM)
    if not isinstance(channel, Telegram):
        return
    for facts in calls:
        method = facts.pop("method")
        with suppress(TroubleError):
            await channel.call(method, facts)
