"""Telegram as a channel: pushed, free, with buttons; the library that sends is loaded with the first message."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from bot.channels.channel import Accepted, Sending
from bot.channels.telegram import TELEGRAM
from bot.layout import TELEGRAM as LAYOUT
from bot.messages import Reply
from waitingroom.rates import Limit

if TYPE_CHECKING:
    from bot.channels.telegram.sending import Sender


AT_ONCE = 8
"""The part of a second's messages that may leave at once: 3 of 25, so that no second has more than 28."""


class Telegram:
    """The channel. `api` is where the Bot API is, such as https://api.telegram.org."""

    name = TELEGRAM
    kept = False
    layout = LAYOUT
    cap: int | None = None

    def __init__(self, token: str, api: str, *, per_second: float = 25, per_chat: float = 1) -> None:
        """Take the bot's token; nothing is loaded, and nobody is called, yet.

        `per_second` messages go to all chats and `per_chat` to each, by all workers together.
        """
        self.per_second, self.per_chat = per_second, per_chat
        self.limits: tuple[Limit, ...] = (
            Limit(f"{TELEGRAM}:chat:", per_chat),
            Limit(TELEGRAM, per_second, burst=max(1, int(per_second / AT_ONCE))),
        )
        self._token = token
        self._api = api.rstrip("/")
        self._sender: Sender | None = None

    def segments(self, reply: Reply) -> int:
        """Return 0: Telegram charges nothing."""
        return 0

    async def send(self, sending: Sending) -> Accepted:
        """Send one message; no transaction is open. Raises a TroubleError."""
        return await self._way_out().send(sending)

    async def fetch(self, ref: str, *, most: int) -> tuple[str, bytes]:
        """Fetch what a person sent: its media type and at most `most` bytes. Raises a TroubleError."""
        return await self._way_out().fetch(ref, most=most)

    async def call(self, method: str, facts: Mapping[str, Any]) -> None:
        """Make a call nobody keeps track of, such as stopping the wheel on a button. Raises a TroubleError."""
        await self._way_out().call(method, facts)

    async def close(self) -> None:
        """Close the connections, if there are any."""
        if self._sender is not None:
            sender, self._sender = self._sender, None
            await sender.close()

    def _way_out(self) -> "Sender":
        if self._sender is None:
            from bot.channels.telegram.sending import Sender

            self._sender = Sender(self._token, self._api, per_second=self.per_second, per_chat=self.per_chat)
        return self._sender
