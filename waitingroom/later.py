"""Later: what a link worker wrote now, to go out at a time they chose."""

import uuid
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import BigInteger, Column, ForeignKey, Index, text
from sqlmodel import Field, SQLModel, col, select

from waitingroom import caseload, own_keys
from waitingroom.columns import by_value, new_id
from waitingroom.database import Session
from waitingroom.errors import NotFoundError, RefusedError, StaleError
from waitingroom.handoffs import Handoff, NotYoursError
from waitingroom.moves import moved

FURTHEST = timedelta(days=60)
DUE = """
SELECT id FROM later_message WHERE status = 'waiting' AND send_at <= $1 ORDER BY send_at, id LIMIT $2
"""


class Status(StrEnum):
    """Where a message for later stands."""

    WAITING = "waiting"
    SENT = "sent"
    CANCELLED = "cancelled"
    NOT_SENT = "not_sent"
    """by then the talk was no longer its writer's, or the person wanted no more messages: its writer was told"""


MOVES: dict[Status, frozenset[Status]] = {
    Status.WAITING: frozenset({Status.SENT, Status.CANCELLED, Status.NOT_SENT}),
    Status.SENT: frozenset(),
    Status.CANCELLED: frozenset(),
    Status.NOT_SENT: frozenset(),
}
"""The only steps a message for later can take."""


class NotLaterError(RefusedError):
    """Choose a time that is still to come, within 60 days."""


class LaterMessage(SQLModel, table=True):
    """One message for later. What it says is sealed; it is in the transcript only once it went."""

    __tablename__ = "later_message"

    id: uuid.UUID = Field(default_factory=new_id, primary_key=True)
    conversation_id: uuid.UUID = Field(foreign_key="conversation.id", index=True)
    handoff_id: uuid.UUID = Field(foreign_key="handoff.id")
    staff_id: uuid.UUID = Field(foreign_key="staff.id")
    words: bytes = Field(repr=False)
    send_at: datetime
    anyway: bool = False
    """its writer knows that this is outside the hours the person said are safe"""
    status: Status = Field(sa_column=Column(by_value(Status), nullable=False))
    message_id: int | None = Field(
        default=None, sa_column=Column(BigInteger, ForeignKey("message.id", ondelete="SET NULL"), nullable=True)
    )
    made_at: datetime
    settled_at: datetime | None = None
    version: int = 1

    __table_args__ = (Index("ix_later_message_due", "send_at", "id", postgresql_where=text("status = 'waiting'")),)


own_keys.carry(LaterMessage, LaterMessage.words)


async def plan(
    session: Session,
    *,
    handoff: Handoff,
    staff_id: uuid.UUID,
    words: str,
    send_at: datetime,
    anyway: bool,
    now: datetime,
) -> LaterMessage:
    """Keep a message to the person of a hand-off that is held, to go at `send_at`. Raises NotLaterError."""
    check_ahead(send_at, now)
    later_id = new_id()
    made = LaterMessage(
        id=later_id,
        conversation_id=handoff.conversation_id,
        handoff_id=handoff.id,
        staff_id=staff_id,
        words=(await own_keys.of(session, handoff.conversation_id)).seal(words, _where(later_id)),
        send_at=send_at,
        anyway=anyway,
        status=Status.WAITING,
        made_at=now,
    )
    session.add(made)
    await session.flush()
    return made


async def change(
    session: Session,
    later: LaterMessage,
    *,
    words: str,
    send_at: datetime,
    anyway: bool,
    now: datetime,
) -> LaterMessage:
    """Change what it says and when it goes, while it waits. Raises NotLaterError, IllegalMoveError."""
    moved(MOVES, later.status, Status.SENT)
    check_ahead(send_at, now)
    own = await own_keys.of(session, later.conversation_id, later)
    later.words, later.send_at, later.anyway = own.seal(words, _where(later.id)), send_at, anyway
    return await _keep(session, later)


async def settle(
    session: Session, later: LaterMessage, *, to: Status, now: datetime, message_id: int | None = None
) -> LaterMessage:
    """Note that it went as `message_id`, was cancelled, or could not go. Raises IllegalMoveError."""
    later.status = moved(MOVES, later.status, to)
    later.settled_at, later.message_id = now, message_id
    return await _keep(session, later)


async def put_off(session: Session, later: LaterMessage, *, until: datetime) -> None:
    """Have it go later, where its hour passed while nothing was running."""
    later.send_at = until
    await _keep(session, later)


async def hold(session: Session, *, later_id: uuid.UUID) -> LaterMessage:
    """Find a message for later and lock its talk first, as a turn does. Raises NotFoundError."""
    found = await session.get(LaterMessage, later_id, populate_existing=True)
    if found is None:
        raise NotFoundError
    await caseload.hold(session, handoff_id=found.handoff_id)
    held = await session.get(LaterMessage, later_id, populate_existing=True)
    if held is None:
        raise NotFoundError
    return held


async def hold_mine(session: Session, *, later_id: uuid.UUID, staff_id: uuid.UUID, version: int) -> LaterMessage:
    """Find and hold a message for later of one's own. Raises NotFoundError, NotYoursError, StaleError."""
    held = await hold(session, later_id=later_id)
    if held.staff_id != staff_id:
        raise NotYoursError
    if held.version != version:
        raise StaleError
    return held


async def due(session: Session, *, now: datetime, limit: int = 200) -> list[uuid.UUID]:
    """List what is to go now, the longest due first."""
    return [row["id"] for row in await session.driver.fetch(DUE, now, limit)]


async def of_talk(session: Session, *, conversation_id: uuid.UUID) -> list[LaterMessage]:
    """List the messages for later to the person of a talk, by when they go."""
    found = select(LaterMessage).where(LaterMessage.conversation_id == conversation_id)
    return list(await session.exec(found.order_by(col(LaterMessage.send_at), col(LaterMessage.id))))


def words_of(session: Session, later: LaterMessage) -> str:
    """Open what it says."""
    return own_keys.unseal(session, later.words, _where(later.id), later)


def check_ahead(send_at: datetime, now: datetime) -> None:
    """Check that a time is still to come, and not too far. Raises NotLaterError."""
    if not now < send_at <= now + FURTHEST:
        raise NotLaterError


async def _keep(session: Session, later: LaterMessage) -> LaterMessage:
    later.version += 1
    session.add(later)
    await session.flush()
    return later


def _where(later_id: uuid.UUID) -> str:
    return f"later_message:words:{later_id}"
