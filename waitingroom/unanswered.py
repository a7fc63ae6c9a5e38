"""Unanswered: since when a person waits for an answer of the link worker who has their talk."""

import uuid
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Column, ForeignKey, Index, Uuid
from sqlmodel import Field, SQLModel

from waitingroom.columns import by_value
from waitingroom.database import Session


class Stage(StrEnum):
    """How long it has gone on."""

    WAITING = "waiting"
    REMINDED = "reminded"
    """two working days: the link worker was reminded"""
    GIVEN_BACK = "given_back"
    """two more: the person is back with the bot, and anyone may pick them up"""


NOTE = """
INSERT INTO unanswered AS u (conversation_id, since_at, stage, due_at, next_at, to_tell)
VALUES ($1, $2, 'waiting', $3, $3, false)
ON CONFLICT (conversation_id) DO UPDATE
SET since_at = CASE WHEN u.stage = 'given_back' THEN excluded.since_at ELSE u.since_at END,
    due_at = CASE WHEN u.stage = 'given_back' THEN excluded.due_at ELSE u.due_at END,
    next_at = CASE WHEN u.stage = 'given_back' THEN excluded.next_at ELSE u.next_at END,
    told_for = CASE WHEN u.stage = 'given_back' THEN NULL ELSE u.told_for END,
    to_tell = u.to_tell AND u.stage <> 'given_back',
    stage = CASE WHEN u.stage = 'given_back' THEN 'waiting' ELSE u.stage END
RETURNING told_for
"""
"""Keeps since when they wait; only the first message without an answer counts."""
NOTE_GIVEN_BACK = """
INSERT INTO unanswered (conversation_id, since_at, stage, due_at, next_at, to_tell)
VALUES ($1, $2, 'given_back', $3, $3, true)
"""
ANSWERED = "DELETE FROM unanswered WHERE conversation_id = $1"
TOLD_FOR = "UPDATE unanswered SET told_for = $2 WHERE conversation_id = $1"
DUE = "SELECT conversation_id FROM unanswered WHERE next_at <= $1 ORDER BY next_at LIMIT $2"
SPOKE = """
SELECT EXISTS (
    SELECT 1 FROM activity a JOIN referral r ON r.id = a.referral_id
    WHERE r.conversation_id = $1 AND a.done_at > $2 AND a.attended IS NOT FALSE
      AND a.kind IN ('call', 'visit', 'video'))
"""
LISTED = """
SELECT u.conversation_id, u.since_at, u.stage, h.id AS handoff_id, h.claimed_by, s.name,
       away.until_on, cover.name AS cover
FROM unanswered u
JOIN handoff h ON h.conversation_id = u.conversation_id AND h.status = 'claimed'
JOIN staff s ON s.id = h.claimed_by
JOIN conversation v ON v.id = u.conversation_id
LEFT JOIN staff_away away ON away.staff_id = h.claimed_by AND away.until_on > $2
LEFT JOIN staff cover ON cover.id = away.cover_id
WHERE ($1::uuid IS NULL OR h.claimed_by = $1 OR away.cover_id = $1)
  AND ($3::uuid IS NULL OR v.hub_id IS NULL OR v.hub_id = $3)
ORDER BY u.since_at, u.conversation_id
"""


class Unanswered(SQLModel, table=True):
    """What a person wrote that nobody has answered yet: one row a talk, gone with the answer."""

    conversation_id: uuid.UUID = Field(
        sa_column=Column(Uuid, ForeignKey("conversation.id", ondelete="CASCADE"), primary_key=True)
    )
    since_at: datetime
    stage: Stage = Field(sa_column=Column(by_value(Stage), nullable=False))
    due_at: datetime
    """when the next stage begins, in working days"""
    to_tell: bool = False
    """the person is still to be told the truth about this stage, in their own safe hours"""
    next_at: datetime
    told_for: date | None = None
    """the day for which they were told that this is read then"""

    __table_args__ = (Index("ix_unanswered_next", "next_at"),)


async def note(session: Session, *, conversation_id: uuid.UUID, due_at: datetime, now: datetime) -> date | None:
    """Note that a person wrote to the link worker. Returns the day they were told it is read on, if they were."""
    told: date | None = await session.driver.fetchval(NOTE, conversation_id, now, due_at)
    return told


async def note_told(session: Session, *, conversation_id: uuid.UUID, read_on: date) -> None:
    """Note that they were told on which day it is read: once is enough."""
    await session.driver.execute(TOLD_FOR, conversation_id, read_on)


async def answered(session: Session, *, conversation_id: uuid.UUID) -> bool:
    """Note that they have their answer, or need none. Returns whether they waited for one."""
    done: str = await session.driver.execute(ANSWERED, conversation_id)
    return done.endswith("1")


async def due(session: Session, *, now: datetime, limit: int = 200) -> list[uuid.UUID]:
    """List the talks to look at now, the longest due first."""
    return [row["conversation_id"] for row in await session.driver.fetch(DUE, now, limit)]


async def find(session: Session, *, conversation_id: uuid.UUID) -> Unanswered | None:
    """Find what a person still waits for, as it is now."""
    return await session.get(Unanswered, conversation_id, populate_existing=True)


async def step(
    session: Session, row: Unanswered, *, stage: Stage, due_at: datetime, next_at: datetime, to_tell: bool
) -> None:
    """Note how far it has gone on, and when to look again."""
    row.stage, row.due_at, row.next_at, row.to_tell = stage, due_at, next_at, to_tell
    session.add(row)
    await session.flush()


async def note_given_back(session: Session, *, conversation_id: uuid.UUID, since: datetime, now: datetime) -> None:
    """Note that a person is back with the bot, and is to be told so."""
    await session.driver.execute(NOTE_GIVEN_BACK, conversation_id, since, now)


async def have_spoken(session: Session, *, conversation_id: uuid.UUID, since: datetime) -> bool:
    """Say whether the two spoke since, by a call, a visit or a video call."""
    spoke: bool = await session.driver.fetchval(SPOKE, conversation_id, since)
    return spoke


async def listed(
    session: Session, *, staff_id: uuid.UUID | None, hub_id: uuid.UUID | None, today: date
) -> list[dict[str, Any]]:
    """List who waits for an answer, the longest first. `staff_id`: only of theirs, and of those they cover for."""
    return [dict(row) for row in await session.driver.fetch(LISTED, staff_id, today, hub_id)]
