"""Support activities: each call, text, visit or word with a service, noted in one tap."""

import uuid
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Column
from sqlmodel import Field, SQLModel, col, select

from waitingroom import hooks, own_keys, waiting
from waitingroom.columns import by_value, new_id
from waitingroom.database import Session

PERSON = "SELECT person_id FROM referral WHERE id = $1"
TALK = "SELECT conversation_id FROM referral WHERE id = $1"


class Kind(StrEnum):
    """What was done."""

    CALL = "call"
    TEXT = "text"
    VISIT = "visit"
    VIDEO = "video"
    LETTER = "letter"
    LIAISON = "liaison"
    OTHER = "other"


class Activity(SQLModel, table=True):
    """One thing a link worker did for someone. The note is sealed."""

    id: uuid.UUID = Field(default_factory=new_id, primary_key=True)
    referral_id: uuid.UUID = Field(foreign_key="referral.id", index=True)
    staff_id: uuid.UUID = Field(foreign_key="staff.id")
    kind: Kind = Field(sa_column=Column(by_value(Kind), nullable=False))
    minutes: int
    attended: bool | None = None
    """whether they answered or came; none: noted before that was asked"""
    note: bytes | None = Field(default=None, repr=False)
    done_at: datetime = Field(index=True)


own_keys.carry(Activity, Activity.note)


async def log(
    session: Session,
    *,
    referral_id: uuid.UUID,
    staff_id: uuid.UUID,
    kind: Kind,
    minutes: int,
    note: str,
    now: datetime,
    attended: bool | None = None,
) -> Activity:
    """Note one activity of `minutes` minutes, with a private note or an empty one.

    The programme looks whether it was the first contact: after that nothing more comes unasked.
    """
    activity_id = new_id()
    activity = Activity(
        id=activity_id,
        referral_id=referral_id,
        staff_id=staff_id,
        kind=kind,
        minutes=minutes,
        attended=attended,
        note=await _sealed(session, referral_id, activity_id, note) if note else None,
        done_at=now,
    )
    session.add(activity)
    await session.flush()
    await waiting.wake(session, referral_id=referral_id, now=now)
    await hooks.tell(
        session,
        hooks.Kind.ACTIVITY_LOGGED,
        conversation_id=await session.driver.fetchval(TALK, referral_id),
        referral_id=referral_id,
        activity_id=activity_id,
        now=now,
    )
    return activity


def note(session: Session, activity: Activity) -> str:
    """Open an activity's note."""
    where = f"activity:note:{activity.id}"
    return own_keys.unseal(session, activity.note, where, activity) if activity.note else ""


async def _sealed(session: Session, referral_id: uuid.UUID, activity_id: uuid.UUID, note: str) -> bytes:
    person_id = await session.driver.fetchval(PERSON, referral_id)
    return (await own_keys.of(session, person_id)).seal(note, f"activity:note:{activity_id}")


async def of_referral(session: Session, *, referral_id: uuid.UUID) -> list[Activity]:
    """List a referral's activities, oldest first."""
    found = await session.exec(
        select(Activity).where(Activity.referral_id == referral_id).order_by(col(Activity.done_at))
    )
    return list(found)
