"""Slots: what one process may send now of the limits that all share, taken from the records in small blocks."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from waitingroom.database import Database
from waitingroom.rates import SOON, Limit

BLOCK = timedelta(milliseconds=100)
"""A block is what may go in so long, at least one message, and is good for so long: what is left then is lost."""

TAKE = """
WITH stood AS (
    SELECT key, GREATEST(full_at, $2::timestamptz) AS at, $2::timestamptz + $4::interval AS latest
    FROM rate WHERE key = $1 FOR UPDATE
), room AS (
    SELECT key, at, at - latest AS wait, LEAST(
        $5::int, 1 + floor(EXTRACT(epoch FROM latest - at) / EXTRACT(epoch FROM $3::interval))
    )::int AS slots FROM stood
)
UPDATE rate SET full_at = at + $3 * GREATEST(slots, 0) FROM room WHERE rate.key = room.key RETURNING slots, wait
"""
FIRST = "INSERT INTO rate (key, full_at) VALUES ($1, $2) ON CONFLICT DO NOTHING"


@dataclass
class _Block:
    left: int = 0
    until: datetime | None = None
    asking: asyncio.Lock = field(default_factory=asyncio.Lock)

    def take(self, now: datetime) -> bool:
        if self.left < 1 or self.until is None or now >= self.until:
            return False
        self.left -= 1
        return True


class Slots:
    """Hands out slots of the limits all workers share, in transactions of their own: nobody waits for a commit.

    `database` must have a connection free while others are lent to who asks.
    """

    def __init__(self, database: Database) -> None:
        """Take the records; nothing is asked of them yet."""
        self._database = database
        self._blocks: defaultdict[str, _Block] = defaultdict(_Block)

    async def take_each(self, limits: Sequence[Limit], *, now: datetime) -> timedelta:
        """Take a slot of every shared limit; where one is full none. Returns zero, or how long to wait."""
        taken: list[Limit] = []
        for limit in limits:
            if limit.shared:
                if wait := await self._take(limit, now):
                    self.give_back(taken)
                    return wait
                taken.append(limit)
        return timedelta(0)

    def give_back(self, limits: Sequence[Limit]) -> None:
        """Give back a slot of each shared limit that was not used after all; who asks next has it."""
        for limit in limits:
            if limit.shared:
                self._blocks[limit.key].left += 1

    async def _take(self, limit: Limit, now: datetime) -> timedelta:
        block = self._blocks[limit.key]
        if block.take(now):
            return timedelta(0)
        async with block.asking:
            if block.take(now):
                return timedelta(0)
            slots, wait = await self._ask(limit, now)
            if slots < 1:
                return max(wait, SOON)
            block.left, block.until = slots - 1, now + BLOCK
            return timedelta(0)

    async def _ask(self, limit: Limit, now: datetime) -> tuple[int, timedelta]:
        gap = timedelta(seconds=1 / limit.per_second)
        most = min(limit.burst, max(1, int(limit.per_second * BLOCK.total_seconds())))
        facts = limit.key, now, gap, gap * (limit.burst - 1), most
        async with self._database.statements() as driver:
            while (row := await driver.fetchrow(TAKE, *facts)) is None:
                await driver.execute(FIRST, limit.key, now)
        return row["slots"], row["wait"]
