"""Requests about one's own data: what was asked, by when the law wants it done, and what came of it."""

import calendar
import uuid
from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import Column, Index, text
from sqlmodel import Field, SQLModel, col, select

from waitingroom import hubs, own_keys
from waitingroom.columns import by_value, new_id
from waitingroom.database import Session
from waitingroom.errors import NotFoundError, StaleError
from waitingroom.moves import moved

IS_OPEN = text("status = 'open'")
DECEMBER = 12


class Kind(StrEnum):
    """What was asked for."""

    ACCESS = "access"
    """the notes staff made, beside what the person can read at once (UK GDPR, article 15)"""
    CORRECTION = "correction"
    """article 16"""
    ERASURE = "erasure"
    """article 17"""


class Status(StrEnum):
    """Where a request stands."""

    OPEN = "open"
    DONE = "done"
    REFUSED = "refused"


MOVES: dict[Status, frozenset[Status]] = {
    Status.OPEN: frozenset({Status.DONE, Status.REFUSED}),
    Status.DONE: frozenset(),
    Status.REFUSED: frozenset(),
}
"""The only steps a request can take."""


class DataRequest(SQLModel, table=True):
    """One request. Its words are sealed; once everything was deleted only kind, dates and the count are left."""

    __tablename__ = "data_request"

    id: uuid.UUID = Field(default_factory=new_id, primary_key=True)
    conversation_id: uuid.UUID | None = Field(default=None, foreign_key="conversation.id", index=True)
    kind: Kind = Field(sa_column=Column(by_value(Kind), nullable=False))
    words: bytes | None = Field(default=None, repr=False)
    status: Status = Field(sa_column=Column(by_value(Status), nullable=False))
    received_at: datetime
    due_on: date
    ended_at: datetime | None = None
    ended_by: uuid.UUID | None = Field(default=None, foreign_key="staff.id")
    rows_deleted: int | None = None
    version: int = 1

    __table_args__ = (Index("ix_data_request_due", "due_on", "received_at", postgresql_where=IS_OPEN),)

    def overdue(self, today: date) -> bool:
        """Say whether it should have been done by now."""
        return self.status is Status.OPEN and self.due_on < today


own_keys.carry(DataRequest, DataRequest.words)


def due(day: date) -> date:
    """Give the last day for an answer: the same date a month later, or its last day (UK GDPR, article 12(3))."""
    year, month = (day.year + 1, 1) if day.month == DECEMBER else (day.year, day.month + 1)
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


async def ask(
    session: Session, *, conversation_id: uuid.UUID, kind: Kind, words: str, today: date, now: datetime
) -> date:
    """Put a request before staff; returns the day it is due. The same kind asked twice is one, but for new words.

    `today`: the day it is where the service is.
    """
    already = await _open_one(session, conversation_id, kind)
    if already is not None and not words:
        return already.due_on
    request_id, due_on = new_id(), due(today)
    own = await own_keys.of(session, conversation_id)
    await session.put(
        DataRequest,
        id=request_id,
        conversation_id=conversation_id,
        kind=kind,
        words=own.seal(words, _where(request_id)) if words else None,
        status=Status.OPEN,
        received_at=now,
        due_on=due_on,
        version=1,
    )
    return due_on


async def note_erased(session: Session, *, kind: Kind, rows: int, today: date, now: datetime) -> None:
    """Keep as proof that a wish was met at once: its kind, the day, how many rows went. Nothing says whose."""
    await session.put(
        DataRequest,
        id=new_id(),
        kind=kind,
        status=Status.DONE,
        received_at=now,
        due_on=due(today),
        ended_at=now,
        rows_deleted=rows,
        version=1,
    )


def words_of(session: Session, request: DataRequest) -> str:
    """Open what the person wrote with it, if anything."""
    return own_keys.unseal(session, request.words, _where(request.id), request) if request.words else ""


async def queue(
    session: Session, *, ended: bool = False, hub_id: uuid.UUID | None = None, limit: int = 200
) -> Sequence[DataRequest]:
    """List requests, the one due soonest first. `ended`: those that were done or refused.

    `hub_id`: only those that staff of this hub may see.
    """
    mine = hubs.of_mine(hub_id, col(DataRequest.conversation_id))
    kept = DataRequest.status != Status.OPEN if ended else DataRequest.status == Status.OPEN
    order = (col(DataRequest.due_on), col(DataRequest.received_at))
    return (await session.exec(select(DataRequest).where(kept, mine).order_by(*order).limit(limit))).all()


async def of_conversation(session: Session, *, conversation_id: uuid.UUID) -> Sequence[DataRequest]:
    """List the requests made in a talk, oldest first."""
    made = select(DataRequest).where(DataRequest.conversation_id == conversation_id)
    return (await session.exec(made.order_by(col(DataRequest.received_at)))).all()


async def find(session: Session, *, request_id: uuid.UUID) -> DataRequest:
    """Find a request as it is now. Raises NotFoundError."""
    found = await session.get(DataRequest, request_id, populate_existing=True)
    if found is None:
        raise NotFoundError
    return found


async def end(
    session: Session, *, request_id: uuid.UUID, staff_id: uuid.UUID, version: int, to: Status, now: datetime
) -> DataRequest:
    """Note that a request was done, or refused. Raises StaleError, IllegalMoveError, NotFoundError."""
    request = await session.get(DataRequest, request_id, with_for_update=True, populate_existing=True)
    if request is None:
        raise NotFoundError
    if request.version != version:
        raise StaleError
    request.status = moved(MOVES, request.status, to)
    request.ended_at, request.ended_by = now, staff_id
    request.version += 1
    session.add(request)
    await session.flush()
    return request


async def _open_one(session: Session, conversation_id: uuid.UUID, kind: Kind) -> DataRequest | None:
    asked = select(DataRequest).where(
        DataRequest.conversation_id == conversation_id,
        DataRequest.kind == kind,
        DataRequest.status == Status.OPEN,
    )
    return (await session.exec(asked)).first()


def _where(request_id: uuid.UUID) -> str:
    return f"data_request:words:{request_id}"
