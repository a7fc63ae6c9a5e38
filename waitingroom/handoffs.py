"""Hand-offs: a person's story waiting for a link worker, claimed by exactly one."""

import json
import uuid
from collections.abc import Sequence
from datetime import datetime
from enum import IntEnum, StrEnum

from sqlalchemy import ARRAY, BigInteger, Column, Index, SmallInteger, String, text
from sqlmodel import Field, SQLModel, col, select, update

from waitingroom import conversations
from waitingroom.columns import by_value, new_id
from waitingroom.database import Session
from waitingroom.errors import NotFoundError, RefusedError, StaleError
from waitingroom.moves import moved
from waitingroom.staff import Staff


class Reason(StrEnum):
    """Why a link worker is wanted."""

    NEW_REFERRAL = "new_referral"
    ASKED_FOR_PERSON = "asked_for_person"
    DANGER = "danger"
    STOPPED_MESSAGES = "stopped_messages"
    UNREACHABLE = "unreachable"
    """messages no longer arrive where they wrote from"""
    WORD_LEFT = "word_left"
    """someone waiting wrote something that was not a menu word"""


class Urgency(IntEnum):
    """How soon a person must look: the lower, the sooner. It only ever rises."""

    URGENT = 0
    SOON = 1
    ROUTINE = 2


class Status(StrEnum):
    """Where a hand-off stands."""

    WAITING = "waiting"
    CLAIMED = "claimed"
    HANDED_BACK = "handed_back"
    CLOSED = "closed"


MOVES: dict[Status, frozenset[Status]] = {
    Status.WAITING: frozenset({Status.CLAIMED, Status.CLOSED}),
    Status.CLAIMED: frozenset({Status.WAITING, Status.HANDED_BACK, Status.CLOSED}),
    Status.HANDED_BACK: frozenset(),
    Status.CLOSED: frozenset(),
}
"""The only steps a hand-off can take."""

OPEN = text("status IN ('waiting', 'claimed')")
RAISE = """
INSERT INTO handoff AS h (id, conversation_id, referral_id, reasons, urgency, status, raised_at, version)
VALUES ($1, $2, $3, ARRAY[$4::varchar], $5, 'waiting', $6, 1)
ON CONFLICT (conversation_id) WHERE status IN ('waiting', 'claimed') DO UPDATE
SET reasons = array_append(array_remove(h.reasons, $4::varchar), $4::varchar),
    urgency = LEAST(h.urgency, excluded.urgency),
    referral_id = COALESCE(excluded.referral_id, h.referral_id),
    version = h.version + 1
RETURNING id
"""
"""Opens a hand-off, or adds to the one that is open: it can only become more urgent."""


class AlreadyClaimedError(RefusedError):
    """Someone else has picked this up."""


class NotYoursError(RefusedError):
    """You have not claimed this hand-off."""


class Handoff(SQLModel, table=True):
    """One open hand-off a conversation; new reasons join it and can only make it more urgent."""

    id: uuid.UUID = Field(default_factory=new_id, primary_key=True)
    conversation_id: uuid.UUID = Field(foreign_key="conversation.id")
    referral_id: uuid.UUID | None = Field(default=None, foreign_key="referral.id")
    reasons: list[str] = Field(sa_column=Column(ARRAY(String), nullable=False))
    urgency: int = Field(sa_column=Column(SmallInteger, nullable=False))
    status: Status = Field(sa_column=Column(by_value(Status), nullable=False))
    raised_at: datetime
    claimed_by: uuid.UUID | None = Field(default=None, foreign_key="staff.id")
    claimed_at: datetime | None = None
    ended_at: datetime | None = None
    version: int = 1

    __table_args__ = (
        Index("uq_handoff_open", "conversation_id", unique=True, postgresql_where=OPEN),
        Index("ix_handoff_queue", "urgency", "raised_at", "id", postgresql_where=OPEN),
    )


class Alarm(SQLModel, table=True):
    """One time danger was heard: in which message, by which rules (sealed)."""

    id: uuid.UUID = Field(default_factory=new_id, primary_key=True)
    conversation_id: uuid.UUID = Field(foreign_key="conversation.id", index=True)
    message_id: int = Field(sa_type=BigInteger)
    heard: bytes = Field(repr=False)
    raised_at: datetime


async def raise_hand(
    session: Session,
    *,
    conversation_id: uuid.UUID,
    reason: Reason,
    urgency: Urgency,
    now: datetime,
    referral_id: uuid.UUID | None = None,
) -> uuid.UUID:
    """Ask for a link worker: opens a hand-off, or adds to the one already open. Returns its id."""
    handoff_id: uuid.UUID = await session.driver.fetchval(
        RAISE, new_id(), conversation_id, referral_id, reason.value, int(urgency), now
    )
    return handoff_id


