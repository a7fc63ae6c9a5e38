"""Live: tells open pages that a conversation has grown, or the queue changed, by PostgreSQL's notifications."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
from sqlalchemy.engine import URL

from waitingroom.handoffs import QUEUE_CHANGED
from waitingroom.messages import GROWN

QUEUE = uuid.UUID(int=0)
"""What pages of the queue watch, where pages of a talk watch its id."""
RETRY = 1.0
"""Seconds between tries to listen again after the database went away."""


class Live:
    """One listening connection a process. A page that watches is told; what was missed it asks for itself."""

    def __init__(self, url: URL) -> None:
        """Take the database's address; nothing is dialled yet."""
        self._url = url.set(drivername="postgresql").render_as_string(hide_password=False)
        self._watchers: dict[uuid.UUID, set[asyncio.Event]] = {}
        self._stop = asyncio.Event()

    async def listen(self) -> None:
        """Listen until stop(); whenever the line was down, every page is told to look."""
        while not self._stop.is_set():
            try:
                await self._listen_once()
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                await asyncio.sleep(RETRY)

    def stop(self) -> None:
        """Stop listening, and let every watcher go."""
        self._stop.set()
        self._tell_all()

    @property
    def stopped(self) -> bool:
        """Whether the process is closing."""
        return self._stop.is_set()

    @asynccontextmanager
    async def watching(self, conversation_id: uuid.UUID) -> AsyncIterator[asyncio.Event]:
        """Give an event that is set whenever the conversation may have grown; with QUEUE, the queue changed."""
        grown = asyncio.Event()
        watchers = self._watchers.setdefault(conversation_id, set())
        watchers.add(grown)
        try:
            yield grown
        finally:
            watchers.discard(grown)
            if not watchers:
                self._watchers.pop(conversation_id, None)

    async def _listen_once(self) -> None:
        connection = await asyncpg.connect(self._url, timeout=5)
        lost = asyncio.Event()
        connection.add_termination_listener(lambda _connection: lost.set())
        try:
            await connection.add_listener(GROWN, self._heard)
            await connection.add_listener(QUEUE_CHANGED, self._queue_changed)
            self._tell_all()
            waits = {asyncio.create_task(lost.wait()), asyncio.create_task(self._stop.wait())}
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            for wait in waits:
                wait.cancel()
        finally:
            await connection.close(timeout=2)

    def tell(self, conversation_id: uuid.UUID) -> None:
        """Tell the pages this process has open that a conversation has grown."""
        for grown in self._watchers.get(conversation_id, ()):
            grown.set()

    def _heard(self, _connection: object, _pid: int, _channel: str, payload: object) -> None:
        self.tell(uuid.UUID(str(payload)))

    def _queue_changed(self, _connection: object, _pid: int, _channel: str, _payload: object) -> None:
        self.tell(QUEUE)

    def _tell_all(self) -> None:
        for watchers in self._watchers.values():
            for grown in watchers:
                grown.set()
