"""The line between a service and its database: one that can be cut, closed by half, slowed, or fall silent.

It may be encrypted, as the way to a PostgreSQL elsewhere is: the embedded one was built without TLS.
"""

import asyncio
import socket
import ssl
import struct
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path

CHUNK = 65536
ABRUPTLY = struct.pack("ii", 1, 0)
"""SO_LINGER on, of no time: closing then sends a reset."""
ENCRYPT, GREETING = struct.pack("!ii", 8, 80877103), 8
"""What a client sends that wants TLS (PostgreSQL's SSLRequest), and how many bytes it sends before all else."""


class Line:
    """Carries bytes from a port of this machine to the socket of a PostgreSQL, and has faults when told to."""

    def __init__(self, to: Path, tls: ssl.SSLContext | None = None) -> None:
        self._to = to
        self._tls = tls
        self.encrypted = self.plain = 0
        """how many connections got so far as to say something, and how"""
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
        still = asyncio.all_tasks() - {asyncio.current_task()}
        for one in still:
            one.cancel()
        await asyncio.gather(*still, return_exceptions=True)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.refuses:
            _reset(writer)
            return
        try:
            greeting = await self._greeted(reader, writer)
            async with self._connected(writer) as (their_reader, their_writer):
                their_writer.write(greeting)
                await asyncio.gather(self._pass(reader, their_writer), self._pass(their_reader, writer))
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _greeted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        """Have the line encrypted where that is wanted and can be; return what is said first."""
        greeting = await reader.readexactly(GREETING)
        if greeting == ENCRYPT and self._tls is not None:
            writer.write(b"S")
            await writer.start_tls(self._tls)
            greeting = await reader.readexactly(GREETING)
            self.encrypted += 1
            return greeting
        if greeting == ENCRYPT:
            writer.write(b"N")
            greeting = await reader.readexactly(GREETING)
        self.plain += 1
        return greeting

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
            (writer.write_eof if writer.can_write_eof() else writer.close)()


def _reset(writer: asyncio.StreamWriter) -> None:
    if not writer.is_closing():
        end: socket.socket = writer.get_extra_info("socket")
        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, ABRUPTLY)
    writer.transport.abort()


def _say_no_more(writer: asyncio.StreamWriter) -> None:
    writer.write_eof()


@contextmanager
def line_to(path: Path, tls: ssl.SSLContext | None = None) -> Iterator[Line]:
    """Lay a line to a PostgreSQL's socket, in a thread of its own; `tls`: it can be encrypted."""
    line, ready, ends = Line(path, tls), threading.Event(), asyncio.Event()
    thread = threading.Thread(target=line._loop.run_until_complete, args=(line.serve(ready, ends),), daemon=True)
    thread.start()
    assert ready.wait(10)
    try:
        yield line
    finally:
        line._loop.call_soon_threadsafe(ends.set)
        thread.join(10)
        line._loop.close()