async def sound_alarm(
    session: Session,
    *,
    conversation_id: uuid.UUID,
    message_id: int,
    kinds: Sequence[str],
    rules: Sequence[str],
    now: datetime,
) -> None:
    """Danger was heard: an urgent hand-off, referral or not, claimed or not."""
    alarm_id = new_id()
    heard = json.dumps({"kinds": list(kinds), "rules": list(rules)})
    await session.put(
        Alarm,
        id=alarm_id,
        conversation_id=conversation_id,
        message_id=message_id,
        heard=session.keys.seal(heard, f"alarm:heard:{alarm_id}"),
        raised_at=now,
    )
    await raise_hand(
        session, conversation_id=conversation_id, reason=Reason.DANGER, urgency=Urgency.URGENT, now=now
    )


async def alarms(session: Session, *, conversation_id: uuid.UUID) -> list[tuple[Alarm, dict[str, list[str]]]]:
    """List when danger was heard in a conversation, and what was heard, oldest first."""
    found = await session.exec(
        select(Alarm).where(Alarm.conversation_id == conversation_id).order_by(col(Alarm.raised_at))
    )
    return [(alarm, json.loads(session.keys.unseal(alarm.heard, f"alarm:heard:{alarm.id}"))) for alarm in found]


async def find(session: Session, *, handoff_id: uuid.UUID) -> Handoff:
    """Find a hand-off as it is now. Raises NotFoundError."""
    found = await session.get(Handoff, handoff_id, populate_existing=True)
    if found is None:
        raise NotFoundError
    return found


async def of_conversation(session: Session, *, conversation_id: uuid.UUID) -> Handoff:
    """Find the open hand-off of a conversation. Raises NotFoundError."""
    found = await session.exec(
        select(Handoff).where(
            Handoff.conversation_id == conversation_id,
            col(Handoff.status).in_([Status.WAITING, Status.CLAIMED]),
        )
    )
    handoff = found.first()
    if handoff is None:
        raise NotFoundError
    return handoff


async def claim(
    session: Session, *, handoff_id: uuid.UUID, staff_id: uuid.UUID, version: int, now: datetime
) -> Handoff:
    """Pick a hand-off up: one winner, and the talk is theirs; the bot falls silent.

    Raises AlreadyClaimedError naming the winner, StaleError where it changed since `version` was read,
    NotFoundError, IllegalMoveError where it has ended.
    """
    won = await session.exec(
        update(Handoff)
        .where(
            col(Handoff.id) == handoff_id,
            col(Handoff.status) == Status.WAITING,
            col(Handoff.version) == version,
        )
        .values(status=Status.CLAIMED, claimed_by=staff_id, claimed_at=now, version=version + 1)
        .returning(col(Handoff.conversation_id))
    )
    conversation_id = won.scalars().first()
    handoff = await find(session, handoff_id=handoff_id)
    if conversation_id is None:
        await _say_why_lost(session, handoff)
    await conversations.give_to(session, conversation_id=handoff.conversation_id, staff_id=staff_id)
    return handoff


async def end(
    session: Session, *, handoff_id: uuid.UUID, staff_id: uuid.UUID, version: int, to: Status, now: datetime
) -> Handoff:
    """Hand the talk back to the bot, release it to the queue, or close it: only the one who claimed it may.

    `to` is HANDED_BACK, WAITING (released) or CLOSED.
    Raises NotYoursError, StaleError, IllegalMoveError, NotFoundError.
    """
    handoff = await session.get(Handoff, handoff_id, with_for_update=True, populate_existing=True)
    if handoff is None:
        raise NotFoundError
    handoff.status = moved(MOVES, handoff.status, to)
    if handoff.claimed_by != staff_id:
        raise NotYoursError
    if handoff.version != version:
        raise StaleError
    handoff.version += 1
    if to is Status.WAITING:
        handoff.claimed_by = handoff.claimed_at = None
    else:
        handoff.ended_at = now
    session.add(handoff)
    await session.flush()
    await conversations.give_to(session, conversation_id=handoff.conversation_id, staff_id=None)
    return handoff


async def _say_why_lost(session: Session, handoff: Handoff) -> None:
    if handoff.status is Status.CLAIMED:
        winner = await session.get(Staff, handoff.claimed_by)
        words = f"{winner.name if winner else 'A colleague'} has picked this up."
        raise AlreadyClaimedError(words)
    moved(MOVES, handoff.status, Status.CLAIMED)
    raise StaleError
