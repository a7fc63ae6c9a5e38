"""The line to Telegram: aiohttp under python-telegram-bot, an end to every wait, nobody's words in the logs."""

import json
import ssl
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import certifi
from aiohttp import ClientError, ClientSession, ClientTimeout, DummyCookieJar, TCPConnector
from pydantic_core import to_json
from telegram.error import NetworkError, RetryAfter, TelegramError, TimedOut
from telegram.request import BaseRequest, RequestData

from bot.channels.channel import asked_to_wait

DEADLINE = 20.0
"""Seconds after which a call is given up, however slowly it goes on. Well below the outbox's lease of 30."""
CONNECT, ENTER, READ = 5.0, 10.0, 15.0
"""Seconds a connection may take, with the wait for a free one, and those between two pieces of an answer."""
CONNECTIONS = 64
REST = 60.0
"""Seconds a connection is kept where nothing is said on it."""
GATEWAY = frozenset({502, 504})
"""Statuses of a gateway that lost the answer: Telegram itself may have taken the message."""
FLOOD = 429
BROKEN = 500
HEADERS = {"User-Agent": BaseRequest.USER_AGENT, "Content-Type": "application/json"}
MESSAGE = ("message_id", "date", "chat")
"""What is kept of a message that Telegram took. The rest is ours, told back, and dear to read."""


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


class Line(BaseRequest):
    """HTTP to the Bot API. Raises the library's own errors, FloodedError for a 429. Sends no files."""

    def __init__(self) -> None:
        """Open nothing yet; connections are made as they are needed and kept."""
        self._session: ClientSession | None = None

    @property
    def read_timeout(self) -> float:
        """Return the longest wait between two pieces of an answer, in seconds."""
        return READ

    async def initialize(self) -> None:
        """Do nothing: the first call opens what it needs."""

    async def shutdown(self) -> None:
        """Close the connections; another call opens new ones."""
        if self._session is not None:
            session, self._session = self._session, None
            await session.close()

    @staticmethod
    def parse_json_payload(payload: bytes) -> dict[str, Any]:
        """Read an answer, of a message only what MESSAGE names.

        Unlike the library's own, it logs nothing of what it cannot read.
        """
        try:
            told = json.loads(payload)
        except (ValueError, RecursionError) as error:
            raise TelegramError("Invalid server response") from error
        if not isinstance(told, dict):
            raise TelegramError("Invalid server response")
        result = told.get("result")
        if isinstance(result, dict) and "message_id" in result:
            told["result"] = {name: result[name] for name in MESSAGE if name in result}
        return told

    async def do_request(
        self, url: str, method: str, request_data: RequestData | None = None, *_: Any, **_timeouts: Any
    ) -> tuple[int, bytes]:
        """Make one call within DEADLINE seconds: our own times hold, whatever a method of the library asks for."""
        body = to_json(request_data.parameters) if request_data else None
        session = self._session or self._opened(url)
        try:
            async with session.request(method, url, data=body, allow_redirects=False, timeout=_times()) as answer:
                status, payload = answer.status, await answer.read()
                told, date = answer.headers.get("Retry-After"), answer.headers.get("Date")
        except TimeoutError as error:
            raise TimedOut from error
        except ClientError as error:
            raise NetworkError(type(error).__name__) from error
        if status == FLOOD and (after := _asked_to_wait(payload) or asked_to_wait(told, at=date)):
            raise FloodedError(after)
        if status in GATEWAY:
            raise TimedOut("gateway")
        if status == FLOOD or status >= BROKEN:
            raise NetworkError("away")
        return status, payload

    def _opened(self, url: str) -> ClientSession:
        trusted = ssl.create_default_context()
        trusted.load_verify_locations(certifi.where())
        self._session = ClientSession(
            connector=TCPConnector(limit=CONNECTIONS, keepalive_timeout=REST, ssl=trusted),
            cookie_jar=DummyCookieJar(),
            headers=HEADERS,
            proxy=_proxy_to(url),
        )
        return self._session


def _times() -> ClientTimeout:
    return ClientTimeout(total=DEADLINE, connect=ENTER, sock_connect=CONNECT, sock_read=READ)


def _proxy_to(url: str) -> str | None:
    """Return the proxy this machine reaches an address by, None where it goes straight there."""
    parts = urlsplit(url)
    proxies = getproxies()
    return None if proxy_bypass(parts.hostname or "") else proxies.get(parts.scheme) or proxies.get("all")


def _asked_to_wait(payload: bytes) -> timedelta | None:
    try:
        return asked_to_wait(str(json.loads(payload)["parameters"]["retry_after"]))
    except (ValueError, TypeError, LookupError, RecursionError):
        return None
