"""The audit read: what someone did, what was done in a hub, who opened one person."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import or_, true
from sqlmodel import col, select

from waitingroom import staff
from waitingroom.audit import AuditEntry
from waitingroom.conversations import Conversation
from waitingroom.database import Session
from waitingroom.matching import PersonMatch, Status
from waitingroom.referrals import Referral
from waitingroom.staff import Staff

OPENED = """
SELECT s.name, max(e.at) AS at FROM audit_entry e JOIN staff s ON s.id = e.staff_id
WHERE e.outcome = 'done'
  AND (e.person_id = $1::uuid OR e.conversation_id = $2 AND (e.person_id IS NULL OR $1::uuid IS NULL))
GROUP BY s.name ORDER BY max(e.at)
"""


@dataclass(frozen=True)
class Read:
    """One line of the audit with the name of whoever did it."""

    entry: AuditEntry
    name: str


async def listed(
    session: Session,
    *,
    staff_id: uuid.UUID | None = None,
    hub_id: uuid.UUID | None = None,
    person_id: uuid.UUID | None = None,
    before: int | None = None,
    limit: int = 50,
) -> list[Read]:
    """List what was noted, the newest first, from below the place `before` on.

    `staff_id`: only what they did; `hub_id`: only what was of that hub or done by its staff; `person_id`: only
    what was about them, also while they were two on record.
    """
    found = select(AuditEntry).where(_done_by(staff_id), _of_hub(hub_id))
    if person_id is not None:
        found = found.where(await _about(session, person_id))
    if before is not None:
        found = found.where(col(AuditEntry.place) < before)
    entries = (await session.exec(found.order_by(col(AuditEntry.place).desc()).limit(limit))).all()
    names = await staff.names(session, ids={one.staff_id for one in entries if one.staff_id})
    return [Read(one, names.get(one.staff_id, "") if one.staff_id else "") for one in entries]


async def who_opened(
    session: Session, *, conversation_id: uuid.UUID, person_id: uuid.UUID | None
) -> Sequence[tuple[str, datetime]]:
    """Say which staff opened or changed anything of a person, by name, and when each last did."""
    rows = await session.driver.fetch(OPENED, person_id, conversation_id)
    return [(row["name"], row["at"]) for row in rows]


def _done_by(staff_id: uuid.UUID | None) -> Any:
    return true() if staff_id is None else col(AuditEntry.staff_id) == staff_id


def _of_hub(hub_id: uuid.UUID | None) -> Any:
    """Give a condition for what leads of a hub see: what was of their hub then, and what their staff did."""
    if hub_id is None:
        return true()
    own = select(col(Staff.id)).where(Staff.hub_id == hub_id)
    return or_(col(AuditEntry.hub_id) == hub_id, col(AuditEntry.staff_id).in_(own))


async def _about(session: Session, person_id: uuid.UUID) -> Any:
    """Give a condition for what is about a person: under every id they had, and of their talk before any."""
    joined = select(col(PersonMatch.later_id)).where(
        PersonMatch.earlier_id == person_id, col(PersonMatch.status) == Status.JOINED
    )
    ids = [person_id, *(await session.exec(joined)).all()]
    theirs = select(col(Conversation.id)).where(Conversation.person_id == person_id)
    asked_in = select(col(Referral.conversation_id)).where(Referral.person_id == person_id)
    talks = {*(await session.exec(theirs)).all(), *(await session.exec(asked_in)).all()}
    of_talk = col(AuditEntry.person_id).is_(None) & col(AuditEntry.conversation_id).in_(talks)
    return or_(col(AuditEntry.person_id).in_(ids), of_talk)
