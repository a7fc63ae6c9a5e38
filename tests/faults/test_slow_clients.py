"""Whoever sends or reads a byte now and then, or opens a thousand lines, holds nobody else up for long."""

import asyncio
import socket
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, contextmanager, suppress

import pytest
import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import PlainTextResponse, StreamingResponse

from api import work
from api.patience import OVER
from api.settings import Settings

pytestmark = [pytest.mark.faults, pytest.mark.timeout(120)]

PATIENCE = 0.6
"""Seconds each thing may take here; a busy machine gets ten times as long to notice."""
NOTICED = 10 * PATIENCE
BIG = 8 * 1024 * 1024
ASK = b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n"


def tiny() -> FastAPI:
    """An application that needs no records: what is tried here is the line, not the house."""
    app = FastAPI()

    @app.get("/livez")
    async def alive() -> str:
        return "alive"

    @app.get("/who")
    async def who(request: Request) -> PlainTextResponse:
        return PlainTextResponse(request.client.host if request.client else "nobody")

    @app.post("/say")
    async def say(request: Request) -> int:
        return len(await request.body())

    @app.get("/big")
    async def big() -> StreamingResponse:
        async def much() -> AsyncIterator[bytes]:
            for _ in range(BIG // 65536):
                yield bytes(65536)

        return StreamingResponse(much())

    @app.get("/live")
    async def live() -> StreamingResponse:
        async def news() -> AsyncIterator[bytes]:
            for _ in range(200):
                yield b": still here\n\n"
                await asyncio.sleep(0.05)

        return StreamingResponse(news(), media_type="text/event-stream")

    return app


class Served:
    """What serves for real, on a port of this machine."""

    def __init__(self, port: int, server: uvicorn.Server) -> None:
        self.port = port
        self.server = server

    def dials(self, *, reads: int = 0, own: str = "") -> socket.socket:
        """Open a line. `reads`: with so small a room for what comes back; `own`: from this address of ours."""
        line = socket.socket()
        if reads:
            line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, reads)
        if own:
            line.bind((own, 0))
        line.settimeout(NOTICED)
        line.connect(("127.0.0.1", self.port))
        return line

    def asks(self, request: bytes = ASK, *, own: str = "") -> str:
        """Ask once on a line of its own; the whole answer."""
        with self.dials(own=own) as line:
            line.sendall(request)
            return answer_on(line)

    @property
    def lines(self) -> int:
        return len(self.server.server_state.connections)

    def comes_to(self, lines: int) -> bool:
        """Wait until no more lines than these are open."""
        deadline = time.monotonic() + NOTICED
        while self.lines > lines and time.monotonic() < deadline:
            time.sleep(0.02)
        return self.lines <= lines


def answer_on(line: socket.socket) -> str:
    """Read one answer, up to the end of its body or of the line."""
    heard = b""
    while True:
        head, _, body = heard.partition(b"\r\n\r\n")
        length = [int(one[16:]) for one in head.lower().split(b"\r\n") if one.startswith(b"content-length: ")]
        if length and len(body) >= length[0]:
            return heard.decode()
        with suppress(ConnectionError):
            if more := line.recv(65536):
                heard += more
                continue
        return heard.decode()


@contextmanager
def serving(**settings: object) -> Iterator[Served]:
    made = Settings(head_seconds=PATIENCE, body_seconds=PATIENCE, reading_seconds=PATIENCE)
    config = work.server(tiny(), made.model_copy(update=settings)).config
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        while not server.started:
            assert thread.is_alive()
            time.sleep(0.01)
        yield Served(listening.getsockname()[1], server)
        server.should_exit = server.force_exit = True
        thread.join(20)


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with serving() as served:
        yield served


def drips(line: socket.socket, pieces: bytes) -> bool:
    """Send a byte now and then; whether the other side hung up before it was all said."""
    try:
        for number in range(len(pieces)):
            line.sendall(pieces[number : number + 1])
            time.sleep(PATIENCE / 5)
    except ConnectionError:
        return True
    return False


def test_a_head_that_drips_in_is_hung_up_on(served: Served) -> None:
    with served.dials() as line:
        assert drips(line, b"GET /livez HTTP/1.1\r\nX-Slow: " + b"a" * 60) or answer_on(line).startswith(
            "HTTP/1.1 408"
        )
    assert served.comes_to(0)


def test_a_line_on_which_nothing_is_asked_is_hung_up_on(served: Served) -> None:
    with served.dials() as line:
        answer_on(line)
        assert line.recv(1) == b""


def test_blank_lines_without_end_are_no_request(served: Served) -> None:
    with served.dials() as line:
        line.sendall(ASK)
        assert answer_on(line).startswith("HTTP/1.1 200")
        assert drips(line, b"\r\n" * 40) or answer_on(line).startswith("HTTP/1.1 408")
    assert served.comes_to(0)


