"""The Twilio account: one client, made when it is first needed, and what can be asked of it."""

import asyncio
import json
import logging
import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from bot.channels.channel import (
    Accepted,
    GoOtherWayError,
    MaybeSentError,
    MisconfiguredError,
    RefusedByProviderError,
    TroubleError,
    TryLaterError,
    asked_to_wait,
)
from bot.channels.twilio import troubles
from bot.channels.twilio.names import STATUS

if TYPE_CHECKING:
    from requests import Response
    from twilio.rest import Client  # type: ignore[import-untyped]

API = "https://api.twilio.com"
CONTENT_API = "https://content.twilio.com"
PATIENCE = (5.0, 12.0)
"""Seconds to connect, and to wait for the next byte of an answer."""
LONGEST = 25.0
"""Seconds a call may take in all: shorter than outbox.LEASE, so that no second worker takes the lane meanwhile."""
PIECE = 64 * 1024
MESSAGE_SID = re.compile(r"(SM|MM)[0-9a-f]{32}")
UNREADABLE = (ValueError, KeyError, TypeError, AttributeError)
"""What Twilio's own library raises over an answer that makes no sense."""
SILENT = logging.Logger("twilio")
SILENT.disabled = True

OURS_ONLY = {"TWILIO_REGION": ""}
"""What Twilio's library sees in place of the environment: settings are read in one place only."""

T = TypeVar("T")


@dataclass
class Account:
    """An account with Twilio. `api`: where its API is; `public_url`: where Twilio reaches us.

    `service` is the id of a messaging service that texts go out by, or empty. Nothing is loaded or dialled until
    something is sent.
    """

    sid: str
    token: str = field(repr=False)
    api: str = API
    public_url: str = ""
    service: str = ""
    _client: "Client | None" = field(default=None, init=False, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False)
    _answer: threading.local = field(default_factory=threading.local, init=False, repr=False)
    """the wait that the answer to this thread's call asked for: the library does not hand it on"""

    @property
    def content_api(self) -> str:
        """Where templates live: a host of its own at Twilio's, the same one elsewhere."""
        return CONTENT_API if self.api == API else self.api

    def callback(self, message_id: int) -> str:
        """Return where Twilio tells what became of our message; the number in it is our own."""
        return f"{self.public_url}{STATUS}?message={message_id}"

    async def send(self, form: Mapping[str, str]) -> Accepted:
        """Send one message; `form` has the library's own names. Raises a TroubleError."""

        def call(client: "Client") -> str:
            sid = client.messages.create(**form).sid
            if not isinstance(sid, str) or not MESSAGE_SID.fullmatch(sid):
                raise MaybeSentError
            return sid

        return Accepted(await self._do(call))

    async def ask(
        self, method: str, url: str, *, params: Mapping[str, str] | None = None, said: object = None
    ) -> dict[str, Any]:
        """Ask the API something in JSON; `url` is whole. Raises a TroubleError."""

        def call(client: "Client") -> dict[str, Any]:
            headers = {"Content-Type": "application/json"} if said is not None else {}
            answer = client.request(method, url, params=dict(params or {}), data=said, headers=headers)
            told: Any = _json(answer.text)
            if answer.status_code >= 300:
                raise _trouble(answer.status_code, told)
            if not isinstance(told, dict):
                raise MaybeSentError
            return told

        return await self._do(call)

    async def fetch(self, url: str, *, most: int) -> tuple[str, bytes]:
        """Fetch a picture or voice note Twilio keeps for us: its media type and at most `most` bytes.

        Raises a TroubleError; RefusedByProviderError where it is gone, too long, or not Twilio's.
        """
        if not _theirs(url, self.api):
            raise RefusedByProviderError

        def call(client: "Client") -> tuple[str, bytes]:
            session = client.http_client.session
            with session.get(url, auth=client.auth, timeout=PATIENCE, stream=True) as answer:
                if answer.status_code in {404, 410}:
                    raise RefusedByProviderError
                if answer.status_code >= 300:
                    raise _trouble(answer.status_code, None)
                return answer.headers.get("Content-Type", ""), _read(answer, most)

        return await self._do(call)

    async def close(self) -> None:
        """Hang up."""
        with self._lock:
            client, self._client = self._client, None
        if client is not None:
            client.http_client.session.close()

    async def _do(self, call: Callable[["Client"], T]) -> T:
        """Run one call in a thread, with everything that can go wrong turned into a TroubleError."""
        if not self.sid or not self.token:
            raise MisconfiguredError
        try:
            async with asyncio.timeout(LONGEST):
                return await asyncio.to_thread(self._with_client, call)
        except TimeoutError as error:
            raise MaybeSentError from error

    def _with_client(self, call: Callable[["Client"], T]) -> T:
        from requests.exceptions import RequestException
        from twilio.base.exceptions import TwilioException  # type: ignore[import-untyped]

        self._answer.asked = None
        try:
            return call(self._made())
        except TwilioException as error:
            trouble = _refusal(error)
            if isinstance(trouble, TryLaterError) and not isinstance(trouble, GoOtherWayError):
                trouble.after = self._answer.asked or trouble.after
            raise trouble from error
        except RequestException as error:
            raise (TryLaterError() if _never_left(error) else MaybeSentError()) from error
        except UNREADABLE as error:
            raise MaybeSentError from error

    def _note_asked(self, answer: "Response", *_: object, **__: object) -> None:
        self._answer.asked = asked_to_wait(answer.headers.get("Retry-After"), at=answer.headers.get("Date"))

    def _made(self) -> "Client":
        with self._lock:
            if self._client is None:
                from twilio.http.http_client import TwilioHttpClient  # type: ignore[import-untyped]
                from twilio.rest import Client

                line = TwilioHttpClient(logger=SILENT, request_hooks={"response": self._note_asked})
                line.timeout = PATIENCE
                self._client = Client(self.sid, self.token, http_client=line, environment=OURS_ONLY)
                self._client.api.base_url = self.api
            return self._client


def _refusal(error: Exception) -> TroubleError:
    """Judge what Twilio's library raised; without a status it was never sent: an id or token is missing."""
    status = getattr(error, "status", None)
    if not isinstance(status, int):
        return MisconfiguredError()
    code = getattr(error, "code", None)
    return troubles.of_answer(status, code if isinstance(code, int) else None)


def _trouble(status: int, told: Any) -> TroubleError:
    code = told.get("code") if isinstance(told, dict) else None
    if status == 404 and code is None:
        return RefusedByProviderError()
    return troubles.of_answer(status, code if isinstance(code, int) else None)


def _never_left(error: Exception) -> bool:
    """Say whether the line failed before anything was sent: then the message cannot have been taken."""
    from requests.exceptions import ConnectTimeout, ProxyError, SSLError
    from urllib3.exceptions import ConnectTimeoutError, MaxRetryError, NewConnectionError

    if isinstance(error, ConnectTimeout | ProxyError | SSLError):
        return True
    inner = error.args[0] if error.args else None
    reason = inner.reason if isinstance(inner, MaxRetryError) else inner
    return isinstance(reason, NewConnectionError | ConnectTimeoutError)


def _read(answer: "Response", most: int) -> bytes:
    body = bytearray()
    for piece in answer.iter_content(PIECE):
        body += piece
        if len(body) > most:
            raise RefusedByProviderError
    return bytes(body)


def _theirs(url: str, api: str) -> bool:
    """Say whether a link leads to Twilio's own API, so that the token is shown to nobody else."""
    told, known = urlsplit(url), urlsplit(api)
    return (told.scheme, told.netloc) in {(known.scheme, known.netloc), ("https", "api.twilio.com")}


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None
