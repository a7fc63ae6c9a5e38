"""The wire: a small HTTP/1.1 server on loopback, with an event loop in a thread of its own."""

import asyncio
import contextlib
import json
import socket
import struct
import threading
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import Future
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Self, TypeVar, cast
from urllib.parse import parse_qsl

import httptools
import uvloop

T = TypeVar("T")
RESET = struct.pack("ii", 1, 0)
"""SO_LINGER: what is dropped from now on is reset, and nobody says goodbye."""
PATIENCE = 15.0
"""Seconds a test waits for something to happen before it says that it did not."""


@dataclass(slots=True)
class Request:
    """One request, whole; header names in lower case."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    @property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(self.target.partition("?")[2], keep_blank_values=True))


@dataclass(slots=True)
class Response:
    """One answer."""

    status: int
    body: bytes
    kind: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)
    cut: int = 0
    """how many bytes of the end are never sent: the line is reset there"""

    @classmethod
    def of(cls, status: int, said: Any, headers: dict[str, str] | None = None) -> "Response":
        """Say something as JSON."""
        return cls(status, json.dumps(said, ensure_ascii=False).encode(), headers=headers or {})

    def as_bytes(self) -> bytes:
        """Return the answer as it goes over the line."""
        head = f"HTTP/1.1 {self.status} {_PHRASES.get(self.status, 'Unknown')}\r\nContent-Type: {self.kind}\r\n"
        head += "".join(f"{name}: {value}\r\n" for name, value in self.headers.items())
        whole = f"{head}Content-Length: {len(self.body)}\r\n\r\n".encode() + self.body
        return whole[: len(whole) - self.cut]


_PHRASES = {status.value: status.phrase for status in HTTPStatus}
Answering = Response | None
"""None: hang up without a word."""


class _Line(asyncio.Protocol):
    def __init__(self, server: "Server") -> None:
        self.server = server
        self.parser = httptools.HttpRequestParser(self)
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self.server.lines.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self.server.lines.discard(self)

    def data_received(self, data: bytes) -> None:
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserError:
            self.transport.write(Response(400, b"").as_bytes())
            self.transport.close()

    def on_message_begin(self) -> None:
        self.target, self.body, self.headers = b"", b"", dict[str, str]()

    def on_url(self, url: bytes) -> None:
        self.target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers[name.decode("latin-1").lower()] = value.decode("latin-1")
        if name.lower() == b"expect":
            self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def on_body(self, body: bytes) -> None:
        self.body += body

    def on_message_complete(self) -> None:
        method = self.parser.get_method().decode()
        keep = self.parser.should_keep_alive()
        request = Request(method, self.target.decode("latin-1"), self.headers, self.body)
        answer = self.server.answer(request)
        if isinstance(answer, Response) or answer is None:
            self.say(answer, keep=keep)
        else:
            self.server.go(self._later(answer, keep=keep))

    async def _later(self, answer: Awaitable[Answering], *, keep: bool) -> None:
        self.say(await answer, keep=keep)

    def say(self, answer: Answering, *, keep: bool) -> None:
        if answer is None:
            self.transport.abort()
        elif not self.transport.is_closing():
            self.transport.write(answer.as_bytes())
            if answer.cut:
                self.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
                self.transport.abort()
            elif not keep:
                self.transport.close()


class Server:
    """Something that answers HTTP on loopback: a context manager. Subclasses say what in `answer`.

    `lock` is held by whoever reads or changes the state from outside the loop; `until` waits for a change.
    """

    def __init__(self, *, port: int = 0) -> None:
        self.port = port
        self.lock = threading.RLock()
        self.lines: set[_Line] = set()
        self._changed = threading.Condition(self.lock)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._tasks: set[asyncio.Task[Any]] = set()
        self._thread: threading.Thread | None = None
        self._ending = False

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def answer(self, request: Request) -> Answering | Awaitable[Answering]:
        """Answer one request, inside the loop."""
        raise NotImplementedError

    def __enter__(self) -> Self:
        began: Future[int] = Future()
        self._thread = threading.Thread(target=self._run, args=(began,), daemon=True)
        self._thread.start()
        self.port = began.result(10)
        return self

    def __exit__(self, *_: object) -> None:
        assert self._loop is not None
        assert self._thread is not None
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    def go(self, work: Coroutine[Any, Any, Any]) -> None:
        """Begin something in the loop; call it from the loop only."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def soon(self, work: Callable[[], Coroutine[Any, Any, Any] | None]) -> None:
        """Begin something in the loop, from any thread; nothing happens while the server is not running."""
        if self._loop is None or self._ending:
            return

        def begin() -> None:
            coroutine = work()
            if coroutine is not None:
                self.go(coroutine)

        self._loop.call_soon_threadsafe(begin)

    def changed(self) -> None:
        """Tell everyone who waits that something happened."""
        with self._changed:
            self._changed.notify_all()

    def until(self, happened: Callable[[], T], *, seconds: float = PATIENCE) -> T:
        """Wait until `happened()` is true, and return what it said. Raises AssertionError after `seconds`."""
        with self._changed:
            self._changed.wait_for(happened, seconds)
            found = happened()
        assert found, f"did not happen within {seconds} seconds"
        return found

    async def reached(self, happened: Callable[[], T], *, seconds: float = PATIENCE) -> T:
        """Do as `until`, without holding up the caller's own loop."""
        return await asyncio.to_thread(self.until, happened, seconds=seconds)

    def _run(self, began: "Future[int]") -> None:
        self._loop = loop = uvloop.new_event_loop()
        asyncio.set_event_loop(loop)
        try:
            opening = loop.create_server(lambda: _Line(self), "127.0.0.1", self.port, backlog=512)
            server = cast("asyncio.Server", loop.run_until_complete(opening))
        except OSError as error:
            began.set_exception(error)
            loop.close()
            return
        began.set_result(server.sockets[0].getsockname()[1])
        loop.run_forever()
        self._ending = True
        server.close()
        for line in tuple(self.lines):
            line.transport.abort()
        loop.run_until_complete(self._finish())
        loop.close()
        self._loop = None

    async def _finish(self) -> None:
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.closing()
        await asyncio.sleep(0)

    async def closing(self) -> None:
        """Close what else is open."""


def wait_for_the_end() -> None:
    """Wait until Ctrl-C."""
    with contextlib.suppress(KeyboardInterrupt):
        threading.Event().wait()
