"""Legal holds: what is held of someone must not be deleted for now, because a law or a court needs it."""

import uuid
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Index, text
from sqlmodel import Field, SQLModel, col, select

from waitingroom import own_keys
from waitingroom.columns import new_id
from waitingroom.conversations import Conversation
from waitingroom.database import Session
from waitingroom.errors import NotFoundError, RefusedError, StaleError
from waitingroom.hubs import of_mine
from waitingroom.people import Person

HELD = """
SELECT EXISTS (SELECT 1 FROM legal_hold h JOIN conversation v ON v.person_id = h.person_id
               WHERE h.lifted_at IS NULL AND v.id = ANY($1))
    OR EXISTS (SELECT 1 FROM legal_hold h JOIN referral r ON r.person_id = h.person_id
               WHERE h.lifted_at IS NULL AND r.conversation_id = ANY($1))
"""
"""Whether anyone with a talk, or a referral made in it, is on hold: what goes with a talk goes for all of them."""


class OnHoldError(RefusedError):
    """What is held of them must be kept for now: there is a legal hold. A lead can say why, and lift it."""


class AlreadyOnHoldError(RefusedError):
    """There is a legal hold on them already."""


class LiftedError(RefusedError):
    """That hold has been lifted."""


class LegalHold(SQLModel, table=True):
    """One hold on all that is held of one person, from the day it is placed until it is lifted."""

    __tablename__ = "legal_hold"

    id: uuid.UUID = Field(default_factory=new_id, primary_key=True)
    person_id: uuid.UUID = Field(foreign_key="person.id")
    reason: bytes = Field(repr=False)
    placed_by: uuid.UUID = Field(foreign_key="staff.id")
    placed_at: datetime
    lifted_by: uuid.UUID | None = Field(default=None, foreign_key="staff.id")
    lifted_at: datetime | None = None
    version: int = 1

    __table_args__ = (Index("ix_legal_hold_stands", "person_id", postgresql_where=text("lifted_at IS NULL")),)


own_keys.carry(LegalHold, LegalHold.reason)


async def place(
    session: Session, *, person_id: uuid.UUID, reason: str, staff_id: uuid.UUID, now: datetime
) -> LegalHold:
    """Have all that is held of a person kept, whatever they ask and however long ago it was, until it is lifted.

    UK GDPR, article 17(3)(b) and (e): erasure does not apply where a law, or a legal claim, needs the data.
    Raises NotFoundError, AlreadyOnHoldError.
    """
    person = await session.get(Person, person_id, with_for_update=True)
    if person is None:
        raise NotFoundError
    if any(hold.lifted_at is None for hold in await of_person(session, person_id=person_id)):
        raise AlreadyOnHoldError
    hold_id = new_id()
    sealed = (await own_keys.of(session, person_id, person)).seal(reason, where(hold_id))
    hold = LegalHold(id=hold_id, person_id=person_id, reason=sealed, placed_by=staff_id, placed_at=now)
    session.add(hold)
    await session.flush()
    return hold


async def lift(
    session: Session, *, hold_id: uuid.UUID, version: int, staff_id: uuid.UUID, now: datetime
) -> LegalHold:
    """Lift a hold: what is due is deleted again. Raises NotFoundError, StaleError, LiftedError."""
    hold = await session.get(LegalHold, hold_id, with_for_update=True, populate_existing=True)
    if hold is None:
        raise NotFoundError
    if hold.version != version:
        raise StaleError
    if hold.lifted_at is not None:
        raise LiftedError
    hold.lifted_at, hold.lifted_by, hold.version = now, staff_id, hold.version + 1
    session.add(hold)
    await session.flush()
    return hold


async def find(session: Session, *, hold_id: uuid.UUID) -> LegalHold:
    """Find a hold as it is now. Raises NotFoundError."""
    hold = await session.get(LegalHold, hold_id, populate_existing=True)
    if hold is None:
        raise NotFoundError
    return hold


async def listed(session: Session, *, hub_id: uuid.UUID | None = None, lifted: bool = False) -> list[LegalHold]:
    """List the holds that stand, the oldest first, on people staff of a hub see; `lifted`: those that do not."""
    talks = select(col(Conversation.id)).where(Conversation.person_id == LegalHold.person_id, of_mine(hub_id))
    over = col(LegalHold.lifted_at).is_not(None) if lifted else col(LegalHold.lifted_at).is_(None)
    found = await session.exec(
        select(LegalHold)
        .where(over, talks.exists())
        .order_by(col(LegalHold.placed_at), col(LegalHold.id))
        .limit(200)
    )
    return list(found)


async def of_person(session: Session, *, person_id: uuid.UUID) -> Sequence[LegalHold]:
    """List every hold there is or was on a person, the oldest first."""
    theirs = select(LegalHold).where(LegalHold.person_id == person_id)
    found = await session.exec(theirs.order_by(col(LegalHold.placed_at)).execution_options(populate_existing=True))
    return found.all()


async def stands(session: Session, *, talks: Sequence[uuid.UUID]) -> bool:
    """Say whether someone of these talks is on hold."""
    held: bool = await session.driver.fetchval(HELD, list(talks))
    return held


def reason_of(session: Session, hold: LegalHold) -> str:
    """Open why a hold was placed."""
    return own_keys.unseal(session, hold.reason, where(hold.id), hold)


def where(hold_id: uuid.UUID) -> str:
    """Name the place where the reason of a hold is sealed for."""
    return f"legal_hold:reason:{hold_id}"
