"""Heartbeats: which process is at work, and when each thing done by the clock was last done well.

All times here are the database's own: signs of life of several machines are compared, and their clocks may differ.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Field, SQLModel

from waitingroom.columns import new_id
from waitingroom.database import Session

EVERY = 5.0
"""Seconds between two signs of life."""
SILENT_AFTER = 30.0
"""Seconds without a sign of life after which a process no longer counts as alive."""

BEAT = """
INSERT INTO heartbeat AS h (id, kind, host, pid, version, began_at, beat_at)
VALUES ($1, $2, $3, $4, $5, now(), now())
ON CONFLICT (id) DO UPDATE SET beat_at = now()
"""
RAN = """
INSERT INTO tick_run AS t (name, since_at, ran_at, failed_at, trouble)
SELECT name, now(), now() - make_interval(secs => ran), now() - make_interval(secs => failed), trouble
FROM unnest($1::text[], $2::float8[], $3::float8[], $4::text[]) AS told (name, ran, failed, trouble) ORDER BY name
ON CONFLICT (name) DO UPDATE SET
    ran_at = GREATEST(t.ran_at, excluded.ran_at),
    failed_at = GREATEST(t.failed_at, excluded.failed_at),
    trouble = CASE WHEN excluded.failed_at IS NOT NULL THEN excluded.trouble ELSE t.trouble END
"""
"""What was done so and so many seconds ago: told as an age, a wrong clock on one machine says nothing wrong."""
FORGET = "DELETE FROM heartbeat WHERE id = $1 OR beat_at < now() - interval '1 day'"
STANDING = """
SELECT kind, count(*) FILTER (WHERE beat_at > now() - make_interval(secs => $1)) AS alive,
       GREATEST(EXTRACT(epoch FROM now() - max(beat_at)), 0)::float8 AS silent
FROM heartbeat GROUP BY kind ORDER BY kind
"""
RUNS = """
SELECT name, COALESCE(ran_at, since_at) AS ran_at, trouble, now() AS now,
       failed_at IS NOT NULL AND (ran_at IS NULL OR failed_at > ran_at) AS failing
FROM tick_run ORDER BY name
"""


class Heartbeat(SQLModel, table=True):
    """One process at work, and its last sign of life. It takes its row with it when it ends as it should."""

    id: uuid.UUID = Field(default_factory=new_id, primary_key=True)
    kind: str
    """what it does: 'worker', or 'poll'"""
    host: str
    pid: int
    version: str
    began_at: datetime
    beat_at: datetime


class TickRun(SQLModel, table=True):
    """When something that is done by the clock was last done, whichever process did it."""

    __tablename__ = "tick_run"

    name: str = Field(primary_key=True)
    since_at: datetime
    """when it was first planned"""
    ran_at: datetime | None = None
    failed_at: datetime | None = None
    trouble: str | None = None
    """the class of what went wrong last, never its words"""


@dataclass(frozen=True)
class Sign:
    """Who gives a sign of life."""

    id: uuid.UUID
    kind: str
    host: str
    pid: int
    version: str


@dataclass(frozen=True)
class Ran:
    """How many seconds ago something was last done by this process, or last failed; None: not at all."""

    well: float | None = None
    failed: float | None = None
    trouble: str | None = None


@dataclass(frozen=True)
class Alive:
    """How many processes of one kind are alive, and how many seconds ago the last sign of any of them came."""

    alive: int
    silent: float


@dataclass(frozen=True)
class Run:
    """When something was last done well (or first planned), the time now, and whether its last try failed."""

    ran_at: datetime
    now: datetime
    failing: bool
    trouble: str | None


async def beat(session: Session, sign: Sign, ran: Mapping[str, Ran]) -> None:
    """Give a sign of life, and tell what was done by the clock since the last one."""
    await session.driver.execute(BEAT, sign.id, sign.kind, sign.host, sign.pid, sign.version)
    if ran:
        told = list(ran.items())
        await session.driver.execute(
            RAN,
            [name for name, _ in told],
            [one.well for _, one in told],
            [one.failed for _, one in told],
            [one.trouble for _, one in told],
        )


async def end(session: Session, *, sign_id: uuid.UUID) -> None:
    """Take a process off that ends as it should, and those silent for a day."""
    await session.driver.execute(FORGET, sign_id)


async def standing(session: Session) -> dict[str, Alive]:
    """Say by kind which processes are alive. A kind nobody has heard of for a day is not there."""
    return {
        row["kind"]: Alive(row["alive"], row["silent"])
        for row in await session.driver.fetch(STANDING, SILENT_AFTER)
    }


async def runs(session: Session) -> dict[str, Run]:
    """Say by name when each thing done by the clock was last done."""
    return {
        row["name"]: Run(row["ran_at"], row["now"], bool(row["failing"]), row["trouble"])
        for row in await session.driver.fetch(RUNS)
    }
