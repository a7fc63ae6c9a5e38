"""What the product does by the clock is held beside a test, unless that is what the test is of."""

import asyncio
from datetime import datetime

import pytest
from fastapi import FastAPI
from sqlalchemy import text

from api.house import House
from bot.desk import Desk
from tests.talking import Speaker
from waitingroom import queue

pytestmark = pytest.mark.anyio
LONG = 3.0
"""Seconds in which what is done every second was done, whatever moment the application began at."""
SOON = 30.0


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> asyncio.Event:
    """Set by the clock every second, where it is not held."""
    done = asyncio.Event()

    async def note(_desk: Desk, *, now: datetime) -> None:
        done.set()

    monkeypatch.setattr("api.house.TICKS", {note: "* * * * * *"})
    return done


async def jobs(house: House) -> int:
    async with house.database.transaction() as session:
        return int((await session.run(text("SELECT count(*) FROM pgqueuer"))).scalar_one())


async def test_beside_a_test_the_worker_does_what_it_is_poked_for_and_nothing_by_the_clock(
    done: asyncio.Event, app: FastAPI
) -> None:
    house: House = app.state.house
    ann = Speaker(house.desk, now=house.clock.now())
    await ann.says("hello")
    async with house.database.transaction() as session:
        await queue.poke(session, ann.turns[-1].conversation_id)
    async with asyncio.timeout(SOON):
        while await jobs(house):  # noqa: ASYNC110 -- what the worker writes into the records is awaited
            await asyncio.sleep(0.05)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(done.wait(), LONG)


@pytest.mark.by_the_clock
async def test_beside_a_test_so_marked_the_clock_goes_on(done: asyncio.Event, app: FastAPI) -> None:
    await asyncio.wait_for(done.wait(), SOON)
