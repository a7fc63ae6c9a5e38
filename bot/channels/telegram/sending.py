"""Sending by python-telegram-bot's ExtBot: plain words and buttons out, its typed errors turned into decisions."""

import mimetypes
import re
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import ClientConnectorError, ClientError, ClientHttpProxyError, ConnectionTimeoutError
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Forbidden,
    InvalidToken,
    NetworkError,
    TelegramError,
    TimedOut,
)
from telegram.ext import ExtBot

from bot.channels.channel import (
    Accepted,
    BadAddressError,
    MaybeSentError,
    MisconfiguredError,
    RefusedByProviderError,
    Sending,
    StoppedByPersonError,
    TooBigError,
    TroubleError,
    TryLaterError,
)
from bot.channels.telegram import buttons
from bot.channels.telegram.line import FloodedError, Line
from bot.channels.telegram.pace import OVERALL, PER_CHAT, Pace
from bot.messages import Reply

CHAT = re.compile(r"-?[0-9]{1,19}")
SEND = "SendMessage"
"""The method, as the library takes it by name. Telegram knows it in any case (Bot API, Making requests)."""
NO_PREVIEW = {"is_disabled": True}
NEVER_LEFT = (ClientConnectorError, ClientHttpProxyError, ConnectionTimeoutError)
NOBODY = ("chat not found", "user not found", "peer_id_invalid")
UNKNOWN = "application/octet-stream"
MEDIA = {".oga": "audio/ogg", ".ogg": "audio/ogg", ".opus": "audio/ogg", ".webp": "image/webp"}
"""Media types Telegram's own file names mean, where Python's table may not know them."""


class Sender:
    """One bot's way out. Nothing is asked of Telegram before the first message: a wrong token shows there."""

    def __init__(self, token: str, api: str, *, per_second: float = OVERALL, per_chat: float = PER_CHAT) -> None:
        """Take the token and where the Bot API is. Raises MisconfiguredError for what cannot be a token."""
        self._line = Line()
        try:
            self.bot = ExtBot(
                token,
                base_url=f"{api}/bot",
                base_file_url=f"{api}/file/bot",
                request=self._line,
                get_updates_request=self._line,
                rate_limiter=Pace(overall=per_second, per_chat=per_chat),
            )
        except InvalidToken as error:
            raise MisconfiguredError from error

    async def send(self, sending: Sending) -> Accepted:
        """Send one message as plain text: no mark-up, no link previews. Raises a TroubleError.

        People may copy and forward what they get (`protect_content` stays off): a helpline's number is for using.
        Words and keyboard go and come back in plain JSON: the library's objects would cost more than the call.
        """
        if not CHAT.fullmatch(sending.address):
            raise BadAddressError
        facts = {
            "chat_id": int(sending.address),
            "text": buttons.words(sending.reply),
            "link_preview_options": NO_PREVIEW,
            **keyboard(sending.reply),
        }
        async with troubles():
            message = await self.bot.do_api_request(SEND, facts)
            return Accepted(str(message["message_id"]))

    async def fetch(self, ref: str, *, most: int) -> tuple[str, bytes]:
        """Fetch a file by its id: media type and bytes. Raises a TroubleError, TooBigError beyond `most` bytes.

        Telegram itself gives bots no file above 20 MB (Bot API, getFile).
        """
        async with troubles():
            file = await self.bot.get_file(ref)
        if (file.file_size or 0) > most:
            raise TooBigError
        if not file.file_path:
            raise RefusedByProviderError
        try:
            async with troubles():
                body = await self._line.retrieve(file.file_path)
        except MisconfiguredError as error:
            raise RefusedByProviderError from error
        if len(body) > most:
            raise TooBigError
        return _media_type(file.file_path), body

    async def call(self, method: str, facts: Mapping[str, Any]) -> None:
        """Make any other call, by its name and parameters in the Bot API. Raises a TroubleError."""
        async with troubles():
            await getattr(self.bot, method)(**facts)

    async def close(self) -> None:
        """Close the connections."""
        await self._line.shutdown()


def keyboard(reply: Reply) -> dict[str, Any]:
    """Return the buttons under a reply, as the parameter that carries them; none where it asks nothing."""
    laid = [
        [{"text": button.text, "callback_data": button.press.data} for button in row]
        for row in buttons.rows(reply)
    ]
    return {"reply_markup": {"inline_keyboard": laid}} if laid else {}


@asynccontextmanager
async def troubles() -> AsyncIterator[None]:
    """Turn whatever the library raises into a TroubleError."""
    try:
        yield
    except TelegramError as error:
        raise trouble(error) from error
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise MaybeSentError from error


def trouble(error: TelegramError) -> TroubleError:
    """Decide what a typed error of the library means for the message and for the person."""
    if isinstance(error, FloodedError):
        return TryLaterError(error.after)
    decided = next((decide for kind, decide in DECISIONS.items() if isinstance(error, kind)), None)
    return decided(error) if decided else MaybeSentError()


def _shut_out(error: TelegramError) -> TroubleError:
    return BadAddressError() if "deactivated" in error.message else StoppedByPersonError()


def _refused(error: TelegramError) -> TroubleError:
    told = error.message.casefold()
    if "file is too big" in told:
        return TooBigError()
    return BadAddressError() if any(words in told for words in NOBODY) else RefusedByProviderError()


def _out_of_time(error: TelegramError) -> TroubleError:
    return TryLaterError() if isinstance(error.__cause__, NEVER_LEFT) else MaybeSentError()


def _broken_off(error: TelegramError) -> TroubleError:
    """Tell a line that broke on the way from a provider that answered, but not with a yes."""
    on_the_way = isinstance(error.__cause__, ClientError) and not isinstance(error.__cause__, NEVER_LEFT)
    return MaybeSentError() if on_the_way else TryLaterError()


DECISIONS: Mapping[type[TelegramError], Callable[[TelegramError], TroubleError]] = {
    InvalidToken: lambda _error: MisconfiguredError(),
    ChatMigrated: lambda _error: BadAddressError(),
    Forbidden: _shut_out,
    BadRequest: _refused,
    TimedOut: _out_of_time,
    NetworkError: _broken_off,
}
"""What is decided, the narrower errors first. Any other may mean that the message went."""


def _media_type(path: str) -> str:
    end = path[path.rfind(".") :].lower() if "." in path else ""
    return MEDIA.get(end) or mimetypes.guess_type(f"file{end}")[0] or UNKNOWN
