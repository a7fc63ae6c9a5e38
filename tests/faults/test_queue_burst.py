"""A burst of jobs on a queue that was long empty is fetched as quickly as any."""

import pytest

from benchmarks.burst import fetches, p99
from waitingroom.database import Database
from waitingroom.queue import lines_of

pytestmark = [pytest.mark.anyio, pytest.mark.faults]

FETCHED_WITHIN = 50.0
"""Milliseconds: the promise, held in the long form; benchmarks/burst.py gives the figure."""
BUSY = 5
"""How many times as long it may take beside everything else there is to test."""


async def test_a_burst_is_fetched_quickly_though_the_planner_thinks_the_queue_is_empty(
    database_url: str, database: Database, kills: int
) -> None:
    long = kills >= 50
    took = await fetches(database_url, "force_custom_plan", 5000 if long else 1000)
    print(f"p99 {p99(took):.1f} ms of {len(took)} fetches")
    assert p99(took) <= FETCHED_WITHIN * (1 if long else BUSY)


async def test_every_connection_of_a_worker_asks_for_plans_of_its_own(database: Database) -> None:
    async with lines_of(database) as pool:
        for _ in range(2):
            async with pool.acquire() as one, pool.acquire() as other:
                assert {await one.fetchval(ASKED), await other.fetchval(ASKED)} == {"force_custom_plan"}


ASKED = "SHOW plan_cache_mode"
