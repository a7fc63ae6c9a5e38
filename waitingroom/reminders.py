"""Reminders: someone who agreed to go on and fell silent half-way hears from us once, and is then let be."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Field, SQLModel

from waitingroom import own_keys
from waitingroom.database import Session

AFTER = timedelta(days=1)
"""How long someone may be silent half-way before they are reminded."""
NOT_AFTER = timedelta(days=3)
"""After this long a reminder that could not go, in the night or while the service was down, is left out."""
FORGOTTEN_AFTER = timedelta(days=30)
"""How long what was told half-way is kept after the last word: a rule of this service, not of law."""

HALF_WAY = """
v.person_id IS NULL AND v.clear_at IS NULL AND EXISTS (
    SELECT 1 FROM consent c
    WHERE c.conversation_id = v.id AND c.purpose = 'referral' AND c.withdrawn_at IS NULL)
"""
"""Says, as a condition on talks, who agreed to what they say being kept, and has not finished saying it."""
DUE = f"""
SELECT v.id, v.talk, {own_keys.carried_by("v.talk")} FROM conversation v JOIN contact w ON w.id = v.contact_id
WHERE {HALF_WAY} AND v.place = 'front_door' AND v.created_at <= $1 AND v.heard_at <= $1 AND v.heard_at > $2
  AND v.owner = 'bot' AND w.conversation_id = v.id AND w.state = 'open'
  AND NOT EXISTS (SELECT 1 FROM reminder r WHERE r.conversation_id = v.id)
  AND NOT EXISTS (SELECT 1 FROM handoff h WHERE h.conversation_id = v.id AND h.status IN ('waiting', 'claimed'))
  AND NOT EXISTS (SELECT 1 FROM alarm a WHERE a.conversation_id = v.id AND a.raised_at > $2)
ORDER BY v.heard_at LIMIT $3 FOR NO KEY UPDATE OF v SKIP LOCKED
"""  # noqa: S608 -- a condition of our own
"""Never where a person has been asked to look, least of all after danger: they write, not a program."""
NOTE = "INSERT INTO reminder (conversation_id, noted_at) VALUES ($1, $2) ON CONFLICT DO NOTHING"


class Reminder(SQLModel, table=True):
    """One talk that was reminded, or looked at and left alone: either way it is not reminded again."""

    conversation_id: uuid.UUID = Field(foreign_key="conversation.id", primary_key=True, ondelete="CASCADE")
    noted_at: datetime


@dataclass(frozen=True)
class HalfWay:
    """Someone half-way: their talk, which is locked, and where they stand in it, sealed."""

    conversation_id: uuid.UUID
    talk: bytes | None
    carried_keys: Sequence[bytes] | None = None


async def due(session: Session, *, now: datetime, limit: int = 100) -> list[HalfWay]:
    """Take up to `limit` people who are due a reminder, locked with their talks so that no one else has them.

    Worked out afresh each time from when they last wrote. Someone who is writing this very moment is left out.
    """
    rows = await session.driver.fetch(DUE, now - AFTER, now - NOT_AFTER, limit)
    return [HalfWay(*row) for row in rows]


async def note(session: Session, *, conversation_id: uuid.UUID, now: datetime) -> bool:
    """Note that a talk is not to be reminded again. Returns whether that is new: only then may anything go."""
    done: str = await session.driver.execute(NOTE, conversation_id, now)
    return done.endswith("1")
