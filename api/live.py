"""Live: tells open pages that a conversation has grown, or the queue changed, by PostgreSQL's notifications."""

import asyncio
import json
import uuid
from collections import deque
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import asyncpg
from sqlalchemy.engine import URL

from waitingroom import lines
from waitingroom.handoffs import QUEUE_CHANGED
from waitingroom.messages import GROWN

QUEUE = uuid.UUID(int=0)
"""What pages of the queue watch, where pages of a talk watch its id."""
RETRY = 1.0
"""Seconds between tries to listen again after the database went away."""
ASK = 15.0
"""Seconds of silence after which the database is asked whether it is still there."""


LATEST = 100
"""How many changes of the queue are remembered, for pages that are told a moment later."""


@dataclass(frozen=True)
class Change:
    """A hand-off of the queue changed. `hub_id` None: it is everyone's. `urgency` 0 is the most urgent.

    `owner_id`: who of staff has picked it up.
    """

    handoff_id: uuid.UUID
    hub_id: uuid.UUID | None
    owner_id: uuid.UUID | None
    new: bool = False
    urgency: int = 0
    reference: str = ""

    def seen_by(self, staff_id: uuid.UUID, hub_id: uuid.UUID | None) -> bool:
        """Say whether someone of a hub, or of none, has it in their queue."""
        return None in {hub_id, self.hub_id} or hub_id == self.hub_id or staff_id == self.owner_id


class Live:
    """One listening connection a process. A page that watches is told; what was missed it asks for itself."""

    def __init__(self, url: URL) -> None:
        """Take the database's address; nothing is dialled yet."""
        self._url = url.set(drivername="postgresql").render_as_string(hide_password=False)
        self._watchers: dict[uuid.UUID, set[asyncio.Event]] = {}
        self._stop = asyncio.Event()
        self._latest: deque[Change] = deque(maxlen=LATEST)
        self.changes = 0
        """how often the queue changed since this process began to listen"""

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

    def watchers(self, conversation_id: uuid.UUID) -> int:
        """Count the pages of this process that watch a conversation; with QUEUE, the queue."""
        return len(self._watchers.get(conversation_id, ()))

    def since(self, change: int) -> Sequence[Change] | None:
        """List what changed in the queue after so many changes; None where it is more than is remembered."""
        count = self.changes - change
        return list(self._latest)[len(self._latest) - count :] if count <= len(self._latest) else None

    @property
    def pages(self) -> int:
        """How many pages of this process watch."""
        return sum(map(len, self._watchers.values()))

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
        connection = await asyncpg.connect(self._url, timeout=lines.CONNECT)
        lines.watch(connection)
        lost = asyncio.Event()
        connection.add_termination_listener(lambda _connection: lost.set())
        try:
            await connection.add_listener(GROWN, self._heard)
            await connection.add_listener(QUEUE_CHANGED, self._queue_changed)
            self._tell_all()
            waits = {asyncio.create_task(lost.wait()), asyncio.create_task(self._stop.wait())}
            try:
                while not (await asyncio.wait(waits, timeout=ASK, return_when=asyncio.FIRST_COMPLETED))[0]:
                    await connection.execute("SELECT", timeout=lines.CONNECT)
            finally:
                for wait in waits:
                    wait.cancel()
        except TimeoutError:
            connection.terminate()
            raise
        finally:
            await connection.close(timeout=2)

    def tell(self, conversation_id: uuid.UUID) -> None:
        """Tell the pages this process has open that a conversation has grown."""
        for grown in self._watchers.get(conversation_id, ()):
            grown.set()

    def _heard(self, _connection: object, _pid: int, _channel: str, payload: object) -> None:
        self.tell(uuid.UUID(str(payload)))

    def _queue_changed(self, _connection: object, _pid: int, _channel: str, payload: object) -> None:
        told = json.loads(str(payload))
        hub, owner = (uuid.UUID(told[name]) if told[name] else None for name in ("hub", "owner"))
        new, urgency, reference = told.get("new", False), told.get("urgency", 0), told.get("reference") or ""
        self._latest.append(Change(uuid.UUID(told["id"]), hub, owner, new, urgency, reference))
        self.changes += 1
        self.tell(QUEUE)

    def _tell_all(self) -> None:
        for watchers in self._watchers.values():
            for grown in watchers:
                grown.set()
