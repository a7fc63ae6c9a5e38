"""The queue's port: poke, schedule, run. Message rows are the truth; a job only wakes a worker.

pgqueuer stands behind it, on the same database, so a poke commits or vanishes with the turn that made it.
"""

import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

import asyncpg
from pgqueuer import PgQueuer
from pgqueuer.adapters.drivers.asyncpg import AsyncpgDriver, AsyncpgPoolDriver
from pgqueuer.adapters.persistence.qb import QuerySchedulerBuilder
from pgqueuer.domain.errors import RetryRequested
from pgqueuer.models import Job, Schedule
from pgqueuer.queries import Queries
from sqlalchemy import text

from waitingroom import lines, queue_clock
from waitingroom.database import Database, Session

LANE = "lane"
POLL = timedelta(seconds=2)
"""How long a worker trusts notifications before it looks for itself: they can be lost on a restart."""
HEARTBEAT = timedelta(seconds=5)
"""After how long without a heartbeat a lost worker's job, or what it did by the clock, is taken by another."""
STATEMENT = timedelta(seconds=15)
"""How long one of the queue's own statements may take."""
CLOSES_WITHIN = 5.0
"""Seconds that connections may take to close."""

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


class _Sooner(QuerySchedulerBuilder):
    """Has another worker do what a lost one was doing by the clock as soon as its jobs: pgqueuer waits 30 s."""

    def build_fetch_schedule_query(self) -> str:
        shipped, within = super().build_fetch_schedule_query(), f"interval '{HEARTBEAT.total_seconds()} seconds'"
        return shipped.replace("interval '30 seconds'", within)


class Worker:
    """Runs the jobs and the schedules. Any number of them, on any number of machines, elect nobody."""

    def __init__(self, database: Database, deliver: Deliver, *, stopping: asyncio.Event | None = None) -> None:
        """Take the database to watch, what to do with a lane, and what is set when this one is told to stop."""
        self._database = database
        self._deliver = deliver
        self._ticks: list[tuple[str, str, Tick]] = []
        self._stop = stopping or asyncio.Event()
        self._running: PgQueuer | None = None
        self._beside: list[Callable[[], Coroutine[Any, Any, None]]] = []
        self.ready = asyncio.Event()
        self.begun = asyncio.Event()
        """set once it was ready for the first time"""

    def schedule(self, name: str, cron: str, tick: Tick) -> None:
        """Run `tick` by the clock, one worker at a time; `cron` has five fields, or six with seconds last."""
        self._ticks.append((name, cron, tick))

    def beside(self, living: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Have something go on as long as this one works; it is cancelled when that ends."""
        self._beside.append(living)

    def stop(self) -> None:
        """Finish what is in hand, then return from run()."""
        self._stop.set()
        if self._running is not None:
            self._running.shutdown.set()

    async def run(self, *, on_trouble: Callable[[BaseException], None]) -> None:
        """Work until stop(). A database that goes away is waited for, a second at a time at first, then five."""
        living = {asyncio.create_task(one()) for one in self._beside}
        try:
            await self._work_on(on_trouble)
        finally:
            for one in living:
                one.cancel()
            if living:
                await asyncio.wait(living, timeout=CLOSES_WITHIN)

    async def _work_on(self, on_trouble: Callable[[BaseException], None]) -> None:
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
        async with lines_of(self._database) as pool:
            driver = AsyncpgPoolDriver(pool)
            self._running = running = PgQueuer(driver, queries=Queries(driver, qbs=_Sooner()))
            if self._stop.is_set():
                return

            @running.entrypoint(LANE)
            async def lane(job: Job) -> None:
                again = await self._deliver(uuid.UUID(bytes=bytes(job.payload or b"")))
                if again is not None:
                    raise RetryRequested(delay=again, reason="not due yet")

            for name, cron, tick in self._ticks:
                running.schedule(name, cron)(_calls(tick))
            minding = asyncio.create_task(queue_clock.mind(pool, running))
            try:
                self.ready.set()
                self.begun.set()
                await running.run(dequeue_timeout=POLL, batch_size=20, heartbeat_timeout=HEARTBEAT)
            finally:
                minding.cancel()
                await asyncio.wait({minding})


@asynccontextmanager
async def lines_of(database: Database) -> AsyncIterator[asyncpg.Pool]:
    """Open a worker's own connections. Where something was raised they are dropped: they may answer no more."""
    url = database.url.set(drivername="postgresql").render_as_string(hide_password=False)
    asked = lines.asked_of_asyncpg({"plan_cache_mode": "force_custom_plan"}, STATEMENT)
    pool = await asyncpg.create_pool(url, min_size=2, max_size=6, init=_watched, **asked)
    try:
        yield pool
        async with asyncio.timeout(CLOSES_WITHIN):
            await pool.close()
    finally:
        pool.terminate()


async def _watched(connection: asyncpg.Connection) -> None:
    lines.watch(connection)


def _calls(tick: Tick) -> Callable[[Schedule], Awaitable[None]]:
    async def run(_: Schedule) -> None:
        await tick()

    return run


async def _wait(stop: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return
