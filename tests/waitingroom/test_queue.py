"""The queue: a poke belongs to its transaction, and a worker goes on after everything that can happen to it."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from sqlalchemy import text

from waitingroom import queue
from waitingroom.database import Database
from waitingroom.queue import Deliver, Worker

pytestmark = pytest.mark.anyio

SOON = 30.0
CUT = """SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()"""


class LaneWorker:
    """Does as a delivery does: remembers every lane it was woken for."""

    def __init__(self) -> None:
        self.lanes: list[uuid.UUID] = []
        self.again: list[timedelta | None] = []
        self._grew = asyncio.Event()

    async def deliver(self, lane: uuid.UUID) -> timedelta | None:
        self.lanes.append(lane)
        self._grew.set()
        return self.again.pop(0) if self.again else None

    async def woken_for(self, lane: uuid.UUID, *, times: int = 1) -> None:
        async with asyncio.timeout(SOON):
            while self.lanes.count(lane) < times:
                await self._grew.wait()
                self._grew.clear()


Schedule = tuple[str, str, Callable[[], Awaitable[object]]]


@asynccontextmanager
async def working(
    database: Database, deliver: Deliver, *schedules: Schedule, troubles: list[BaseException] | None = None
) -> AsyncIterator[Worker]:
    """Run a worker until the block ends; it must then end by itself."""
    worker = Worker(database, deliver)
    for schedule in schedules:
        worker.schedule(*schedule)
    heard = troubles if troubles is not None else []
    task = asyncio.create_task(worker.run(on_trouble=heard.append))
    try:
        async with asyncio.timeout(SOON):
            await worker.ready.wait()
        yield worker
    finally:
        worker.stop()
        await asyncio.wait_for(task, SOON)


async def poke(database: Database, lane: uuid.UUID) -> None:
    async with database.transaction() as session:
        await queue.poke(session, lane)


async def waiting(database: Database) -> int:
    async with database.transaction() as session:
        return int((await session.run(text("SELECT count(*) FROM pgqueuer"))).scalar_one())


async def test_a_poke_is_there_once_its_turn_is_committed(database: Database) -> None:
    async with database.transaction() as session:
        await queue.poke(session, uuid.uuid4())
        assert await waiting(database) == 0
    assert await waiting(database) == 1


async def test_a_poke_vanishes_with_a_turn_that_fails(database: Database) -> None:
    async def fail() -> None:
        async with database.transaction() as session:
            await queue.poke(session, uuid.uuid4())
            raise RuntimeError("the turn fails")

    with pytest.raises(RuntimeError, match="the turn fails"):
        await fail()
    assert await waiting(database) == 0


async def test_a_worker_is_woken_for_the_lane_that_was_poked_and_only_once(database: Database) -> None:
    one, other, delivered = uuid.uuid4(), uuid.uuid4(), LaneWorker()
    await poke(database, one)
    async with working(database, delivered.deliver):
        await delivered.woken_for(one)
        await poke(database, other)
        await delivered.woken_for(other)
    assert delivered.lanes == [one, other]
    assert await waiting(database) == 0


async def test_a_lane_that_is_not_done_is_looked_at_again_after_the_time_it_asked(database: Database) -> None:
    lane, delivered = uuid.uuid4(), LaneWorker()
    delivered.again = [timedelta(milliseconds=50), timedelta(milliseconds=50), None]
    async with working(database, delivered.deliver):
        await poke(database, lane)
        await delivered.woken_for(lane, times=3)
    assert delivered.lanes == [lane] * 3


async def test_one_lane_that_fails_stops_no_other(database: Database) -> None:
    bad, good, delivered = uuid.uuid4(), uuid.uuid4(), LaneWorker()

    async def deliver(lane: uuid.UUID) -> timedelta | None:
        if lane == bad:
            raise ValueError("nobody can read this")
        return await delivered.deliver(lane)

    async with working(database, deliver):
        await poke(database, bad)
        await poke(database, good)
        await delivered.woken_for(good)
    assert delivered.lanes == [good]


async def test_two_workers_share_the_lanes_and_do_none_twice(database: Database) -> None:
    lanes, one, other = [uuid.uuid4() for _ in range(40)], LaneWorker(), LaneWorker()
    for lane in lanes:
        await poke(database, lane)
    async with working(database, one.deliver), working(database, other.deliver), asyncio.timeout(SOON):
        while await waiting(database):
            await asyncio.wait({asyncio.create_task(asyncio.Event().wait())}, timeout=0.05)
    assert sorted(one.lanes + other.lanes) == sorted(lanes)


async def test_a_worker_whose_connections_are_cut_comes_back_and_goes_on(database: Database) -> None:
    before, after, delivered = uuid.uuid4(), uuid.uuid4(), LaneWorker()
    troubles: list[BaseException] = []
    async with working(database, delivered.deliver, troubles=troubles):
        await poke(database, before)
        await delivered.woken_for(before)
        async with database.transaction() as session:
            assert (await session.run(text(CUT))).scalar_one() > 0
            await queue.poke(session, after)
        await delivered.woken_for(after)
    assert delivered.lanes.count(before) == 1


async def test_a_schedule_runs_by_the_clock(database: Database) -> None:
    ticked = asyncio.Event()

    async def tick() -> None:
        ticked.set()

    async with working(database, LaneWorker().deliver, ("tick", "* * * * * *", tick)), asyncio.timeout(SOON):
        await ticked.wait()


async def test_a_schedule_that_fails_once_runs_again(database: Database) -> None:
    ticks, again = 0, asyncio.Event()

    async def tick() -> None:
        nonlocal ticks
        ticks += 1
        if ticks == 1:
            raise ValueError("not this time")
        again.set()

    async with working(database, LaneWorker().deliver, ("tick", "* * * * * *", tick)), asyncio.timeout(SOON):
        await again.wait()


async def test_a_worker_that_is_stopped_finishes_what_is_in_hand(database: Database) -> None:
    lane, begun, may_end, ended = uuid.uuid4(), asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def deliver(_: uuid.UUID) -> timedelta | None:
        begun.set()
        await may_end.wait()
        ended.set()
        return None

    await poke(database, lane)
    async with working(database, deliver) as worker:
        await asyncio.wait_for(begun.wait(), SOON)
        worker.stop()
        may_end.set()
    assert ended.is_set()
    assert await waiting(database) == 0
