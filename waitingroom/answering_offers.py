"""Answering offers: what a person says to an appointment, and what it then is."""

import uuid
from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict
from sqlmodel import col, select

from waitingroom import appointments, handoffs
from waitingroom.appointments import Appointment, Status, Way
from waitingroom.database import Session
from waitingroom.errors import IllegalMoveError, RefusedError
from waitingroom.handoffs import Reason, Urgency
from waitingroom.staff import Staff


class OfferGoneError(RefusedError):
    """That offer no longer stands."""


class Instead(StrEnum):
    """What someone wants after the two missed each other."""

    ANOTHER_TIME = "another_time"
    MESSAGE = "message"


class Standing(BaseModel):
    """The appointment of a person that is offered, or accepted and not yet over."""

    model_config = ConfigDict(frozen=True)

    id: uuid.UUID
    staff: str
    way: Way
    times: tuple[datetime, ...] = ()
    """what may be chosen; none: one was"""
    starts_at: datetime | None = None
    place: str = ""


async def standing(session: Session, *, conversation_id: uuid.UUID, now: datetime) -> Standing | None:
    """Say which appointment a person has, or has been offered and may still take."""
    for one in await appointments.live_of(session, conversation_id=conversation_id):
        times = tuple(at for at in one.offered if at > now) if one.status is Status.OFFERED else ()
        if times or (one.ends_at is not None and one.ends_at > now):
            worker = (await session.exec(select(Staff).where(col(Staff.id) == one.staff_id))).one()
            return Standing(
                id=one.id,
                staff=worker.name,
                way=one.way,
                times=times,
                starts_at=one.starts_at,
                place=appointments.place_of(session, one),
            )
    return None


async def take(session: Session, *, appointment_id: uuid.UUID, starts_at: datetime, now: datetime) -> bool:
    """Take one of the times offered. Returns True. Raises OfferGoneError, TimeTakenError, NotAheadError."""
    offered = await _stands(session, appointment_id, Status.OFFERED)
    await appointments.accept(session, offered, starts_at=starts_at, now=now)
    return True


async def decline(session: Session, *, appointment_id: uuid.UUID, now: datetime) -> bool:
    """Say that none of the times suits: staff are asked to find another. Returns True. Raises OfferGoneError."""
    offered = await _stands(session, appointment_id, Status.OFFERED)
    await appointments.settle(session, offered, to=Status.DECLINED, now=now)
    await appointments.raise_hand(session, offered, reason=Reason.OTHER_TIME, now=now)
    return True


async def call_off(session: Session, *, appointment_id: uuid.UUID, now: datetime) -> bool:
    """Say that one cannot come after all: staff are asked to find another time. Returns True.

    Raises OfferGoneError where it is over, or was cancelled.
    """
    accepted = await _stands(session, appointment_id, Status.ACCEPTED)
    await appointments.settle(session, accepted, to=Status.CALLED_OFF, now=now)
    await appointments.raise_hand(session, accepted, reason=Reason.OTHER_TIME, now=now)
    return True


async def ask_instead(session: Session, *, conversation_id: uuid.UUID, instead: Instead, now: datetime) -> bool:
    """Ask for another time, or for a message in place of a call. Returns True."""
    reason = Reason.OTHER_TIME if instead is Instead.ANOTHER_TIME else Reason.MESSAGE_INSTEAD
    await handoffs.raise_hand(
        session, conversation_id=conversation_id, reason=reason, urgency=Urgency.SOON, now=now
    )
    return True


async def _stands(session: Session, appointment_id: uuid.UUID, status: Status) -> Appointment:
    """Find an appointment in the talk of this very turn, whose row is locked."""
    found = await session.get(Appointment, appointment_id, populate_existing=True)
    if found is None or found.status is not status:
        raise OfferGoneError
    return found


__all__ = [
    "IllegalMoveError",
    "Instead",
    "OfferGoneError",
    "Standing",
    "ask_instead",
    "call_off",
    "decline",
    "standing",
    "take",
]
