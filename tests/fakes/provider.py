"""A made-up provider of messages: a real HTTP server that takes, refuses, stalls and mumbles as it is told."""

import json
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum, auto
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

PATIENCE = 30.0


class Answer(Enum):
    """How the provider treats one message."""

    TAKES = auto()
    TELLS_TWICE = auto()
    """takes it, and reports its delivery twice"""
    BUSY = auto()
    """429 without a word on when to come back"""
    BROKEN = auto()
    """500, and did not take it"""
    MALFORMED = auto()
    """takes it, but nobody can read the answer"""
    LATE = auto()
    """takes it, but answers only after `let_go`"""
    NEVER = auto()
    """takes it, and closes the line without an answer"""
    REFUSES = auto()
    BLOCKED = auto()
    UNKNOWN_ADDRESS = auto()


@dataclass(frozen=True)
class BusyFor:
    """429 with a Retry-After in seconds."""

    seconds: int


@dataclass(frozen=True)
class Taken:
    """One message the provider has accepted; it now owes the person exactly this."""

    id: str
    to: str
    text: str


REFUSALS = {
    Answer.BUSY: (429, "busy"),
    Answer.BROKEN: (500, "broken"),
    Answer.REFUSES: (400, "refused"),
    Answer.BLOCKED: (403, "blocked"),
    Answer.UNKNOWN_ADDRESS: (404, "unknown_address"),
}


@dataclass
class Provider:
    """What the provider was told to do next, and what it has taken. Without orders it takes every message."""

    taken: list[Taken] = field(default_factory=list)
    tries: int = 0
    receipts: list[str] = field(default_factory=list)
    """ids whose delivery has been reported, one for each report"""
    began: threading.Event = field(default_factory=threading.Event)
    """set once a message answered LATE has come in"""
    let_go: threading.Event = field(default_factory=threading.Event)
    port: int = 0
    _next: deque[Answer | BusyFor] = field(default_factory=deque)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def texts(self) -> list[str]:
        return [message.text for message in self.taken]

    def will(self, *answers: Answer | BusyFor) -> None:
        """Treat the next messages so, one after the other."""
        self._next.extend(answers)

    def hear(self, to: str, text: str) -> tuple[Answer | BusyFor, Taken | None]:
        """Take one message or not, as told."""
        with self._lock:
            self.tries += 1
            answer = self._next.popleft() if self._next else Answer.TAKES
            if answer in REFUSALS or isinstance(answer, BusyFor):
                return answer, None
            message = Taken(f"p{len(self.taken) + 1}", to, text)
            self.taken.append(message)
            self.receipts += [message.id] * (2 if answer is Answer.TELLS_TWICE else 1)
            return answer, message


class _Door(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    provider: Provider

    def do_POST(self) -> None:
        told = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        answer, message = self.provider.hear(told["to"], told["text"])
        if answer is Answer.NEVER:
            self.close_connection = True
            return
        if answer is Answer.LATE:
            self.provider.began.set()
            self.provider.let_go.wait(PATIENCE)
        if isinstance(answer, BusyFor):
            self._say(429, {"error": "busy"}, {"Retry-After": str(answer.seconds)})
        elif answer in REFUSALS:
            status, error = REFUSALS[answer]
            self._say(status, {"error": error})
        elif answer is Answer.MALFORMED or message is None:
            self._say(200, "<html>Thank you")
        else:
            self._say(200, {"id": message.id})

    def _say(self, status: int, said: Any, headers: dict[str, str] | None = None) -> None:
        body = (said if isinstance(said, str) else json.dumps(said)).encode()
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        try:
            self.wfile.write(body)
        except OSError:
            self.close_connection = True

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: a caller who was killed is no fault of the provider's."""


@contextmanager
def provider_running() -> Iterator[Provider]:
    """Run a provider on a port of its own."""
    provider = Provider()
    door = type("Door", (_Door,), {"provider": provider})
    server = _Server(("127.0.0.1", 0), door)
    provider.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        provider.let_go.set()
        server.shutdown()
        thread.join(10)
        server.server_close()
