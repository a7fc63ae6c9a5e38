"""Load: people who ask over HTTP as fast as they are answered, by a client too plain to be the bottleneck."""

import asyncio
import statistics
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Self, cast

Asking = Generator[bytes, bytes, None]
"""One person: gives whole requests, is sent whole answers, never ends."""


class Line(asyncio.Protocol):
    """One HTTP/1.1 connection kept open. Knows only answers that carry their length."""

    def __init__(self) -> None:
        """Begin with nothing heard."""
        self._heard = b""
        self._answer: asyncio.Future[bytes] | None = None
        self._transport: asyncio.WriteTransport | None = None

    @classmethod
    async def to(cls, port: int) -> Self:
        """Open a line to a port of this machine."""
        _, line = await asyncio.get_running_loop().create_connection(cls, "127.0.0.1", port)
        return line

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way to write."""
        self._transport = cast("asyncio.WriteTransport", transport)

    def data_received(self, data: bytes) -> None:
        """Put the pieces of an answer together."""
        self._heard += data
        head = self._heard.find(b"\r\n\r\n")
        if head < 0 or self._answer is None:
            return
        told = self._heard.find(b"content-length: ", 0, head) + 16
        length = int(self._heard[told : self._heard.index(b"\r\n", told)])
        if len(self._heard) >= head + 4 + length:
            whole, self._heard = self._heard, b""
            self._answer.set_result(whole)

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell who waits that no answer will come."""
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(exc or ConnectionResetError())

    def ask(self, request: bytes) -> "asyncio.Future[bytes]":
        """Send a request; its whole answer comes."""
        assert self._transport is not None
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return self._answer

    def hang_up(self) -> None:
        """Close the line."""
        assert self._transport is not None
        self._transport.close()


@dataclass(frozen=True)
class Answered:
    """What one stretch of asking gave: how long each answer took, in seconds, and how long it all took."""

    took: tuple[float, ...]
    lasted: float

    @property
    def per_second(self) -> float:
        """How many were answered a second."""
        return len(self.took) / self.lasted

    def percentile(self, hundredth: int) -> float:
        """Return how long the slowest of this share of answers took, in milliseconds."""
        return statistics.quantiles(self.took, n=100, method="inclusive")[hundredth - 1] * 1000


async def ask_for(seconds: float, port: int, begin: Callable[[], Asking], *, users: int) -> Answered:
    """Have `users` people ask for some seconds, each waiting for an answer before asking again."""
    took: list[float] = []
    begun = time.perf_counter()
    await asyncio.gather(*(_ask(port, begin(), begun + seconds, took) for _ in range(users)))
    return Answered(tuple(took), time.perf_counter() - begun)


async def _ask(port: int, asking: Asking, until: float, took: list[float]) -> None:
    line = await Line.to(port)
    request = next(asking)
    while (asked := time.perf_counter()) < until:
        answer = await line.ask(request)
        took.append(time.perf_counter() - asked)
        if not answer.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(answer.decode(errors="replace")[:500])
        request = asking.send(answer)
    line.hang_up()
