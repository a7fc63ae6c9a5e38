"""Posting: one kept-open HTTP/1.1 line that posts JSON, the same for everyone under measurement."""

import asyncio
from dataclasses import dataclass
from typing import Self, cast

import httptools


class LineBrokeError(Exception):
    """Nobody answered: the line broke, or nobody listens."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: status, headers with names in lower case, body."""

    status: int
    headers: dict[str, str]
    body: bytes


class Line(asyncio.Protocol):
    """One connection to a port of this machine; one post at a time."""

    def __init__(self) -> None:
        """Begin with nothing asked."""
        self._answer: asyncio.Future[Answer] | None = None
        self._transport: asyncio.WriteTransport | None = None
        self._parser = httptools.HttpResponseParser(self)
        self._headers: dict[str, str] = {}
        self._body: list[bytes] = []

    @classmethod
    async def to(cls, port: int) -> Self:
        """Open a line. Raises LineBrokeError."""
        try:
            _, line = await asyncio.get_running_loop().create_connection(cls, "127.0.0.1", port)
        except OSError as error:
            raise LineBrokeError from error
        return line

    @property
    def broken(self) -> bool:
        """Whether the other side hung up."""
        return self._transport is None or self._transport.is_closing()

    def post(self, path: str, body: bytes, headers: str = "") -> "asyncio.Future[Answer]":
        """Post JSON; the whole answer comes, or LineBrokeError. `headers`: more of them, each ended by CRLF."""
        if self._transport is None or self._transport.is_closing():
            raise LineBrokeError
        self._answer = asyncio.get_running_loop().create_future()
        head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n{headers}"
        self._transport.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        return self._answer

    def hang_up(self) -> None:
        """Close the line."""
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way to write."""
        self._transport = cast("asyncio.WriteTransport", transport)

    def data_received(self, data: bytes) -> None:
        """Read on."""
        self._parser.feed_data(data)

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell who waits that no answer will come."""
        self._transport = None
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(LineBrokeError())

    def on_message_begin(self) -> None:
        """Begin an answer."""
        self._headers, self._body = {}, []

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep a header."""
        self._headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_body(self, body: bytes) -> None:
        """Keep a piece of the body."""
        self._body.append(body)

    def on_message_complete(self) -> None:
        """Hand the answer over; a new parser reads the next one."""
        answer = Answer(self._parser.get_status_code(), self._headers, b"".join(self._body))
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(answer)
