"""Waiting: who is in the waiting room, what they were sent, and when something is next due."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Column, Index, text
from sqlmodel import Field, SQLModel, col, select, update

from waitingroom.columns import by_value, new_id
from waitingroom.conversations import Conversation
from waitingroom.database import Session

AT_ONCE = "at_once"
"""The key of the step that the talk itself takes the moment someone joins."""


class Pace(StrEnum):
    """Whether the programme runs for someone."""

    ACTIVE = "active"
    PAUSED = "paused"
    LEFT = "left"


class Waiting(SQLModel, table=True):
    """One referral in the waiting room. `next_at` is already clear of quiet hours: due means send."""

    referral_id: uuid.UUID = Field(foreign_key="referral.id", primary_key=True)
    conversation_id: uuid.UUID = Field(foreign_key="conversation.id", index=True)
    programme: str
    pace: Pace = Field(sa_column=Column(by_value(Pace), nullable=False))
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


async def join(
    session: Session,
    *,
    referral_id: uuid.UUID,
    conversation_id: uuid.UUID,
    programme: str,
    next_at: datetime | None,
    now: datetime,
) -> None:
    """Bring a referral into the waiting room. `next_at`: when its programme has something next."""
    await session.put(
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


async def set_pace(session: Session, *, conversation_id: uuid.UUID, pace: Pace) -> bool:
    """Pause or resume the programme. Returns whether the person is in the waiting room at all."""
    changed = await session.exec(
        update(Waiting)
        .where(col(Waiting.conversation_id) == conversation_id, col(Waiting.pace) != Pace.LEFT)
        .values(pace=pace)
    )
    return bool(changed.rowcount)


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
