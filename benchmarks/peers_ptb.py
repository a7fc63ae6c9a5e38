"""The talk on python-telegram-bot's ConversationHandler and a pickle file, behind a webhook."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from telegram import InlineKeyboardMarkup, Update
from telegram.ext import (
    Application,
    ApplicationBuilder,
    CallbackContext,
    ConversationHandler,
    MessageHandler,
    PicklePersistence,
    filters,
)

from benchmarks.peer import KEYS, Orders, orders
from benchmarks.town import PATH

Bot = Application[Any, Any, Any, Any, Any, Any]
SAVE_EVERY = 1.0
"""Seconds between writes of the pickle file: the library's own default is 60."""


def application(told: Orders) -> Bot:
    """Return the bot: one state a question, kept in the file under `told.store`."""
    persistence = PicklePersistence(told.store, update_interval=SAVE_EVERY)
    built = (
        ApplicationBuilder()
        .token(told.token)
        .base_url(f"{told.api}/bot")
        .persistence(persistence)
        .updater(None)
        .connection_pool_size(64)
        .build()
    )
    words = [[(one["text"], _keyboard(one["reply_markup"])) for one in answers] for answers in told.script]

    def step(number: int) -> MessageHandler[Any, Any]:
        async def hear(update: Update, context: CallbackContext[Any, Any, Any, Any]) -> int:
            message = update.effective_message
            assert message is not None
            assert context.user_data is not None
            if number:
                context.user_data[KEYS[number]] = message.text
            for text, markup in words[number]:
                await message.reply_text(text, reply_markup=markup)
            return number + 1 if number < len(KEYS) - 1 else ConversationHandler.END

        return MessageHandler(filters.TEXT, hear)

    talk: ConversationHandler[Any] = ConversationHandler(
        entry_points=[step(0)],
        states={number: [step(number)] for number in range(1, len(KEYS))},
        fallbacks=[],
        name="talk",
        persistent=True,
    )
    built.add_handler(talk)
    return built


def _keyboard(told: dict[str, Any] | None) -> InlineKeyboardMarkup | None:
    return InlineKeyboardMarkup.de_json(told, None) if told else None


def doors(bot: Bot, secret: str) -> Starlette:
    """Return the webhook: it answers at once, and feeds the bot's queue, as the library's own does."""

    async def delivered(request: Request) -> Response:
        if request.headers.get("X-Telegram-Bot-Api-Secret-Token") != secret:
            return Response(status_code=403)
        await bot.update_queue.put(Update.de_json(json.loads(await request.body()), bot.bot))
        return Response()

    async def ping(_: Request) -> Response:
        return Response()

    @contextlib.asynccontextmanager
    async def living(_: Starlette) -> AsyncIterator[None]:
        async with bot:
            await bot.start()
            yield
            await bot.stop()

    return Starlette(routes=[Route(PATH, delivered, methods=["POST"]), Route("/ping", ping)], lifespan=living)


def main() -> None:
    """Serve until killed."""
    told = orders()
    app = doors(application(told), told.secret)
    config = uvicorn.Config(app, host="127.0.0.1", port=told.port, log_config=None, access_log=False)
    asyncio.run(uvicorn.Server(config).serve())


if __name__ == "__main__":
    main()
