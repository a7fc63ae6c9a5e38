"""Meetings: what members of a group were told about each of its meetings, once, and how it was for them."""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from pydantic import BaseModel, ConfigDict
from sqlalchemy import Column, SmallInteger, text
from sqlmodel import Field, SQLModel, col, select

from waitingroom.columns import by_value
from waitingroom.database import Session
from waitingroom.memberships import Membership

STILL_TALKING = timedelta(minutes=30)
PAUSED = "EXISTS (SELECT 1 FROM waiting w WHERE w.conversation_id = v.id AND w.pace = 'paused')"
"""Says, as a condition on talks, who has paused all that is sent unasked."""
DUE = f"""
SELECT m.id, m.conversation_id FROM membership m JOIN conversation v ON v.id = m.conversation_id
WHERE m.group_key = $1 AND m.status = 'member' AND m.reminders AND m.settled_at < $2
  AND v.owner = 'bot' AND v.heard_at <= $3 AND NOT {PAUSED}
  AND NOT EXISTS (SELECT 1 FROM meeting_note n
                  WHERE n.membership_id = m.id AND n.meets_at = $4
                  AND ((n.what = $5 AND n.no = $6) OR ($5 = 'how_was_it' AND n.what = 'called_off')))
ORDER BY m.asked_at LIMIT $7 FOR NO KEY UPDATE OF v SKIP LOCKED
"""  # noqa: S608 -- a condition of our own
"""Members to be told, their talks locked: never where a link worker has the talk, or they wrote just now, nor how
it was where it was called off."""
UNTOLD = f"""
SELECT m.id, m.conversation_id FROM membership m JOIN conversation v ON v.id = m.conversation_id
WHERE m.group_key = $1 AND m.status = 'offered' AND m.reminders AND m.answer_by IS NULL
  AND v.owner = 'bot' AND v.heard_at <= $2 AND NOT {PAUSED}
ORDER BY m.asked_at LIMIT $3 FOR NO KEY UPDATE OF v SKIP LOCKED
"""  # noqa: S608 -- a condition of our own
"""Those a place is kept for who do not know of it yet."""
COUNT = text("""
SELECT m.group_key, count(*) FILTER (WHERE n.good) AS good, count(*) FILTER (WHERE NOT n.good) AS not_for_me
FROM meeting_note n JOIN membership m ON m.id = n.membership_id
WHERE n.good IS NOT NULL GROUP BY m.group_key
""")


class What(StrEnum):
    """What members are told, or asked, about one meeting."""

    REMINDER = "reminder"
    WAY_IN = "way_in"
    CALLED_OFF = "called_off"
    HOW_WAS_IT = "how_was_it"


class MeetingNote(SQLModel, table=True):
    """One thing one member was told about one meeting, and how it was for them where they were asked."""

    __tablename__ = "meeting_note"

    membership_id: uuid.UUID = Field(foreign_key="membership.id", primary_key=True, ondelete="CASCADE")
    meets_at: datetime = Field(primary_key=True)
    what: What = Field(sa_column=Column(by_value(What), primary_key=True))
    no: int = Field(default=0, primary_key=True, sa_type=SmallInteger)
    """which way in it was: of a new one they are told again"""
    noted_at: datetime
    good: bool | None = None
    """their answer; none: not asked, or not answered"""


@dataclass(frozen=True)
class Member:
    """Someone to be told something: what they have with the group, and their talk, which is locked."""

    membership_id: uuid.UUID
    conversation_id: uuid.UUID


class Met(BaseModel):
    """A meeting someone was asked about and has not answered for."""

    model_config = ConfigDict(frozen=True)

    group_key: str
    meets_at: datetime


async def due(
    session: Session,
    *,
    key: str,
    meets_at: datetime,
    what: What,
    no: int,
    here_before: datetime,
    now: datetime,
    limit: int = 200,
) -> list[Member]:
    """Take members of a group who want to be told and were not. `here_before`: only who had a place by then."""
    rows = await session.driver.fetch(DUE, key, here_before, now - STILL_TALKING, meets_at, what.value, no, limit)
    return [Member(*row) for row in rows]


async def untold(session: Session, *, key: str, now: datetime, limit: int = 200) -> list[Member]:
    """Take those a place is kept for and who have not been told."""
    return [Member(*row) for row in await session.driver.fetch(UNTOLD, key, now - STILL_TALKING, limit)]


async def note(
    session: Session, *, membership_id: uuid.UUID, meets_at: datetime, what: What, no: int, now: datetime
) -> bool:
    """Note that a member was told. Returns whether that is new: only then may anything go."""
    return await session.put(
        MeetingNote,
        membership_id=membership_id,
        meets_at=meets_at,
        what=what,
        no=no,
        noted_at=now,
        where_free=True,
    )


async def to_answer(session: Session, *, conversation_id: uuid.UUID) -> Met | None:
    """Say which meeting someone was asked about last, None where they have answered."""
    row = await _asked(session, conversation_id)
    return Met(group_key=row[1].group_key, meets_at=row[0].meets_at) if row else None


async def answer(session: Session, *, conversation_id: uuid.UUID, good: bool) -> bool:
    """Keep how the meeting was they were asked about last. Returns whether they had been asked."""
    row = await _asked(session, conversation_id)
    if row is None:
        return False
    row[0].good = good
    session.add(row[0])
    await session.flush()
    return True


async def liked(session: Session) -> dict[str, tuple[int, int]]:
    """Count by group how often it was good, and how often not for them."""
    return {row.group_key: (row.good, row.not_for_me) for row in await session.run(COUNT)}


async def _asked(session: Session, conversation_id: uuid.UUID) -> tuple[MeetingNote, Membership] | None:
    asked = (
        select(MeetingNote, Membership)
        .join(Membership, col(Membership.id) == col(MeetingNote.membership_id))
        .where(Membership.conversation_id == conversation_id, MeetingNote.what == What.HOW_WAS_IT)
        .order_by(col(MeetingNote.meets_at).desc())
        .limit(1)
    )
    row = (await session.exec(asked)).first()
    return None if row is None or row[0].good is not None else (row[0], row[1])
