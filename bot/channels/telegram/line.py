"""The line to Telegram: python-telegram-bot's HTTP, with an end to every wait, and nobody's words in the logs."""

import asyncio
import json
from datetime import timedelta
from typing import Any

from telegram.error import NetworkError, RetryAfter, TelegramError, TimedOut
from telegram.request import HTTPXRequest, RequestData

DEADLINE = 20.0
"""Seconds after which a call is given up, however slowly it goes on. Well below the outbox's lease of 30."""
GATEWAY = frozenset({502, 504})
"""Statuses of a gateway that lost the answer: Telegram itself may have taken the message."""
FLOOD = 429
BROKEN = 500


class FloodedError(RetryAfter):
    """Telegram asked us to wait `after` before we send to this chat again."""

    def __init__(self, after: timedelta) -> None:
        """Take the wait; the library's own class warns whoever asks for it in seconds."""
        TelegramError.__init__(self, "Too Many Requests")
        self._retry_after = after

    @property
    def after(self) -> timedelta:
        """How long to wait."""
        return self._retry_after


class Line(HTTPXRequest):
    """HTTP to the Bot API. Raises the library's own errors, FloodedError for a 429."""

    def __init__(self) -> None:
        """Open nothing yet; connections are made as they are needed and kept."""
        super().__init__(
            connection_pool_size=64, connect_timeout=5, pool_timeout=5, write_timeout=10, read_timeout=15
        )

    @staticmethod
    def parse_json_payload(payload: bytes) -> dict[str, Any]:
        """Read an answer. Unlike the library's own, it logs nothing of what it cannot read."""
        try:
            told = json.loads(payload)
        except (ValueError, RecursionError) as error:
            raise TelegramError("Invalid server response") from error
        if not isinstance(told, dict):
            raise TelegramError("Invalid server response")
        return told

    async def do_request(
        self, url: str, method: str, request_data: RequestData | None = None, *args: Any, **timeouts: Any
    ) -> tuple[int, bytes]:
        """Make one call within DEADLINE seconds."""
        try:
            async with asyncio.timeout(DEADLINE):
                status, payload = await super().do_request(url, method, request_data, *args, **timeouts)
        except TimeoutError as error:
            raise TimedOut from error
        if status == FLOOD and (after := _asked_to_wait(payload)):
            raise FloodedError(after)
        if status in GATEWAY:
            raise TimedOut("gateway")
        if status == FLOOD or status >= BROKEN:
            raise NetworkError("away")
        return status, payload


def _asked_to_wait(payload: bytes) -> timedelta | None:
    try:
        seconds = json.loads(payload)["parameters"]["retry_after"]
        return timedelta(seconds=float(seconds)) or None
    except (ValueError, TypeError, LookupError, OverflowError, RecursionError):
        return None
