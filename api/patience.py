"""Patience: how long a connection may take to ask, to send and to read; and how many connections there may be."""

import asyncio
import socket
from asyncio.events import TimerHandle
from dataclasses import dataclass

from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from api.short_heads import ShortHeads

OVER = 100
"""So many connections more than may be are still told so; the next are hung up on."""
GONE_AFTER_MS = 60_000
"""Milliseconds after which a line whose other end takes nothing any more is let go by the system (RFC 5482)."""
TOO_SLOW = b"HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"


@dataclass(frozen=True)
class Patience:
    """Seconds for the head of a request, for its body, and for reading an answer; and how many connections."""

    head: float = 10.0
    body: float = 30.0
    reading: float = 30.0
    connections: int = 800


class PatientLine(ShortHeads):
    """One connection. Whoever sends or reads a byte now and then does not hold it for long."""

    patience = Patience()
    turned_away: ASGIApp | None = None
    """answers where there are too many connections"""
    _sending: TimerHandle | None = None
    _reading: TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for the first request."""
        super().connection_made(transport)
        line = self.transport.get_extra_info("socket")
        if line is not None and line.family != getattr(socket, "AF_UNIX", None):
            line.setsockopt(socket.IPPROTO_TCP, getattr(socket, "TCP_USER_TIMEOUT", 18), GONE_AFTER_MS)
        if len(self.connections) > self.patience.connections + OVER:
            self.transport.abort()
            return
        self._wait_for_sending(self.patience.head)

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing any more."""
        self._stop_waiting()
        self._stop_watching()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take what came; where it begins a request, wait for its head."""
        if self._sending is None and (self.cycle is None or self.cycle.response_complete):
            self._wait_for_sending(self.patience.head)
        super().data_received(data)

    def on_headers_complete(self) -> None:
        """Wait for the body; where there are too many connections, tell this one so and close it."""
        self._wait_for_sending(self.patience.body)
        own = self.app
        if self.turned_away is not None and len(self.connections) > self.patience.connections:
            self.app = self.turned_away
        super().on_headers_complete()
        if self.app is not own:
            self.app = own
            if self.cycle is not None:
                self.cycle.keep_alive = False

    def on_message_complete(self) -> None:
        """Wait for nothing: it is ours to answer now."""
        self._stop_waiting()
        super().on_message_complete()

    def pause_writing(self) -> None:
        """Watch whether what was sent is read."""
        super().pause_writing()
        self._watch_reading()

    def resume_writing(self) -> None:
        """Watch no more: it was read."""
        self._stop_watching()
        super().resume_writing()

    def on_response_complete(self) -> None:
        """Watch whether the rest of the answer is read."""
        super().on_response_complete()
        if self.transport.get_write_buffer_size():
            self._watch_reading()

    def shutdown(self) -> None:
        """Let a line go where nothing is being answered, once it has read what it was told."""
        super().shutdown()
        if self.transport.is_closing() and self.transport.get_write_buffer_size():
            self._watch_reading()

    def _wait_for_sending(self, seconds: float) -> None:
        self._stop_waiting()
        self._sending = self.loop.call_later(seconds, self._sent_too_slowly)

    def _stop_waiting(self) -> None:
        if self._sending is not None:
            self._sending.cancel()
            self._sending = None

    def _sent_too_slowly(self) -> None:
        self._sending = None
        if self.transport.is_closing():
            return
        asked = self.cycle is not None and not self.cycle.response_complete
        if not (asked and self.cycle.response_started):
            self.transport.write(TOO_SLOW)
        self.transport.close()
        if self.transport.get_write_buffer_size():
            self._watch_reading()

    def _watch_reading(self) -> None:
        if self._reading is None:
            self._reading = self.loop.call_later(self.patience.reading, self._read_too_slowly)

    def _stop_watching(self) -> None:
        if self._reading is not None:
            self._reading.cancel()
            self._reading = None

    def _read_too_slowly(self) -> None:
        self._reading = None
        if self.flow.write_paused or self.transport.get_write_buffer_size():
            self.transport.abort()


def line_of(patience: Patience, turned_away: ASGIApp | None = None) -> type[HttpToolsProtocol]:
    """Return connections of this patience, as uvicorn makes them."""
    return type("OwnLine", (PatientLine,), {"patience": patience, "turned_away": _plain(turned_away)})


def _plain(app: ASGIApp | None) -> "staticmethod[..., object] | None":
    return None if app is None else staticmethod(app)
