"""Slots: what one process may send now of the limits that all share, taken from the records in small blocks."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from waitingroom.circuits import LONGEST_PAUSE, PROBE
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
), probe AS (
    UPDATE circuit SET probe_at = $2::timestamptz + $7::interval, probing = true
    WHERE $6 AND channel = $1 AND (probe_at <= $2 OR probe_at > $2::timestamptz + $8::interval)
      AND EXISTS (SELECT FROM room WHERE slots > 0) RETURNING channel
), given AS (
    SELECT key, at, CASE WHEN probe_at IS NULL THEN wait ELSE GREATEST(wait, LEAST(probe_at - $2, $8)) END AS wait,
           probe_at IS NOT NULL AS shut,
           COALESCE(troubles, 0) > 0 AS troubled,
           CASE WHEN probe_at IS NULL THEN slots ELSE (SELECT count(*) FROM probe)::int END AS slots
    FROM room LEFT JOIN circuit ON channel = key
)
UPDATE rate SET full_at = at + $3 * GREATEST(slots, 0) FROM given WHERE rate.key = given.key
RETURNING slots, wait, shut, troubled
"""
"""Takes a block of slots; where the circuit of that name is open (waitingroom.circuits) none, but for one letter
that tries the provider when it is time. A time further off than any pause is a clock's that was set back."""
FIRST = "INSERT INTO rate (key, full_at) VALUES ($1, $2) ON CONFLICT DO NOTHING"


@dataclass
class _Block:
    left: int = 0
    until: datetime | None = None
    shut: bool = False
    """whether the circuit was open when that was asked last"""
    troubled: bool = False
    """whether there was trouble since the provider last took a letter, as far as is known here"""
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

    async def take_each(self, limits: Sequence[Limit], *, now: datetime, may_probe: bool = False) -> timedelta:
        """Take a slot of every shared limit; where one is full none. Returns zero, or how long to wait.

        `may_probe`: the letter leaves if it gets its slots, so it may be the one that tries a failing provider.
        """
        taken: list[Limit] = []
        for limit in limits:
            if limit.shared:
                if wait := await self._take(limit, now, may_probe=may_probe):
                    self.give_back(taken)
                    return wait
                taken.append(limit)
        return timedelta(0)

    def give_back(self, limits: Sequence[Limit]) -> None:
        """Give back a slot of each shared limit that was not used after all; who asks next has it."""
        for limit in limits:
            if limit.shared:
                self._blocks[limit.key].left += 1

    def shut(self, key: str) -> bool:
        """Say whether the last slot of this name was refused, or given to try it, because its provider failed."""
        return self._blocks[key].shut

    def troubled(self, key: str) -> bool:
        """Say whether the provider of this name had trouble since it last took a letter."""
        return self._blocks[key].troubled

    def had_trouble(self, key: str) -> None:
        """Note that this very process met trouble: nobody need ask for it. What is left of a block is not used."""
        block = self._blocks[key]
        block.troubled, block.left = True, 0

    async def _take(self, limit: Limit, now: datetime, *, may_probe: bool) -> timedelta:
        block = self._blocks[limit.key]
        if block.take(now):
            return timedelta(0)
        async with block.asking:
            if block.take(now):
                return timedelta(0)
            slots, wait = await self._ask(limit, now, may_probe=may_probe)
            if slots < 1:
                return max(wait, SOON)
            block.left, block.until = slots - 1, now + BLOCK
            return timedelta(0)

    async def _ask(self, limit: Limit, now: datetime, *, may_probe: bool) -> tuple[int, timedelta]:
        gap = timedelta(seconds=1 / limit.per_second)
        most = min(limit.burst, max(1, int(limit.per_second * BLOCK.total_seconds())))
        facts = limit.key, now, gap, gap * (limit.burst - 1), most, may_probe, PROBE, LONGEST_PAUSE
        async with self._database.statements() as driver:
            while (row := await driver.fetchrow(TAKE, *facts)) is None:
                await driver.execute(FIRST, limit.key, now)
        block = self._blocks[limit.key]
        block.shut, block.troubled = row["shut"], row["troubled"]
        return row["slots"], row["wait"]
