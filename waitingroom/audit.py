"""Audit: who saw and did what, each row chained to the one before, so that nothing can be changed unseen."""

import json
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, Column, Index, LargeBinary, SmallInteger, text
from sqlmodel import Field, SQLModel

from waitingroom.columns import KeyRing, by_value
from waitingroom.database import Session

SAME_SIGHT = timedelta(minutes=1)
"""Someone who opens the same again within so long is noted once: a page that renews itself is one look."""
BEFORE_ALL = bytes(32)
"""What the first row is chained to."""

HEAD = "SELECT first, start, last, link, mark FROM audit_head WHERE id = 1 FOR UPDATE"
BEGIN = """
INSERT INTO audit_head (id, first, start, last, link, mark) VALUES (1, 1, $1, 0, $1, $2) ON CONFLICT DO NOTHING
"""
KEEP = """
INSERT INTO audit_entry
    (place, at, staff_id, by, action, outcome, hub_id, conversation_id, person_id, record, link)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
"""
MOVE_HEAD = "UPDATE audit_head SET last = $1, link = $2, mark = $3 WHERE id = 1"
SEEN_JUST_NOW = """
SELECT EXISTS (SELECT 1 FROM audit_entry WHERE staff_id = $1 AND at > $2 AND action = $3 AND outcome = 'done'
    AND conversation_id IS NOT DISTINCT FROM $4 AND person_id IS NOT DISTINCT FROM $5
    AND record IS NOT DISTINCT FROM $6)
"""


class Outcome(StrEnum):
    """What became of it."""

    DONE = "done"
    REFUSED = "refused"


class By(StrEnum):
    """How whoever did it came in."""

    SESSION = "session"
    KEY = "key"
    COMMAND = "command"
    """on the machine itself"""


class AuditEntry(SQLModel, table=True):
    """One thing seen or done. It holds no words, and outlasts whom it is of: then it says no more who they were.

    `link` is a keyed hash over the link of the row before and everything in this one.
    """

    __tablename__ = "audit_entry"

    place: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    """1, 2, 3 … without a gap"""
    at: datetime
    staff_id: uuid.UUID | None = None
    by: By = Field(sa_column=Column(by_value(By), nullable=False))
    action: str
    outcome: Outcome = Field(sa_column=Column(by_value(Outcome), nullable=False))
    hub_id: uuid.UUID | None = None
    """the hub the person was of then"""
    conversation_id: uuid.UUID | None = None
    person_id: uuid.UUID | None = None
    record: str | None = None
    """what else it was about: 'handoff 5f0c…'"""
    link: bytes = Field(sa_column=Column(LargeBinary, nullable=False), repr=False)

    __table_args__ = (
        Index("ix_audit_entry_staff", "staff_id", "place"),
        Index("ix_audit_entry_hub", "hub_id", "place"),
        Index("ix_audit_entry_at", "at"),
        Index("ix_audit_entry_person", "person_id", "place", postgresql_where=text("person_id IS NOT NULL")),
        Index(
            "ix_audit_entry_talk", "conversation_id", "place", postgresql_where=text("conversation_id IS NOT NULL")
        ),
    )


class AuditHead(SQLModel, table=True):
    """Where the chain begins and ends. `mark`, a keyed hash over the rest, shows that nobody else wrote it."""

    __tablename__ = "audit_head"

    id: int = Field(sa_column=Column(SmallInteger, primary_key=True, autoincrement=False))
    first: int = Field(sa_type=BigInteger)
    """the place of the oldest row that is kept"""
    start: bytes = Field(sa_column=Column(LargeBinary, nullable=False), repr=False)
    """the link of the row before that"""
    last: int = Field(sa_type=BigInteger)
    link: bytes = Field(sa_column=Column(LargeBinary, nullable=False), repr=False)
    mark: bytes = Field(sa_column=Column(LargeBinary, nullable=False), repr=False)


@dataclass(frozen=True)
class Noted:
    """One thing to note. `action`: the name of the operation; `record`: what it was about, no words."""

    at: datetime
    staff_id: uuid.UUID | None
    by: By
    action: str
    outcome: Outcome = Outcome.DONE
    hub_id: uuid.UUID | None = None
    conversation_id: uuid.UUID | None = None
    person_id: uuid.UUID | None = None
    record: str | None = None


def note(session: Session, *entries: Noted) -> None:
    """Note what is done in this transaction: with it, or not at all.

    It is written last, since whoever writes next waits until this transaction has ended.
    """
    if entries:
        session.at_last(lambda: _write(session, entries))


def note_command(session: Session, action: str, *, record: str, now: datetime) -> None:
    """Note what was done by a command on the machine itself, where nobody is signed in."""
    note(session, Noted(now, None, By.COMMAND, action, record=record))


async def note_sight(session: Session, entries: Iterable[Noted]) -> None:
    """Note that someone opened something; not again where they opened the same a moment ago."""
    new = []
    for one in entries:
        facts = (one.action, one.conversation_id, one.person_id, one.record)
        if not await session.driver.fetchval(SEEN_JUST_NOW, one.staff_id, one.at - SAME_SIGHT, *facts):
            new.append(one)
    note(session, *new)


def mark(keys: KeyRing, first: int, start: bytes, last: int, link: bytes) -> bytes:
    """Make the mark of a head."""
    return keys.fingerprint("audit-head", f"{first}:{start.hex()}:{last}:{link.hex()}")


def linked(keys: KeyRing, before: bytes, row: Any) -> bytes:
    """Chain a row, as the database gives it, to the link of the row before: HMAC-SHA256, 32 bytes."""
    told = [
        row["place"],
        row["at"].astimezone(UTC).isoformat(timespec="microseconds"),
        *(str(row[name]) if row[name] else None for name in ("staff_id", "by", "action", "outcome", "hub_id")),
        *(str(row[name]) if row[name] else None for name in ("conversation_id", "person_id", "record")),
    ]
    return keys.fingerprint("audit", before.hex() + json.dumps(told, ensure_ascii=True))


def refused(entry: Noted) -> Noted:
    """Give the same as something that was refused."""
    return replace(entry, outcome=Outcome.REFUSED)


async def _write(session: Session, entries: Iterable[Noted]) -> None:
    head = await session.driver.fetchrow(HEAD)
    if head is None:
        await session.driver.execute(BEGIN, BEFORE_ALL, mark(session.keys, 1, BEFORE_ALL, 0, BEFORE_ALL))
        head = await session.driver.fetchrow(HEAD)
    place, link = head["last"], head["link"]
    for one in entries:
        place += 1
        row = {**one.__dict__, "place": place, "by": one.by.value, "outcome": one.outcome.value}
        link = linked(session.keys, link, row)
        await session.driver.execute(
            KEEP,
            place,
            one.at,
            one.staff_id,
            one.by.value,
            one.action,
            one.outcome.value,
            one.hub_id,
            one.conversation_id,
            one.person_id,
            one.record,
            link,
        )
    moved = mark(session.keys, head["first"], head["start"], place, link)
    await session.driver.execute(MOVE_HEAD, place, link, moved)
