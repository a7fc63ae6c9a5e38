"""Away: which link workers are not at work, until when, and who reads for them meanwhile."""

import uuid
from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel import Field, SQLModel, col, or_, select

from waitingroom.database import Session
from waitingroom.errors import RefusedError
from waitingroom.roles import Role
from waitingroom.staff import Staff

SET = """
INSERT INTO staff_away (staff_id, until_on, cover_id, made_at) VALUES ($1, $2, $3, $4)
ON CONFLICT (staff_id) DO UPDATE SET until_on = $2, cover_id = $3, made_at = $4
"""
BACK = "DELETE FROM staff_away WHERE staff_id = $1"
OF_STAFF = """
SELECT s.name, away.until_on, cover.name AS cover FROM staff s
LEFT JOIN staff_away away ON away.staff_id = s.id AND away.until_on > $2
LEFT JOIN staff cover ON cover.id = away.cover_id AND cover.ended_at IS NULL
WHERE s.id = $1
"""
WORKS_HERE = "SELECT EXISTS (SELECT 1 FROM staff WHERE id = $1 AND ended_at IS NULL)"


COVERS = """
SELECT s.name, a.until_on FROM staff_away a JOIN staff s ON s.id = a.staff_id
WHERE a.cover_id = $1 AND a.until_on > $2 ORDER BY a.until_on, s.name
"""
READS = frozenset({Role.LINK_WORKER, Role.LEAD})


class NoCoverError(RefusedError):
    """Choose a colleague who works here, not yourself."""


class BackTooSoonError(RefusedError):
    """Choose a day that is still to come."""


class StaffAway(SQLModel, table=True):
    """A link worker who is away. They are back at work on `until_on`."""

    __tablename__ = "staff_away"

    staff_id: uuid.UUID = Field(foreign_key="staff.id", primary_key=True)
    until_on: date
    cover_id: uuid.UUID | None = Field(default=None, foreign_key="staff.id")
    made_at: datetime


@dataclass(frozen=True)
class Reader:
    """Who reads what a person writes: a name; where they are away, until when, and who covers, if anyone."""

    name: str
    until_on: date | None = None
    cover: str | None = None


async def leave(
    session: Session,
    *,
    staff_id: uuid.UUID,
    until_on: date,
    cover_id: uuid.UUID | None,
    today: date,
    now: datetime,
) -> None:
    """Note that someone is away and back on `until_on`. Raises BackTooSoonError, NoCoverError."""
    if until_on <= today:
        raise BackTooSoonError
    if cover_id is not None and (cover_id == staff_id or not await session.driver.fetchval(WORKS_HERE, cover_id)):
        raise NoCoverError
    await session.driver.execute(SET, staff_id, until_on, cover_id, now)


async def may_cover(session: Session, *, staff_id: uuid.UUID, hub_id: uuid.UUID | None) -> list[Staff]:
    """List the colleagues who may read for someone meanwhile: who works with people, in their hub, by name."""
    others = select(Staff).where(Staff.id != staff_id, col(Staff.ended_at).is_(None), col(Staff.role).in_(READS))
    if hub_id is not None:
        others = others.where(or_(col(Staff.hub_id).is_(None), col(Staff.hub_id) == hub_id))
    return list(await session.exec(others.order_by(col(Staff.name), col(Staff.id))))


async def covered_by(session: Session, *, staff_id: uuid.UUID, today: date) -> list[Reader]:
    """List for whom someone reads meanwhile, and until when."""
    rows = await session.driver.fetch(COVERS, staff_id, today)
    return [Reader(row["name"], row["until_on"]) for row in rows]


async def come_back(session: Session, *, staff_id: uuid.UUID) -> None:
    """Note that someone is at work again."""
    await session.driver.execute(BACK, staff_id)


async def reader(session: Session, *, staff_id: uuid.UUID, today: date) -> Reader:
    """Say who reads what is written to a link worker."""
    row = await session.driver.fetchrow(OF_STAFF, staff_id, today)
    return Reader(row["name"], row["until_on"], row["cover"]) if row else Reader("")