def test_a_body_that_drips_in_is_hung_up_on(served: Served) -> None:
    with served.dials() as line:
        line.sendall(b"POST /say HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n")
        assert drips(line, b"a" * 60) or answer_on(line).startswith("HTTP/1.1 408")
    assert served.comes_to(0)


def test_whoever_does_not_read_the_answer_is_let_go(served: Served) -> None:
    with ExitStack() as lines:
        for _ in range(20):
            line = lines.enter_context(served.dials(reads=4096))
            line.sendall(b"GET /big HTTP/1.1\r\nHost: x\r\n\r\n")
        assert served.asks().endswith('"alive"')
        assert served.comes_to(0)


def test_a_hundred_slow_ones_keep_nobody_waiting(served: Served) -> None:
    with ExitStack() as lines:
        for _ in range(100):
            lines.enter_context(served.dials()).sendall(b"GET /livez HTTP/1.1\r\nX-Slow: ")
        begun = time.monotonic()
        assert served.asks().endswith('"alive"')
        assert time.monotonic() - begun < NOTICED / 2
        assert served.comes_to(0)


def test_an_open_page_is_not_taken_for_a_slow_one(served: Served) -> None:
    with served.dials() as line:
        line.sendall(b"GET /live HTTP/1.1\r\nHost: x\r\n\r\n")
        begun, heard = time.monotonic(), b""
        while time.monotonic() - begun < 3 * PATIENCE:
            heard += line.recv(4096)
            assert heard
        assert heard.count(b"still here") > 5


def test_a_line_goes_on_from_one_request_to_the_next(served: Served) -> None:
    with served.dials() as line:
        for _ in range(4):
            line.sendall(ASK)
            assert answer_on(line).startswith("HTTP/1.1 200")
            time.sleep(PATIENCE / 2)


def test_one_line_too_many_is_told_so_and_closed_but_can_ask_whether_we_live() -> None:
    with serving(most_connections=10, head_seconds=30.0) as served, ExitStack() as lines:
        for _ in range(10):
            lines.enter_context(served.dials()).sendall(b"GET ")
        deadline = time.monotonic() + NOTICED
        while served.lines < 10 and time.monotonic() < deadline:
            time.sleep(0.01)
        refused = served.asks(b"GET /who HTTP/1.1\r\nHost: x\r\n\r\n")
        assert refused.startswith("HTTP/1.1 503")
        assert "retry-after: " in refused.lower()
        assert "connection: close" in refused.lower()
        assert "application/problem+json" in refused
        assert served.asks(ASK.replace(b"Host", b"Connection: close\r\nHost")).startswith("HTTP/1.1 200")
        for _ in range(OVER + 20):
            with suppress(ConnectionError):
                lines.enter_context(served.dials()).sendall(b"GET ")
        assert served.comes_to(10 + OVER)


@pytest.mark.parametrize("told", [b"X-Forwarded-For: 203.0.113.7", b"X-Forwarded-For: 203.0.113.7, 127.0.0.1"])
def test_a_proxy_on_this_machine_is_believed_whom_it_asks_for(served: Served, told: bytes) -> None:
    asked = b"GET /who HTTP/1.1\r\nHost: x\r\n" + told + b"\r\n\r\n"
    assert served.asks(asked).endswith("203.0.113.7")


@pytest.mark.parametrize(
    "told",
    [
        b"X-Forwarded-For: 198.51.100.1, 203.0.113.7",
        b"X-Forwarded-For: 198.51.100.1\r\nX-Forwarded-For: 203.0.113.7",
        b"X-Forwarded-For: 198.51.100.1\r\nX-Real-IP: 198.51.100.1\r\nX-Forwarded-For: 203.0.113.7, 127.0.0.1",
    ],
)
def test_a_stranger_behind_the_proxy_cannot_choose_their_address(served: Served, told: bytes) -> None:
    asked = b"GET /who HTTP/1.1\r\nHost: x\r\n" + told + b"\r\n\r\n"
    assert served.asks(asked).endswith("203.0.113.7")


def test_a_stranger_who_comes_without_the_proxy_is_not_believed(served: Served) -> None:
    asked = b"GET /who HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 203.0.113.7\r\nForwarded: for=203.0.113.7\r\n\r\n"
    assert served.asks(asked, own="127.0.0.2").endswith("127.0.0.2")


def test_only_networks_that_are_named_are_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WAITINGROOM_PROXIES", "10.0.0.0/8, 192.0.2.1")
    assert Settings().proxies == {"10.0.0.0/8", "192.0.2.1"}
    for everybody in ("*", "0.0.0.0/0", "::/0", "proxy.example.org"):
        monkeypatch.setenv("WAITINGROOM_PROXIES", everybody)
        with pytest.raises(ValueError, match=r"proxies|PROXIES"):
            Settings()
