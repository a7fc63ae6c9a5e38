"""Waiting: who is in the waiting room, what they were sent, and when something is next due."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Column, Index, text
from sqlmodel import Field, SQLModel, col, select, update

from waitingroom.columns import by_value, new_id
from waitingroom.conversations import Conversation
from waitingroom.database import Session, Work, row
from waitingroom.programme import Tempo

AT_ONCE = "at_once"
"""The key of the step that the talk itself takes the moment someone joins."""


WAKE = "UPDATE waiting SET next_at = $2 WHERE referral_id = $1 AND pace = 'active'"
TAKE_UP = """
UPDATE waiting SET pace = 'active', next_at = $2 WHERE referral_id = $1 AND pace IN ('active', 'met')
"""


class Pace(StrEnum):
    """Whether the programme runs for someone."""

    ACTIVE = "active"
    PAUSED = "paused"
    MET = "met"
    """someone is with them now: what they ask for still comes, nothing more comes unasked"""
    LEFT = "left"


class Waiting(SQLModel, table=True):
    """One referral in the waiting room. `next_at` is already clear of quiet hours: due means send."""

    referral_id: uuid.UUID = Field(foreign_key="referral.id", primary_key=True)
    conversation_id: uuid.UUID = Field(foreign_key="conversation.id", index=True)
    programme: str
    pace: Pace = Field(sa_column=Column(by_value(Pace), nullable=False))
    tempo: Tempo | None = Field(default=None, sa_column=Column(by_value(Tempo), nullable=True))
    """how often they want to hear from us; none: as the programme says"""
    joined_at: datetime
    next_at: datetime | None

    __table_args__ = (Index("ix_waiting_next_at", "next_at", postgresql_where=text("pace = 'active'")),)


class SentStep(SQLModel, table=True):
    """One step of the programme, or one piece asked for, that someone was sent. Never the same step twice."""

    __tablename__ = "sent_step"

    id: uuid.UUID = Field(default_factory=new_id, primary_key=True)
    referral_id: uuid.UUID = Field(foreign_key="referral.id")
    step: str
    item: str | None = None
    sent_at: datetime

    __table_args__ = (Index("uq_sent_step", "referral_id", "step", unique=True),)


def joining(
    *,
    referral_id: uuid.UUID,
    conversation_id: uuid.UUID,
    programme: str,
    next_at: datetime | None,
    now: datetime,
) -> Work:
    """Return the work of bringing a referral into the waiting room. `next_at`: of its programme."""
    return row(
        Waiting,
        referral_id=referral_id,
        conversation_id=conversation_id,
        programme=programme,
        pace=Pace.ACTIVE,
        joined_at=now,
        next_at=next_at,
    )


async def leave(session: Session, *, referral_id: uuid.UUID) -> None:
    """End the programme for a referral that has come to an end."""
    await session.exec(
        update(Waiting).where(col(Waiting.referral_id) == referral_id).values(pace=Pace.LEFT, next_at=None)
    )


async def come_back(session: Session, *, referral_id: uuid.UUID, programme: str, next_at: datetime | None) -> None:
    """Start the programme again for a referral that had come to an end and goes on after all."""
    begun = {"pace": Pace.ACTIVE, "programme": programme, "next_at": next_at}
    await session.exec(update(Waiting).where(col(Waiting.referral_id) == referral_id).values(**begun))


async def set_pace(session: Session, *, conversation_id: uuid.UUID, pace: Pace) -> bool:
    """Pause or resume the programme. Returns whether it runs for the person of this talk at all."""
    return await _change(session, conversation_id, pace=pace)


async def set_tempo(session: Session, *, conversation_id: uuid.UUID, tempo: Tempo) -> bool:
    """Have the programme come more or less often from the next step on. Returns whether it runs for them."""
    return await _change(session, conversation_id, tempo=tempo)


async def wake(session: Session, *, referral_id: uuid.UUID, now: datetime) -> None:
    """Have the programme look at someone at once: something has changed for them."""
    await session.driver.execute(WAKE, referral_id, now)


async def take_up(session: Session, *, referral_id: uuid.UUID, now: datetime) -> None:
    """Have the programme go on for someone who is back on the list."""
    await session.driver.execute(TAKE_UP, referral_id, now)


async def find(session: Session, *, conversation_id: uuid.UUID) -> Waiting | None:
    """Find where someone stands in the waiting room."""
    return (
        await session.exec(
            select(Waiting).where(Waiting.conversation_id == conversation_id, col(Waiting.pace) != Pace.LEFT)
        )
    ).first()


async def due(session: Session, *, now: datetime, limit: int = 200) -> Sequence[Waiting]:
    """Take up to `limit` people for whom something is due, locked with their talks so that no one else has them.

    Someone whose talk is locked, because they are writing this very moment, is left for the next look.
    """
    found = await session.exec(
        select(Waiting)
        .join(Conversation, col(Conversation.id) == col(Waiting.conversation_id))
        .where(col(Waiting.pace) == Pace.ACTIVE, col(Waiting.next_at) <= now)
        .order_by(col(Waiting.next_at))
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return found.all()


async def sent(session: Session, *, referral_id: uuid.UUID) -> list[SentStep]:
    """List what a person in the waiting room was sent, oldest first."""
    found = await session.exec(
        select(SentStep).where(SentStep.referral_id == referral_id).order_by(col(SentStep.sent_at))
    )
    return list(found)


async def note_sent(
    session: Session, *, referral_id: uuid.UUID, step: str, item: str | None, now: datetime
) -> bool:
    """Note that a step was sent. Returns True."""
    await session.put(SentStep, id=new_id(), referral_id=referral_id, step=step, item=item, sent_at=now)
    return True


async def _change(session: Session, conversation_id: uuid.UUID, **facts: object) -> bool:
    """Change what holds for the person of a talk, while the programme is theirs. Returns whether it is."""
    theirs = (col(Waiting.conversation_id) == conversation_id, col(Waiting.pace).in_([Pace.ACTIVE, Pace.PAUSED]))
    changed = await session.exec(update(Waiting).where(*theirs).values(**facts))
    return bool(changed.rowcount)
