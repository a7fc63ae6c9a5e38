"""Telegram without a public address: asks for what people wrote, in place of being told."""

import asyncio
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from api.house import House
from api.logs import log
from api.taking import keep, passing
from bot.channels.channel import MisconfiguredError, TryLaterError

if TYPE_CHECKING:
    from bot.channels.telegram.polling import Poller

FIRST_PAUSE = 1.0
LONGEST_PAUSE = 30.0
"""Seconds between tries while the network or the database is away: twice as long each time, up to this."""


class NoTelegramError(MisconfiguredError):
    """There is no bot to ask: set WAITINGROOM_TELEGRAM_TOKEN to the token that BotFather gave you."""


async def poll(house: House, *, stop: asyncio.Event) -> None:
    """Take updates until told to stop.

    Telegram keeps each until it is asked for the one after it, and that is only done once it is kept here.
    Raises NoTelegramError, WebhookSetError where Telegram delivers to a web address, MisconfiguredError where the
    token is wrong: the docstring of each class says what to do.
    """
    from bot.channels.telegram.polling import Poller

    if house.settings.telegram_token is None:
        raise NoTelegramError
    token = house.settings.telegram_token.get_secret_value()
    async with Poller(token, house.settings.telegram_api) as poller:
        await _until_told(stop, _poll(house, poller))


async def _until_told(stop: asyncio.Event, working: Any) -> None:
    work, told = asyncio.create_task(working), asyncio.create_task(stop.wait())
    await asyncio.wait({work, told}, return_when=asyncio.FIRST_COMPLETED)
    told.cancel()
    work.cancel()
    await asyncio.wait({work, told})
    if not work.cancelled():
        work.result()


async def _poll(house: House, poller: "Poller") -> None:
    offset: int | None = None
    pause = FIRST_PAUSE
    while True:
        try:
            for update in await poller.new_from(offset):
                await _take(house, poller, update)
                offset = int(update["update_id"]) + 1
            pause = FIRST_PAUSE
        except MisconfiguredError:
            raise
        except Exception as trouble:
            if not isinstance(trouble, TryLaterError) and not passing(trouble):
                raise
            log.warning("telegram waits", trouble=type(trouble).__name__)
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)


async def _take(house: House, poller: "Poller", update: Mapping[str, Any]) -> None:
    """Keep one update, whole or not at all, then answer at once what needs no tracking."""
    from bot.channels.telegram import reading

    raw = json.dumps(update)
    read = reading.read_update(update, raw=raw, now=house.clock.now())
    if read.arrival is not None:
        await keep(house, read.arrival, raw=raw)
    for answer in read.answers:
        await poller.answer(answer)
