"""What this process counts: turns, sendings, answers. Figures from the records stand in api/figures.py."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from time import perf_counter

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
)
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.release import VERSION

disable_created_metrics()  # type: ignore[no-untyped-call]
REGISTRY = CollectorRegistry()
ProcessCollector(registry=REGISTRY)
BUILD = Gauge("waitingroom_build_info", "Which version this is", ["version"], registry=REGISTRY)
BUILD.labels(VERSION).set(1)
TURNS = Counter(
    "waitingroom_turns",
    "Messages taken, by channel and what became of them",
    ["channel", "outcome"],
    registry=REGISTRY,
)
TURN_SECONDS = Histogram(
    "waitingroom_turn_seconds",
    "How long a turn took, from the door to the commit",
    ["channel"],
    registry=REGISTRY,
    buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
)
SENDS = Counter(
    "waitingroom_sends",
    "Messages handed to a provider, by channel and what came of it: Taken, or the kind of trouble",
    ["channel", "outcome"],
    registry=REGISTRY,
)
SEND_SECONDS = Histogram(
    "waitingroom_send_seconds",
    "From when a message was queued until its provider took it, waits and earlier tries included",
    ["channel"],
    registry=REGISTRY,
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 3600),
)
PROVIDER_SECONDS = Histogram(
    "waitingroom_provider_seconds",
    "How long a provider took to answer",
    ["channel"],
    registry=REGISTRY,
    buckets=(0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
RECEIPTS = Counter(
    "waitingroom_receipts", "What providers told of messages later", ["channel", "status"], registry=REGISTRY
)
ANSWERS = Counter(
    "waitingroom_http_answers",
    "Answers over HTTP, by door and class of status",
    ["door", "class"],
    registry=REGISTRY,
)
TAKEN = "Taken"
DOORS: Mapping[str, str] = {
    "api": "api",
    "staff": "console",
    "telegram": "webhook",
    "twilio": "webhook",
    "chat": "chat",
    "livez": "watch",
    "readyz": "watch",
    "metrics": "watch",
}
"""What the first part of an address leads to; all others are pages."""
PAGES = "pages"


class Counted:
    """ASGI middleware around all else: counts answers by door and class of status, not whose they are."""

    def __init__(self, app: ASGIApp) -> None:
        """Take what answers."""
        self._app = app
        self._counters = {
            (door, kind): ANSWERS.labels(door, f"{kind}xx")
            for door in {*DOORS.values(), PAGES}
            for kind in range(2, 6)
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let one request through."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                door = DOORS.get(scope["path"].lstrip("/").split("/", 1)[0], PAGES)
                if counter := self._counters.get((door, message["status"] // 100)):
                    counter.inc()
            await send(message)

        await self._app(scope, receive, sending)


@contextmanager
def timed(histogram: Histogram, channel: str) -> Iterator[None]:
    """Note how long the block took, however it ends."""
    began = perf_counter()
    try:
        yield
    finally:
        histogram.labels(channel).observe(perf_counter() - began)
