"""A burst of jobs on a queue that has long been empty: how long each fetch takes, as the worker asks and without.

    .venv/bin/python -m benchmarks.burst [--jobs 5000]

The worst case: the planner has just been told that the queue is empty, a plan for that is kept, and nobody tells
it otherwise (autovacuum is off for the table). The worker asks for a plan of its own each time
(`plan_cache_mode=force_custom_plan`).
"""

import argparse
import asyncio
import statistics
import time
import uuid
from collections.abc import Sequence
from datetime import timedelta

import asyncpg
from pgqueuer.adapters.drivers.asyncpg import AsyncpgDriver
from pgqueuer.domain.types import QueueEntrypoint, QueueManagerId
from pgqueuer.models import Job
from pgqueuer.ports.repository import EntrypointExecutionParameter
from pgqueuer.queries import Queries

from benchmarks.processes import database
from waitingroom import schema
from waitingroom.queue import HEARTBEAT, LANE

BATCH = 20
LOOKS = 20
"""Looks at the empty queue before the burst: after five of them PostgreSQL keeps a plan, where it may."""
EMPTY = "TRUNCATE pgqueuer, pgqueuer_log; ALTER TABLE pgqueuer SET (autovacuum_enabled = off)"
WAYS = {"as the worker asks": "force_custom_plan", "without that": "auto"}


async def main() -> None:
    """Measure both ways, and print a table in Markdown."""
    words = argparse.ArgumentParser(description="How long a fetch takes in a burst of jobs.")
    words.add_argument("--jobs", type=int, default=5000)
    jobs = words.parse_args().jobs
    with database() as (_, url):
        schema.upgrade(url)
        print(f"{jobs:,} jobs at once on an empty queue; milliseconds a fetch of {BATCH}\n")
        print("| | median | p99 | longest |\n|---|---|---|---|")
        for name, plans in WAYS.items():
            took = await fetches(url, plans, jobs)
            print(f"| {name} | {statistics.median(took):.1f} | {p99(took):.1f} | {max(took):.1f} |")


async def fetches(url: str, plans: str, jobs: int) -> Sequence[float]:
    """Empty the queue, let `jobs` come at once, and fetch them all. Returns each fetch's milliseconds."""
    connection = await asyncpg.connect(url, server_settings={"plan_cache_mode": plans})
    queries = Queries(AsyncpgDriver(connection))
    try:
        await connection.execute(EMPTY)
        await connection.execute("VACUUM ANALYZE pgqueuer")
        for _ in range(LOOKS):
            assert not await _fetch(queries)
        lanes: list[bytes | None] = [uuid.uuid4().bytes for _ in range(jobs)]
        await queries.enqueue([LANE] * jobs, lanes, [0] * jobs)
        took = []
        while True:
            began = time.perf_counter()
            fetched = await _fetch(queries)
            took.append((time.perf_counter() - began) * 1000)
            if not fetched:
                return took
            await queries.log_jobs([(job, "successful", None) for job in fetched])
    finally:
        await connection.execute("TRUNCATE pgqueuer; ALTER TABLE pgqueuer RESET (autovacuum_enabled)")
        await connection.close()


async def _fetch(queries: Queries) -> list[Job]:
    return await queries.dequeue(
        batch_size=BATCH,
        entrypoints={QueueEntrypoint(LANE): EntrypointExecutionParameter(concurrency_limit=0)},
        queue_manager_id=WORKER,
        global_concurrency_limit=None,
        heartbeat_timeout=HEARTBEAT + timedelta(minutes=5),
    )


def p99(took: Sequence[float]) -> float:
    """Return what 99 of 100 stay below."""
    return statistics.quantiles(took, n=100)[98]


WORKER = QueueManagerId(uuid.uuid4())

if __name__ == "__main__":
    asyncio.run(main())
