"""The queue's clock: what is planned in a future that was taken back does not rest until it comes again."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta

import asyncpg
from pgqueuer import PgQueuer

EVERY = timedelta(seconds=5)
"""How often a worker looks whether the database's clock was set back."""
APART = timedelta(seconds=10)
"""How far the clocks of machines may be apart before what one planned looks wrong to another."""
BRING_FORWARD = """
UPDATE pgqueuer_schedules AS s SET
    next_run = LEAST(s.next_run, date_trunc('seconds', now() + plan.due_in)), heartbeat = LEAST(s.heartbeat, now())
FROM unnest($1::text[], $2::text[], $3::interval[]) AS plan (entrypoint, expression, due_in)
WHERE s.entrypoint = plan.entrypoint AND s.expression = plan.expression
    AND (s.next_run > now() + plan.due_in + $4::interval OR s.heartbeat > now() + $4::interval)
"""
"""A sign of life from the future would keep what a lost worker had in hand from every other."""
PASSING = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError)


async def mind(pool: asyncpg.Pool, running: PgQueuer) -> None:
    """Look again and again whether the database's clock was set back, until cancelled."""
    while True:
        await asyncio.sleep(EVERY.total_seconds())
        registry = running.sm.registry.items()
        plans = {(str(key.entrypoint), str(key.expression)): plan.next_in() for key, plan in registry}
        with suppress(*PASSING):  # what runs beside meets it too, and is begun anew
            await bring_forward(pool, plans)


async def bring_forward(pool: asyncpg.Pool, plans: Mapping[tuple[str, str], timedelta]) -> int:
    """Plan anew what is planned later than it can be. Returns how many schedules that were.

    `plans`: in how long each schedule, by name and cron, is due next. What is planned for later than that was
    planned before the database's clock was set back.
    """
    names, crons = [name for name, _ in plans], [cron for _, cron in plans]
    done: str = await pool.execute(BRING_FORWARD, names, crons, list(plans.values()), APART)
    return int(done.rpartition(" ")[2])
