"""Support activities: each call, text, visit or word with a service, noted in one tap."""

import uuid
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Column
from sqlmodel import Field, SQLModel, col, select

from waitingroom import hooks, waiting
from waitingroom.columns import by_value, new_id
from waitingroom.database import Session

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
        note=session.keys.seal(note, f"activity:note:{activity_id}") if note else None,
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
    return session.keys.unseal(activity.note, f"activity:note:{activity.id}") if activity.note else ""


async def of_referral(session: Session, *, referral_id: uuid.UUID) -> list[Activity]:
    """List a referral's activities, oldest first."""
    found = await session.exec(
        select(Activity).where(Activity.referral_id == referral_id).order_by(col(Activity.done_at))
    )
    return list(found)
