"""Setting Telegram up: what stands in its way, said in one line each, and telling it where to deliver."""

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from telegram import Bot, BotCommand, User, WebhookInfo

from bot.channels.channel import MisconfiguredError, TroubleError
from bot.channels.telegram import ALLOWED, PATH
from bot.channels.telegram.sending import Sender, troubles

SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}")
"""What Telegram takes as a secret (Bot API, setWebhook.secret_token)."""
SIMULATED = ("http://127.0.0.1", "http://localhost")
"""Addresses only a simulated Telegram on this machine reaches, where no certificate is needed."""
MANY = 100
"""More updates than this, still undelivered, mean that delivery does not work."""
CONNECTIONS = 40
COMMANDS: Mapping[str, str] = {
    "start": "Start the talk, or come back to it",
    "help": "What this is",
    "helplines": "Phone numbers you can call",
    "person": "Ask for a person",
    "back": "Go back one question",
    "stop": "Stop all messages",
}
"""The words in the bot's menu, with what each does."""

UNKNOWN_BOT = (
    "Telegram does not know this bot: ask BotFather for the token and set WAITINGROOM_TELEGRAM_TOKEN to it."
)
CANNOT_REACH = "Telegram does not answer at {api}: check the network, or WAITINGROOM_TELEGRAM_API."
NO_SECRET = "Nothing is taken without a secret: set WAITINGROOM_TELEGRAM_SECRET to a long random word."  # noqa: S105
BAD_SECRET = "WAITINGROOM_TELEGRAM_SECRET may only have A to Z, a to z, 0 to 9, _ and -: at most 256 of them."  # noqa: S105
NO_ADDRESS = (
    "Telegram cannot deliver without an address: set WAITINGROOM_PUBLIC_URL, or use `waitingroom telegram-poll`."
)
NOT_HTTPS = "Telegram delivers to https addresses only: put WAITINGROOM_PUBLIC_URL behind a certificate."
NOT_SET = "Telegram does not know where to deliver: run `waitingroom channels set-webhook`."
ELSEWHERE = "Telegram delivers somewhere else ({url}): run `waitingroom channels set-webhook`."
TOO_FEW = "Telegram is not asked for all we read ({missing}): run `waitingroom channels set-webhook`."
PENDING = "{count} messages wait at Telegram: check that {url} can be reached from outside."
FAILED = (
    "Telegram could not deliver at {at:%d %B %Y, %H:%M} UTC ({why}): check that {url} can be reached from outside."
)
GROUPS = (
    "This bot can be put into groups, where it only leaves again: turn that off with BotFather's /setjoingroups."
)


async def check(token: str, api: str, public_url: str, secret: str) -> list[str]:
    """Ask Telegram how this bot stands. Returns what to mend, one sentence each; none: all is well.

    Without a `public_url` and a `secret` the bot is taken to poll.
    """
    found = _settings(public_url, secret)
    try:
        async with _asking(token, api) as bot:
            me, hook = await bot.get_me(), await bot.get_webhook_info()
    except MisconfiguredError:
        return [UNKNOWN_BOT, *found]
    except TroubleError:
        return [CANNOT_REACH.format(api=api), *found]
    return found + _delivery(hook, public_url) + _bot(me)


async def set_webhook(token: str, api: str, public_url: str, secret: str) -> None:
    """Tell Telegram where to deliver, what, and with which secret; fill the bot's menu. Raises a TroubleError.

    Nothing that waits there is dropped.
    """
    async with _asking(token, api) as bot:
        await bot.set_webhook(
            f"{public_url}{PATH}", secret_token=secret, allowed_updates=list(ALLOWED), max_connections=CONNECTIONS
        )
        await bot.set_my_commands([BotCommand(word, does) for word, does in COMMANDS.items()])


async def drop_webhook(token: str, api: str) -> None:
    """Have Telegram keep updates until it is asked for them; nothing is dropped. Raises a TroubleError."""
    async with _asking(token, api) as bot:
        await bot.delete_webhook()


@asynccontextmanager
async def _asking(token: str, api: str) -> AsyncIterator[Bot]:
    """Give a bot for a few questions, closed after them. What goes wrong is a TroubleError."""
    sender = Sender(token, api)
    try:
        async with troubles():
            yield sender.bot
    finally:
        await sender.close()


def _settings(public_url: str, secret: str) -> list[str]:
    if not public_url:
        return [NO_ADDRESS] if secret else []
    found = [] if public_url.startswith(("https://", *SIMULATED)) else [NOT_HTTPS]
    if not secret:
        return [*found, NO_SECRET]
    return found if SECRET.fullmatch(secret) else [*found, BAD_SECRET]


def _delivery(hook: WebhookInfo, public_url: str) -> list[str]:
    url = f"{public_url}{PATH}" if public_url else ""
    if hook.url != url:
        return [ELSEWHERE.format(url=hook.url) if hook.url else NOT_SET]
    found = []
    missing = set(ALLOWED) - set(hook.allowed_updates or ())
    if url and missing:
        found.append(TOO_FEW.format(missing=", ".join(sorted(missing))))
    if hook.pending_update_count > MANY:
        found.append(PENDING.format(count=hook.pending_update_count, url=url))
    if hook.last_error_date and hook.last_error_message:
        found.append(FAILED.format(at=hook.last_error_date, why=hook.last_error_message, url=url))
    return found


def _bot(me: User) -> list[str]:
    return [GROUPS] if me.can_join_groups else []
