"""Pace: no chat gets more than one message a second, all chats together 25; one flooded chat waits alone.

The limits that hold for all workers stand in the records. This one holds in this process, and remembers what
Telegram itself asked for.
"""

import time
from collections.abc import Callable, Coroutine
from datetime import timedelta
from typing import Any

from telegram.ext import BaseRateLimiter

from bot.channels.channel import TryLaterError
from bot.channels.telegram.line import FloodedError

PER_CHAT = 1.0
"""Messages a second to one chat (Bots FAQ, "My bot is hitting limits": avoid more than one a second)."""
OVERALL = 25.0
"""Messages a second to all chats together; Telegram allows about 30."""
BURST = 5
"""How many may leave at once: then never more than 30 leave in any one second."""
SLACK = 0.1
"""Seconds a message may leave early: the records count from when it was taken, this counts from when it leaves."""
CROWD = 10_000
"""Chats remembered before those that may be written to again are forgotten."""

PACED = ("send", "edit")
"""How the names of methods begin that put something into a chat."""

Call = Callable[..., Coroutine[Any, Any, Any]]


class Pace(BaseRateLimiter[None]):
    """Lets a call pass at once, or raises TryLaterError with the time left: nobody waits in here."""

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, *, overall: float = OVERALL, per_chat: float = PER_CHAT
    ) -> None:
        """Take a clock that counts seconds and never goes back, and how many messages a second may go."""
        self._clock = clock
        self._overall, self._per_chat = overall, per_chat
        self._chats: dict[str, float] = {}
        self._parked: dict[str, float] = {}
        self._everyone = 0.0

    async def initialize(self) -> None:
        """Do nothing: there is nothing to open."""

    async def shutdown(self) -> None:
        """Do nothing: there is nothing to close."""

    async def process_request(
        self,
        callback: Call,
        args: Any,
        kwargs: dict[str, Any],
        endpoint: str,
        data: dict[str, Any],
        rate_limit_args: None,
    ) -> Any:
        """Make a call; one that writes to a chat takes a slot first. A chat that is flooded is parked."""
        if not endpoint.lower().startswith(PACED) or "chat_id" not in data:
            return await callback(*args, **kwargs)
        chat = str(data["chat_id"])
        if wait := self.wait(chat):
            raise TryLaterError(timedelta(seconds=wait), alone=True)
        try:
            return await callback(*args, **kwargs)
        except FloodedError as error:
            self.park(chat, error.after.total_seconds())
            raise

    def wait(self, chat: str) -> float:
        """Take a slot for a chat. Returns 0 where it may be written to now, else the seconds left."""
        now = self._clock()
        own = self._chats.get(chat, now)
        left = max(
            self._parked.get(chat, now) - now,
            own - SLACK - now,
            self._everyone - (BURST - 1) / self._overall - SLACK - now,
        )
        if left > 0:
            return left
        self._forget(now)
        self._chats[chat] = max(own, now) + 1 / self._per_chat
        self._everyone = max(self._everyone, now) + 1 / self._overall
        return 0

    def park(self, chat: str, seconds: float) -> None:
        """Leave one chat alone for a while; all others go on."""
        self._parked[chat] = self._clock() + seconds

    def _forget(self, now: float) -> None:
        for known in (self._chats, self._parked):
            if len(known) > CROWD:
                for chat in [chat for chat, until in known.items() if until <= now]:
                    del known[chat]
