"""Polling by aiogram, for a service that nobody can reach from outside: asks Telegram what is new."""

from contextlib import suppress
from typing import Any, Self

from aiogram import Bot
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.exceptions import (
    AiogramError,
    TelegramConflictError,
    TelegramNotFound,
    TelegramUnauthorizedError,
)
from aiogram.methods import GetUpdates, TelegramMethod
from aiogram.utils.token import TokenValidationError

from bot.channels.channel import MisconfiguredError, TryLaterError
from bot.channels.telegram import ALLOWED
from bot.channels.telegram.reading import Method

WAIT = 25
"""Seconds Telegram holds a question that has no answer yet."""
SPARE = 10
"""Seconds more that we wait for it."""
SOON = 5
"""Seconds for any other call."""


class RawUpdates(TelegramMethod[list[dict[str, Any]]]):
    """GetUpdates, its answer left as it came: one update the models do not take must not hold up the others."""

    __returning__ = list[dict[str, Any]]
    __api_method__ = GetUpdates.__api_method__

    offset: int | None = None
    timeout: int = WAIT
    allowed_updates: list[str] = list(ALLOWED)  # noqa: RUF012 -- pydantic copies a default


class WebhookSetError(MisconfiguredError):
    """Telegram delivers to a web address, so it is not asked. First `waitingroom channels drop-webhook`."""


class Poller:
    """Asks one bot's updates: an async context manager."""

    def __init__(self, token: str, api: str) -> None:
        """Take the token and where the Bot API is. Raises MisconfiguredError for what cannot be a token."""
        session = AiohttpSession(api=TelegramAPIServer.from_base(api))
        try:
            self._bot = Bot(token, session=session)
        except TokenValidationError as error:
            raise MisconfiguredError from error

    async def __aenter__(self) -> Self:
        """Open nothing yet."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close the connections."""
        await self._bot.session.close()

    async def new_from(self, offset: int | None) -> list[dict[str, Any]]:
        """Return what is new from update `offset` on, as it came, waiting up to WAIT seconds.

        Asking from an offset tells Telegram that everything before it is safe with us. Raises TryLaterError,
        MisconfiguredError where the token is wrong, WebhookSetError where Telegram delivers to a web address.
        """
        try:
            return await self._bot(RawUpdates(offset=offset), WAIT + SPARE)
        except (TelegramUnauthorizedError, TelegramNotFound) as error:
            raise MisconfiguredError from error
        except TelegramConflictError as error:
            raise (WebhookSetError if "webhook" in error.message else TryLaterError) from error
        except AiogramError as error:
            raise TryLaterError from error

    async def answer(self, answer: Method) -> None:
        """Make a call nobody keeps track of; that it failed is no loss."""
        with suppress(AiogramError):
            await self._bot(answer, SOON)
