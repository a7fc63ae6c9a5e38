"""Break-glass: opening one person of another hub for an hour, with a reason, in sight of their hub."""

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlmodel import Field, SQLModel, col, select

from waitingroom import hubs, own_keys
from waitingroom.columns import new_id
from waitingroom.database import Session
from waitingroom.errors import NotFoundError, RefusedError
from waitingroom.people import Person
from waitingroom.roles import Role

LASTS = timedelta(hours=1)
SHORTEST_REASON = 10
LONGEST_REASON = 500
ROLES = frozenset({Role.LINK_WORKER, Role.LEAD, Role.AUDITOR})
HUB = """
SELECT v.hub_id FROM conversation v
WHERE v.person_id = $1 OR v.id IN (SELECT conversation_id FROM referral WHERE person_id = $1)
ORDER BY v.hub_id = $2 DESC NULLS LAST LIMIT 1
"""
"""The hub of a person; that of whoever asks, where theirs is one of them."""
STANDS = "SELECT EXISTS (SELECT 1 FROM broken_glass WHERE staff_id = $1 AND person_id = $2 AND until > $3)"


class NoNeedError(RefusedError):
    """They are of your own hub: you can open them without that."""


class ReasonTooShortError(RefusedError):
    """Say why in at least 10 characters: their hub reads it."""


class NotForYourRoleError(RefusedError):
    """Only link workers, leads and auditors may open someone of another hub."""


class BrokenGlass(SQLModel, table=True):
    """Someone of another hub was opened: by whom, until when, and why, sealed."""

    __tablename__ = "broken_glass"

    id: uuid.UUID = Field(default_factory=new_id, primary_key=True)
    person_id: uuid.UUID = Field(foreign_key="person.id", index=True)
    staff_id: uuid.UUID = Field(foreign_key="staff.id", index=True)
    hub_id: uuid.UUID | None = Field(default=None, foreign_key="hub.id")
    """the hub the person was of"""
    reason: bytes = Field(repr=False)
    broken_at: datetime
    until: datetime


own_keys.carry(BrokenGlass, BrokenGlass.reason)


async def break_it(
    session: Session,
    *,
    person_id: uuid.UUID,
    staff_id: uuid.UUID,
    role: Role,
    mine: uuid.UUID | None,
    reason: str,
    now: datetime,
) -> BrokenGlass:
    """Let someone of the hub `mine` open one person of another hub for an hour: a lead to act, others to read.

    Raises NotForYourRoleError, ReasonTooShortError, NotFoundError, and NoNeedError where they may already.
    """
    if role not in ROLES:
        raise NotForYourRoleError
    if len("".join(reason.split())) < SHORTEST_REASON:
        raise ReasonTooShortError
    person = await session.get(Person, person_id)
    if person is None:
        raise NotFoundError
    hub_id = await session.driver.fetchval(HUB, person_id, mine)
    if hubs.is_mine(hub_id, mine=mine):
        raise NoNeedError
    glass_id, own = new_id(), await own_keys.of(session, person_id, person)
    glass = BrokenGlass(
        id=glass_id,
        person_id=person_id,
        staff_id=staff_id,
        hub_id=hub_id,
        reason=own.seal(reason.strip()[:LONGEST_REASON], _where(glass_id)),
        broken_at=now,
        until=now + LASTS,
    )
    session.add(glass)
    await session.flush()
    return glass


async def is_broken(session: Session, *, person_id: uuid.UUID, staff_id: uuid.UUID, now: datetime) -> bool:
    """Say whether someone may look at a person of another hub at this moment."""
    stands: bool = await session.driver.fetchval(STANDS, staff_id, person_id, now)
    return stands


def reason(session: Session, glass: BrokenGlass) -> str:
    """Open why it was done."""
    return own_keys.unseal(session, glass.reason, _where(glass.id), glass)


async def from_elsewhere(
    session: Session, *, hub_id: uuid.UUID | None, since: datetime, limit: int = 200
) -> Sequence[BrokenGlass]:
    """List who opened people of a hub from elsewhere, the newest first; of every hub where `hub_id` is None."""
    found = select(BrokenGlass).where(col(BrokenGlass.broken_at) >= since)
    if hub_id is not None:
        found = found.where(BrokenGlass.hub_id == hub_id)
    return (await session.exec(found.order_by(col(BrokenGlass.broken_at).desc()).limit(limit))).all()


async def of_person(session: Session, *, person_id: uuid.UUID) -> Sequence[BrokenGlass]:
    """List who opened a person from elsewhere, the oldest first."""
    found = select(BrokenGlass).where(BrokenGlass.person_id == person_id)
    return (await session.exec(found.order_by(col(BrokenGlass.broken_at)))).all()


def _where(glass_id: uuid.UUID) -> str:
    return f"broken_glass:reason:{glass_id}"
