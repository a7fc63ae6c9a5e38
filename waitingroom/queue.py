"""The queue's port: poke, schedule, run. Message rows are the truth; a job only wakes a worker.

pgqueuer stands behind it, on the same database, so a poke commits or vanishes with the turn that made it.
"""

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import asyncpg
from pgqueuer import PgQueuer
from pgqueuer.adapters.drivers.asyncpg import AsyncpgDriver
from pgqueuer.domain.errors import RetryRequested
from pgqueuer.models import Job, Schedule
from pgqueuer.queries import Queries
from sqlalchemy import text

from waitingroom.database import Database, Session

LANE = "lane"
POLL = timedelta(seconds=2)
"""How long a worker trusts notifications before it looks for itself: they can be lost on a restart."""
HEARTBEAT = timedelta(seconds=5)
"""After how long without a heartbeat a lost worker's job is taken by another."""

Deliver = Callable[[uuid.UUID], Awaitable[timedelta | None]]
"""Empties one conversation's lane; returns after how long to look again, or None where nothing is left."""
Tick = Callable[[], Awaitable[object]]


PURGE = text("DELETE FROM pgqueuer_log WHERE created < :before")


async def purge_log(session: Session, *, before: datetime) -> None:
    """Delete the queue's own log of jobs from `before`: it grows with every retry."""
    await session.run(PURGE, {"before": before})


async def poke(session: Session, conversation_id: uuid.UUID) -> None:
    """Have a worker look at this conversation's outgoing messages once this transaction commits."""
    await Queries(AsyncpgDriver(session.driver)).enqueue(LANE, conversation_id.bytes)


class Worker:
    """Runs the jobs and the schedules. Any number of them, on any number of machines, elect nobody."""

    def __init__(self, database: Database, deliver: Deliver) -> None:
        """Take the database to watch and what to do with a lane."""
        self._database = database
        self._deliver = deliver
        self._ticks: list[tuple[str, str, Tick]] = []
        self._stop = asyncio.Event()
        self._running: PgQueuer | None = None
        self.ready = asyncio.Event()

    def schedule(self, name: str, cron: str, tick: Tick) -> None:
        """Run `tick` by the clock, one worker at a time; `cron` has five fields, or six with seconds last."""
        self._ticks.append((name, cron, tick))

    def stop(self) -> None:
        """Finish what is in hand, then return from run()."""
        self._stop.set()
        if self._running is not None:
            self._running.shutdown.set()

    async def run(self, *, on_trouble: Callable[[BaseException], None]) -> None:
        """Work until stop(). A database that goes away is waited for, a second at a time at first, then five."""
        pause = 1.0
        while not self._stop.is_set():
            try:
                await self._work()
            except Exception as error:  # noqa: BLE001 -- whatever went wrong, messages wait for a worker
                pause = 1.0 if self.ready.is_set() else min(pause * 2, 5.0)
                self.ready.clear()
                on_trouble(error)
            if not self._stop.is_set():
                await _wait(self._stop, pause)

    async def _work(self) -> None:
        url = self._database.url.set(drivername="postgresql").render_as_string(hide_password=False)
        settings = {"plan_cache_mode": "force_custom_plan"}
        async with asyncpg.create_pool(url, min_size=2, max_size=6, server_settings=settings, timeout=5) as pool:
            self._running = running = PgQueuer.from_asyncpg_pool(pool)
            if self._stop.is_set():
                return

            @running.entrypoint(LANE)
            async def lane(job: Job) -> None:
                again = await self._deliver(uuid.UUID(bytes=bytes(job.payload or b"")))
                if again is not None:
                    raise RetryRequested(delay=again, reason="not due yet")

            for name, cron, tick in self._ticks:
                running.schedule(name, cron)(_calls(tick))
            self.ready.set()
            await running.run(dequeue_timeout=POLL, batch_size=20, heartbeat_timeout=HEARTBEAT)


def _calls(tick: Tick) -> Callable[[Schedule], Awaitable[None]]:
    async def run(_: Schedule) -> None:
        await tick()

    return run


async def _wait(stop: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return
