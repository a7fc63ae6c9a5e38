"""The line between a service and its database: one that can be cut, closed by half, slowed, or fall silent."""

import asyncio
import socket
import struct
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path

CHUNK = 65536
ABRUPTLY = struct.pack("ii", 1, 0)
"""SO_LINGER on, of no time: closing then sends a reset."""


class Line:
    """Carries bytes from a port of this machine to the socket of a PostgreSQL, and has faults when told to."""

    def __init__(self, to: Path) -> None:
        self._to = to
        self._loop = asyncio.new_event_loop()
        self._ends: set[tuple[asyncio.StreamWriter, asyncio.StreamWriter]] = set()
        self.port = 0
        self.silent = False
        """takes everything and passes on nothing, as a dead machine behind a living proxy"""
        self.refuses = False
        """resets every new connection"""
        self.slow = 0.0
        """seconds that every piece takes"""

    def cut(self) -> None:
        """Reset every connection there is."""
        self._loop.call_soon_threadsafe(self._each, _reset)

    def close_by_half(self) -> None:
        """Tell our side of every connection that the database will say no more."""
        self._loop.call_soon_threadsafe(self._each, _say_no_more)

    def _each(self, fault: Callable[[asyncio.StreamWriter], None]) -> None:
        for ours, theirs in list(self._ends):
            with suppress(OSError, RuntimeError):
                fault(ours)
            if fault is _reset:
                theirs.transport.abort()

    async def serve(self, ready: threading.Event, ends: asyncio.Event) -> None:
        server = await asyncio.start_server(self._carry, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        ready.set()
        await ends.wait()
        server.close()
        self._each(_reset)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.refuses:
            _reset(writer)
            return
        with suppress(OSError):
            async with self._connected(writer) as (their_reader, their_writer):
                await asyncio.gather(self._pass(reader, their_writer), self._pass(their_reader, writer))

    @asynccontextmanager
    async def _connected(
        self, ours: asyncio.StreamWriter
    ) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
        try:
            reader, theirs = await asyncio.open_unix_connection(str(self._to))
        except OSError:
            _reset(ours)
            raise
        self._ends.add((ours, theirs))
        try:
            yield reader, theirs
        finally:
            self._ends.discard((ours, theirs))
            ours.close()
            theirs.close()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while said := await reader.read(CHUNK):
                if self.slow:
                    await asyncio.sleep(self.slow)
                while self.silent:  # noqa: ASYNC110 -- set from another thread
                    await asyncio.sleep(0.02)
                writer.write(said)
                await writer.drain()
        with suppress(OSError, RuntimeError):
            writer.write_eof()


def _reset(writer: asyncio.StreamWriter) -> None:
    if not writer.is_closing():
        end: socket.socket = writer.get_extra_info("socket")
        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, ABRUPTLY)
    writer.transport.abort()


def _say_no_more(writer: asyncio.StreamWriter) -> None:
    writer.write_eof()


@contextmanager
def line_to(path: Path) -> Iterator[Line]:
    """Lay a line to a PostgreSQL's socket, in a thread of its own."""
    line, ready, ends = Line(path), threading.Event(), asyncio.Event()
    thread = threading.Thread(target=line._loop.run_until_complete, args=(line.serve(ready, ends),), daemon=True)
    thread.start()
    assert ready.wait(10)
    try:
        yield line
    finally:
        line._loop.call_soon_threadsafe(ends.set)
        thread.join(10)
        line._loop.close()
