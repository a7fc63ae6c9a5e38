"""Waits: how long someone will wait, said honestly, and said again when it changes."""

import uuid
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from pydantic import BaseModel
from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from waitingroom.database import Session, Work
from waitingroom.estimates import Cohort, Range, figures, left_to_wait

REMEMBERED = timedelta(days=364)
"""Whoever's wait ended longer ago says nothing of waits now."""
STALE = timedelta(days=2)
"""Figures older than this are told to nobody."""
NO_LONGER = 104
"""Weeks: what lies further off is only "longer than" this."""
MOVED = 7
"""Days by which the middle of what someone was told must have moved before they are told again."""
AGAIN_AFTER = timedelta(days=14)

COHORTS = """
SELECT first, joined_on, ended_on, contacted, count(*) FROM (
    SELECT h.conversation_id IS NOT NULL AS first, (r.joined_at AT TIME ZONE 'UTC')::date AS joined_on,
           (COALESCE(r.contacted_at, r.ended_at) AT TIME ZONE 'UTC')::date AS ended_on,
           r.contacted_at IS NOT NULL AS contacted
    FROM referral r
    LEFT JOIN (SELECT DISTINCT conversation_id FROM handoff WHERE urgency < 2) AS h
           ON h.conversation_id = r.conversation_id
    WHERE COALESCE(r.contacted_at, r.ended_at) IS NULL OR COALESCE(r.contacted_at, r.ended_at) >= $1
) AS each GROUP BY 1, 2, 3, 4
"""
"""Everyone who waits or waited lately, counted by day. `first`: asked for sooner than in turn, as after danger."""
ONE_AT_A_TIME = "LOCK TABLE wait_range IN SHARE ROW EXCLUSIVE MODE"
"""People go on reading what was worked out before."""
FORGET = "DELETE FROM wait_range"
KEEP = """
INSERT INTO wait_range (first, joined_on, from_weeks, to_weeks, middle_on, worked_out_at)
SELECT * FROM unnest($1::bool[], $2::date[], $3::float8[], $4::float8[], $5::date[], $6::timestamptz[])
"""
STANDS = """
SELECT r.id, r.joined_at, r.contacted_at, g.from_weeks, g.to_weeks, g.middle_on
FROM referral r
CROSS JOIN LATERAL (SELECT EXISTS (
    SELECT 1 FROM handoff h WHERE h.conversation_id = r.conversation_id AND h.urgency < 2
    AND h.status IN ('waiting', 'claimed')) AS first) AS turn
LEFT JOIN LATERAL (
    SELECT * FROM wait_range w
    WHERE w.first = turn.first AND w.joined_on <= (r.joined_at AT TIME ZONE 'UTC')::date
    AND w.worked_out_at > $2 AND r.contacted_at IS NULL ORDER BY w.joined_on DESC LIMIT 1) AS g ON true
WHERE r.conversation_id = $1 AND r.status IN ('waiting', 'picked_up')
"""
"""Where the person of a talk stands, with what was worked out for those who joined on that day."""
BEGIN = """
INSERT INTO wait_told (referral_id, joined_on, told_at, look_at)
VALUES ($1, ($2::timestamptz AT TIME ZONE 'UTC')::date, $2, $2) ON CONFLICT DO NOTHING
"""
TELL = f"""
WITH stands AS ({STANDS}), told AS (
    INSERT INTO wait_told (referral_id, joined_on, middle_on, told_at, look_at)
    SELECT id, (joined_at AT TIME ZONE 'UTC')::date, middle_on, $3, $4 FROM stands WHERE contacted_at IS NULL
    ON CONFLICT (referral_id) DO UPDATE
    SET middle_on = excluded.middle_on, told_at = excluded.told_at, look_at = excluded.look_at
)
SELECT * FROM stands
"""  # noqa: S608 -- a question of our own
"""The same, and notes that they were told so."""
CHANGED = """
WITH moved AS MATERIALIZED (
    SELECT t.referral_id FROM wait_range g
    CROSS JOIN LATERAL (
        SELECT * FROM wait_told t WHERE t.joined_on = g.joined_on AND t.middle_on < g.middle_on - $2::int
        UNION ALL
        SELECT * FROM wait_told t WHERE t.joined_on = g.joined_on AND t.middle_on > g.middle_on + $2::int
        UNION ALL
        SELECT * FROM wait_told t WHERE t.joined_on = g.joined_on AND t.middle_on IS NULL
    ) AS t
    WHERE NOT g.first AND g.worked_out_at > $3 AND t.look_at <= $1
    LIMIT $4
)
SELECT r.id AS referral_id, r.conversation_id,
       r.status IN ('waiting', 'picked_up') AND w.pace <> 'left' AS waits,
       EXISTS (SELECT 1 FROM handoff h WHERE h.conversation_id = r.conversation_id AND h.urgency < 2
               AND h.status IN ('waiting', 'claimed')) AS first
FROM moved
JOIN LATERAL (SELECT * FROM referral r WHERE r.id = moved.referral_id LIMIT 1) AS r ON TRUE
JOIN waiting w ON w.referral_id = moved.referral_id
JOIN conversation v ON v.id = r.conversation_id
FOR NO KEY UPDATE OF v SKIP LOCKED
"""
"""Walks the days on which people joined, and on each only those for whom it moved: never the whole list."""
PUT_OFF = "UPDATE wait_told SET look_at = $2 WHERE referral_id = $1"
NO_MORE = "DELETE FROM wait_told WHERE referral_id = $1"


class WaitRange(SQLModel, table=True):
    """What whoever joined on one day still has to wait, as last worked out; holds nobody."""

    __tablename__ = "wait_range"

    first: bool = Field(primary_key=True)
    """of those seen sooner than in turn"""
    joined_on: date = Field(primary_key=True)
    from_weeks: float
    to_weeks: float | None = None
    middle_on: date
    worked_out_at: datetime


