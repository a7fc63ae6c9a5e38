"""Rates: how fast we may send, one row a limit, shared by every worker on every machine."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import text
from sqlmodel import Field, SQLModel

from waitingroom.database import Session

TAKE = text("""
INSERT INTO rate AS r (key, full_at) VALUES (:key, CAST(:now AS timestamptz) + CAST(:gap AS interval))
ON CONFLICT (key) DO UPDATE SET full_at = GREATEST(r.full_at, :now) + CAST(:gap AS interval)
WHERE r.full_at <= CAST(:now AS timestamptz) + CAST(:slack AS interval)
RETURNING full_at
""")
WAIT = text("SELECT full_at - CAST(:slack AS interval) - CAST(:now AS timestamptz) FROM rate WHERE key = :key")


class Rate(SQLModel, table=True):
    """When a limit's bucket would be full again: the theoretical arrival time of GCRA (ITU-T I.371)."""

    key: str = Field(primary_key=True)
    full_at: datetime


@dataclass(frozen=True)
class Limit:
    """At most `per_second` messages a second under `key`, `burst` of them at once."""

    key: str
    per_second: float
    burst: int = 1


async def take(session: Session, limit: Limit, *, now: datetime) -> timedelta:
    """Take one slot. Returns zero where it was free, else how long to wait before trying again."""
    gap = timedelta(seconds=1 / limit.per_second)
    slack = gap * (limit.burst - 1)
    facts = {"key": limit.key, "now": now, "gap": gap, "slack": slack}
    if (await session.run(TAKE, facts)).first():
        return timedelta(0)
    facts.pop("gap")
    row = (await session.run(WAIT, facts)).first()
    return max(row[0], timedelta(milliseconds=1)) if row else timedelta(milliseconds=1)
