"""Transfers: one link worker hands a person over to a colleague of the same hub, and the person is told."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Index, text
from sqlmodel import Field, SQLModel, col, select

from waitingroom import conversations, hooks, hubs, loads, own_keys
from waitingroom.columns import new_id
from waitingroom.database import Session
from waitingroom.errors import NotFoundError, RefusedError, StaleError
from waitingroom.handoffs import Handoff, NotYoursError, Status
from waitingroom.roles import Role
from waitingroom.staff import Caller, Staff
from waitingroom.to_dos import WITH_PEOPLE

TAKES_OVER = frozenset({Role.LINK_WORKER, Role.LEAD})
UNTOLD = """
SELECT t.id, h.conversation_id, s.name FROM transfer t
JOIN handoff h ON h.id = t.handoff_id AND h.status = 'claimed' AND h.claimed_by = t.to_id
JOIN staff s ON s.id = t.to_id JOIN conversation v ON v.id = h.conversation_id
WHERE t.told_at IS NULL AND t.tell_at <= $1
ORDER BY t.tell_at LIMIT $2 FOR NO KEY UPDATE OF v SKIP LOCKED
"""
"""Transfers the person is to hear of now, their talks locked. Whoever has moved on since is not named."""
SETTLE = """
UPDATE transfer t SET told_at = $2 FROM handoff h
WHERE h.id = t.handoff_id AND t.told_at IS NULL AND t.tell_at <= $2
  AND (t.id = ANY($1) OR h.status <> 'claimed' OR h.claimed_by <> t.to_id)
"""
MINE = "UPDATE to_do SET for_id = $3 WHERE conversation_id = $1 AND for_id = $2 AND done_at IS NULL AND kind <> $4"


class NotAColleagueError(RefusedError):
    """They do not work with people in your hub."""


class AlreadyTheirsError(RefusedError):
    """They have this person already."""


class Transfer(SQLModel, table=True):
    """One time a person went from one link worker to another. The line why is sealed, and for staff only."""

    id: uuid.UUID = Field(default_factory=new_id, primary_key=True)
    handoff_id: uuid.UUID = Field(foreign_key="handoff.id", index=True)
    from_id: uuid.UUID = Field(foreign_key="staff.id")
    to_id: uuid.UUID = Field(foreign_key="staff.id")
    done_by: uuid.UUID = Field(foreign_key="staff.id")
    why: bytes = Field(repr=False)
    at: datetime
    tell_at: datetime
    """when the person is told: at once, or in the next hours that are safe for them"""
    told_at: datetime | None = None

    __table_args__ = (Index("ix_transfer_untold", "tell_at", postgresql_where=text("told_at IS NULL")),)


own_keys.carry(Transfer, Transfer.why)


@dataclass(frozen=True)
class Told:
    """Whose talk it is, and who has it now: what one person is to be told."""

    transfer_id: uuid.UUID
    conversation_id: uuid.UUID
    name: str


async def transfer(
    session: Session,
    *,
    handoff: Handoff,
    to_id: uuid.UUID,
    caller: Caller,
    version: int,
    why: str,
    cap: int,
    tell_at: datetime,
    now: datetime,
) -> Transfer:
    """Give a hand-off that is held to a colleague: the talk, and what is still to be done, go with it.

    Whoever has it may, and a lead for them. `cap`: the usual cap on weight at once; only a lead goes over it.
    Raises NotYoursError, NotAColleagueError, AlreadyTheirsError, OverCapError, StaleError.
    """
    by_lead = caller.role is Role.LEAD
    had_by = handoff.claimed_by
    if had_by is None or handoff.status is not Status.CLAIMED or (had_by != caller.staff_id and not by_lead):
        raise NotYoursError
    if handoff.version != version:
        raise StaleError
    other = await _colleague(session, handoff, to_id)
    if other.id == had_by:
        raise AlreadyTheirsError
    if not by_lead:
        await loads.check_room(session, staff_id=other.id, handoff=handoff, cap=cap, whose=other.name)
    made = Transfer(
        handoff_id=handoff.id,
        from_id=had_by,
        to_id=other.id,
        done_by=caller.staff_id,
        why=b"",
        at=now,
        tell_at=tell_at,
    )
    made.why = (await own_keys.of(session, handoff.conversation_id)).seal(why, _where(made.id))
    handoff.claimed_by, handoff.claimed_at, handoff.version = other.id, now, handoff.version + 1
    session.add_all([made, handoff])
    await session.flush()
    await conversations.give_to(session, conversation_id=handoff.conversation_id, staff_id=other.id)
    await session.driver.execute(MINE, handoff.conversation_id, had_by, other.id, "talk_through")
    given, talk = hooks.Kind.HANDOFF_TRANSFERRED, handoff.conversation_id
    await hooks.tell(session, given, conversation_id=talk, handoff_id=handoff.id, now=now)
    return made


async def untold(session: Session, *, now: datetime, limit: int = 50) -> list[Told]:
    """List whom to tell now that somebody else has them; their talks are locked."""
    return [Told(*row) for row in await session.driver.fetch(UNTOLD, now, limit)]


async def told(session: Session, *, ids: Sequence[uuid.UUID], now: datetime) -> None:
    """Note that these were told; what is no longer true needs no telling any more."""
    await session.driver.execute(SETTLE, list(ids), now)


async def of_talk(session: Session, *, conversation_id: uuid.UUID) -> Sequence[tuple[Transfer, str]]:
    """List who handed the person of a talk to whom, and why, oldest first."""
    made = select(Transfer).join(Handoff, col(Handoff.id) == col(Transfer.handoff_id))
    made = made.where(Handoff.conversation_id == conversation_id).order_by(col(Transfer.at))
    return [(one, why_of(session, one)) for one in await session.exec(made)]


def why_of(session: Session, made: Transfer) -> str:
    """Open why somebody was handed over."""
    return own_keys.unseal(session, made.why, _where(made.id), made)


async def _colleague(session: Session, handoff: Handoff, to_id: uuid.UUID) -> Staff:
    """Find who is to have it: someone who works with people, in the hub that looks after this one."""
    other = await session.get(Staff, to_id)
    if other is None or other.ended_at is not None:
        raise NotFoundError
    talk = await conversations.find(session, handoff.conversation_id)
    if other.role not in WITH_PEOPLE or not hubs.is_mine(talk.hub_id, mine=other.hub_id):
        raise NotAColleagueError
    return other


def _where(transfer_id: uuid.UUID) -> str:
    return f"transfer:why:{transfer_id}"