class WaitTold(SQLModel, table=True):
    """What one person was last told of their wait, by the day on which the middle of it falls; none: not known."""

    __tablename__ = "wait_told"

    referral_id: uuid.UUID = Field(foreign_key="referral.id", primary_key=True, ondelete="CASCADE")
    joined_on: date
    middle_on: date | None = None
    told_at: datetime
    look_at: datetime
    """not to be told again before"""

    __table_args__ = (Index("ix_wait_told_middle", "joined_on", "middle_on"),)


class Wait(BaseModel):
    """How long someone will wait from now, in whole weeks: the middle eight in ten of what is likely.

    Neither end: not known. No `to_weeks`: longer than `from_weeks`. No `from_weeks`: up to `to_weeks`. Never 0.
    `met`: a link worker has spoken with them, so that the wait is over.
    """

    from_weeks: int | None = None
    to_weeks: int | None = None
    met: bool = False


@dataclass(frozen=True)
class Changed:
    """Someone whose wait is not any more as they were told."""

    referral_id: uuid.UUID
    conversation_id: uuid.UUID


async def work_out(session: Session, *, now: datetime) -> int:
    """Work out afresh what people who joined on each day have to wait. Returns for how many days it is known."""
    bands: dict[bool, list[Cohort]] = defaultdict(list)
    for first, joined, ended, contacted, count in await session.driver.fetch(COHORTS, now - REMEMBERED):
        ended_day = ended.toordinal() if ended else None
        bands[first].append(Cohort(joined.toordinal(), ended_day, contacted, count))
    today = now.date().toordinal()
    found = [(first, *one) for first, cohorts in bands.items() for one in _ranges(cohorts, today)]
    await session.driver.execute(ONE_AT_A_TIME)
    await session.driver.execute(FORGET)
    columns = zip(*(_row(*one, now) for one in found), strict=True)
    if found:
        await session.driver.execute(KEEP, *map(list, columns))
    return len(found)


def _ranges(cohorts: list[Cohort], today: int) -> list[tuple[int, Range]]:
    """Say what is left to wait by the day someone joined: for every day of which someone waits, and for today."""
    known = figures(cohorts, today=today)
    if known is None:
        return []
    days = sorted({one.joined for one in cohorts if one.ended is None} | {today})
    found = [(day, left_to_wait(known, joined=day)) for day in days]
    return [(day, weeks) for day, weeks in found if weeks is not None]


def _row(first: bool, day: int, weeks: Range, now: datetime) -> tuple[object, ...]:  # noqa: FBT001 -- a column
    middle = (weeks.from_weeks + (weeks.from_weeks if weeks.to_weeks is None else weeks.to_weeks)) / 2
    middle_on = now.date() + timedelta(weeks=min(middle, NO_LONGER * 10))
    return first, date.fromordinal(day), weeks.from_weeks, weeks.to_weeks, middle_on, now


def rounded(weeks: Range) -> Wait:
    """Round a range to whole weeks, to the nearest, so that it can be told."""
    least = round(weeks.from_weeks)
    if least >= NO_LONGER:
        return Wait(from_weeks=NO_LONGER)
    if weeks.to_weeks is None:
        return Wait(from_weeks=max(least, 1))
    return Wait(from_weeks=least or None, to_weeks=max(round(weeks.to_weeks), least + 1))


def beginning(*, referral_id: uuid.UUID, now: datetime) -> Work:
    """Return the work of noting that who joins now was told nothing of their wait: once it is known they are."""
    return BEGIN, (referral_id, now)


async def of_talk(session: Session, *, conversation_id: uuid.UUID, now: datetime) -> Wait:
    """Say how long the person of a talk will wait from now, given how long they have waited already."""
    return _wait(await session.driver.fetchrow(STANDS, conversation_id, now - STALE))


async def tell(session: Session, *, conversation_id: uuid.UUID, now: datetime) -> Wait:
    """Say how long the person of a talk will wait from now, and note that they were told."""
    return _wait(await session.driver.fetchrow(TELL, conversation_id, now - STALE, now, now + AGAIN_AFTER))


async def changed(session: Session, *, now: datetime, limit: int = 100) -> list[Changed]:
    """Take up to `limit` people whose wait has moved by more than a week since they were told.

    Their talks are locked. Nobody who was told in the last two weeks, or who is seen sooner than in turn; whoever
    waits no more is forgotten here. Whoever is taken must be told, or put off.
    """
    while found := await session.driver.fetch(CHANGED, now, MOVED, now - STALE, limit):
        for row in found:
            if not row["waits"]:
                await session.driver.execute(NO_MORE, row["referral_id"])
            elif row["first"]:
                await put_off(session, referral_id=row["referral_id"], until=now + AGAIN_AFTER)
        told = [row for row in found if row["waits"] and not row["first"]]
        if told:
            return [Changed(row["referral_id"], row["conversation_id"]) for row in told]
    return []


async def put_off(session: Session, *, referral_id: uuid.UUID, until: datetime) -> None:
    """Tell someone of a change later."""
    await session.driver.execute(PUT_OFF, referral_id, until)


async def told(session: Session, *, referral_id: uuid.UUID) -> WaitTold | None:
    """Say what someone was last told."""
    return await session.get(WaitTold, referral_id, populate_existing=True)


def _wait(stands: Mapping[str, Any] | None) -> Wait:
    if stands is None:
        return Wait()
    if stands["middle_on"] is None:
        return Wait(met=stands["contacted_at"] is not None)
    return rounded(Range(stands["from_weeks"], stands["to_weeks"]))
