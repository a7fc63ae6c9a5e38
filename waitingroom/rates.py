"""Rates: how fast we may send, one row a limit, shared by every worker on every machine."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Field, SQLModel

from waitingroom.database import Session

TAKE = """
WITH asked AS (
    SELECT key, gap, slack, n
    FROM unnest($2::text[], $3::interval[], $4::interval[]) WITH ORDINALITY AS a (key, gap, slack, n)
), stood AS (
    SELECT r.full_at - slack - $1 AS wait FROM rate r JOIN asked USING (key) ORDER BY n FOR UPDATE OF r
), taken AS (
    INSERT INTO rate AS r (key, full_at)
    SELECT key, $1::timestamptz + gap FROM asked WHERE NOT EXISTS (SELECT FROM stood WHERE wait > interval '0')
    ON CONFLICT (key) DO UPDATE SET full_at = GREATEST(r.full_at, $1) + (EXCLUDED.full_at - $1)
    WHERE r.full_at <= $1 + (SELECT slack FROM asked WHERE asked.key = r.key)
    RETURNING key
)
SELECT (SELECT count(*) FROM taken), (SELECT max(wait) FROM stood)
"""
"""Takes a slot of every limit, or of none: a chat held back costs the others nothing."""
SOON = timedelta(milliseconds=1)


class Rate(SQLModel, table=True):
    """When a limit's bucket would be full again: the theoretical arrival time of GCRA (ITU-T I.371)."""

    key: str = Field(primary_key=True)
    full_at: datetime


@dataclass(frozen=True)
class Limit:
    """At most `per_second` messages a second under `key`, `burst` of them at once.

    A key that ends in ':' is meant for each contact apart; all others are shared by everyone.
    """

    key: str
    per_second: float
    burst: int = 1

    @property
    def shared(self) -> bool:
        """Whether all contacts use it up together."""
        return not self.key.endswith(":")


async def take(session: Session, *limits: Limit, now: datetime) -> timedelta:
    """Take one slot of every limit. Returns zero where all were free, else how long to wait before trying again.

    Where one is not free none is taken. Limits that many share have slots of their own (waitingroom.slots): here
    their row would be locked until the commit.
    """
    if not limits:
        return timedelta(0)
    taken, wait = await session.driver.fetchrow(TAKE, now, *asked(limits))
    return timedelta(0) if taken == len(limits) else max(wait or SOON, SOON)


def asked(limits: Sequence[Limit]) -> tuple[list[str], list[timedelta], list[timedelta]]:
    """Write limits as statements take them: keys, the gaps between slots, and how early one may be taken."""
    gaps = [timedelta(seconds=1 / limit.per_second) for limit in limits]
    slacks = [gap * (limit.burst - 1) for gap, limit in zip(gaps, limits, strict=True)]
    return [limit.key for limit in limits], gaps, slacks
