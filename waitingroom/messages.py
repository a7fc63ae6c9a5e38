"""Messages: everything said, both ways, and the outbox whose rows are the truth about sending."""

import json
import uuid
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from pydantic_core import to_json
from sqlalchemy import BigInteger, Column, Identity, Index, func, text
from sqlmodel import Field, SQLModel, col, select, update

from waitingroom import hooks, own_keys
from waitingroom.columns import OwnKey, by_value
from waitingroom.database import Session

TELL_GROWN = "SELECT pg_notify($1, $2)"
GROWN = "waitingroom_grown"
"""The notification that a conversation has a message its page has not asked for; its payload is the id."""
CANCEL = """
UPDATE message SET status = 'failed', problem = 'Cancelled', next_try_at = NULL
WHERE conversation_id = $1 AND status = 'queued' AND kind <> 'crisis' RETURNING id
"""


class Author(StrEnum):
    """Who said it."""

    PERSON = "person"
    BOT = "bot"
    LINK_WORKER = "link_worker"


class Status(StrEnum):
    """How far a message has come."""

    HEARD = "heard"
    UNREADABLE = "unreadable"
    """came in, but could not be read: kept raw for a person to look at"""
    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    DEAD = "dead"
    """given up after every retry"""
    FAILED = "failed"
    """the provider says it will never arrive"""
    DELIVERED = "delivered"
    READ = "read"


RANK = {
    Status.QUEUED: 0,
    Status.SENDING: 1,
    Status.SENT: 2,
    Status.DEAD: 3,
    Status.FAILED: 4,
    Status.DELIVERED: 5,
    Status.READ: 6,
}
"""A receipt only ever moves a message up, whatever order receipts come in."""


class Kind(StrEnum):
    """Why an outgoing message goes: what a spending cap may hold back, and in which order."""

    HEARD = "heard"
    """it came in"""
    ANSWER = "answer"
    CRISIS = "crisis"
    STAFF = "staff"
    STARTED = "started"
    """nobody asked for it just now"""


class Message(SQLModel, table=True):
    """One message. What it says is sealed; `dedupe` is unique, so nothing is heard or queued twice."""

    id: int | None = Field(default=None, sa_column=Column(BigInteger, Identity(), primary_key=True))
    conversation_id: uuid.UUID = Field(foreign_key="conversation.id")
    contact_id: uuid.UUID = Field(foreign_key="contact.id", index=True)
    author: Author = Field(sa_column=Column(by_value(Author), nullable=False))
    staff_id: uuid.UUID | None = Field(default=None, foreign_key="staff.id")
    kind: Kind = Field(sa_column=Column(by_value(Kind), nullable=False))
    segments: int = 0
    """How many parts it is charged as; 0 where sending costs nothing."""
    body: bytes | None = Field(default=None, repr=False)
    dedupe: str = Field(unique=True)
    status: Status = Field(sa_column=Column(by_value(Status), nullable=False))
    attempts: int = 0
    next_try_at: datetime | None = None
    provider_id: str | None = None
    maybe_twice: bool = False
    """A worker was lost while sending: the provider may have taken it before it was sent again."""
    problem: str | None = None
    """The class of what went wrong last, never its words."""
    created_at: datetime
    sent_at: datetime | None = None
    settled_at: datetime | None = None

    __table_args__ = (
        Index("ix_message_conversation", "conversation_id", "id"),
        Index(
            "ix_message_unsent",
            "next_try_at",
            postgresql_where=text("status IN ('queued', 'sending')"),
        ),
        Index("ix_message_by_staff", "created_at", postgresql_where=text("author = 'link_worker'")),
        Index("ix_message_created_at", "created_at", postgresql_using="brin"),
        Index("ix_message_dead", "id", postgresql_where=text("status IN ('dead', 'unreadable')")),
    )


own_keys.carry(Message, Message.body)


class Sealed(Protocol):
    """What says something, sealed, under the name it is sealed for."""

    @property
    def body(self) -> bytes | None:
        """What it says, sealed; None: nothing."""
        ...

    @property
    def dedupe(self) -> str:
        """The name it is bound to."""
        ...


class Carrying(Sealed, Protocol):
    """The same, read by a statement of our own, with the key it opens with."""

    @property
    def carried_keys(self) -> Sequence[bytes] | None:
        """The keys that came with it, by `own_keys.carried_by`."""
        ...


def said(session: Session, message: Message | Carrying) -> dict[str, Any]:
    """Open what a message says: `text` and, from the bot, the `options` it offered."""
    if message.body is None:
        return {"text": ""}
    carried = message if isinstance(message, SQLModel) else message.carried_keys
    opened: dict[str, Any] = json.loads(own_keys.unseal(session, message.body, message.dedupe, carried))
    return opened


def sealed_body(own: OwnKey, said: dict[str, Any], dedupe: str) -> bytes:
    """Seal what a message says, bound to its row by `dedupe`, with the own key of its talk."""
    return own.seal_bytes(to_json(said), dedupe)


async def queue(
    session: Session,
    *,
    conversation_id: uuid.UUID,
    contact_id: uuid.UUID,
    author: Author,
    kind: Kind,
    said: dict[str, Any],
    dedupe: str,
    now: datetime,
    kept: bool,
    segments: int = 0,
    staff_id: uuid.UUID | None = None,
) -> Message:
    """Put one message in the outbox. `kept`: its channel is read by the person, not pushed to them."""
    message = Message(
        conversation_id=conversation_id,
        contact_id=contact_id,
        author=author,
        kind=kind,
        segments=segments,
        staff_id=staff_id,
        body=sealed_body(await own_keys.of(session, conversation_id), said, dedupe),
        dedupe=dedupe,
        status=Status.SENT if kept else Status.QUEUED,
        next_try_at=None if kept else now,
        created_at=now,
        sent_at=now if kept else None,
    )
    session.add(message)
    await session.flush()
    if kept or author is Author.LINK_WORKER:
        await tell_grown(session, conversation_id=conversation_id)
    return message


async def tell_grown(session: Session, *, conversation_id: uuid.UUID) -> None:
    """Tell open pages, once this is committed, that a talk has grown: what is new they ask for themselves."""
    await session.driver.execute(TELL_GROWN, GROWN, str(conversation_id))


async def cancel(session: Session, *, conversation_id: uuid.UUID) -> int:
    """Send nothing that still waits to go to someone, but for crisis lines. Returns how many were kept back."""
    return len(await session.driver.fetch(CANCEL, conversation_id))


async def transcript(
    session: Session, *, conversation_id: uuid.UUID, after: int = 0, before: int | None = None, limit: int = 500
) -> list[Message]:
    """List what was said after message `after` and before `before`: `limit` of the newest, oldest first."""
    said = select(Message).where(Message.conversation_id == conversation_id, col(Message.id) > after)
    if before is not None:
        said = said.where(col(Message.id) < before)
    return list(await session.exec(said.order_by(col(Message.id).desc()).limit(limit)))[::-1]


async def receipt(
    session: Session,
    *,
    message_id: int,
    channel: str,
    provider_id: str,
    status: Status,
    now: datetime,
    problem: str = "",
) -> uuid.UUID | None:
    """Take a delivery receipt for our message `message_id`, which its provider knows as `provider_id`.

    Returns the contact it went to where the receipt moved the message up; None for unknown, repeated and late
    ones. A receipt may be quicker than our own note that the message went.
    """
    below = [lower for lower, rank in RANK.items() if rank < RANK[status]]
    known_as = f"{channel}:{provider_id}"
    moved = await session.exec(
        update(Message)
        .where(
            col(Message.id) == message_id,
            func.coalesce(col(Message.provider_id), known_as) == known_as,
            col(Message.status).in_(below),
        )
        .values(status=status, settled_at=now, provider_id=known_as, problem=problem or None)
        .returning(col(Message.contact_id), col(Message.conversation_id))
    )
    found = moved.first()
    if found is None:
        return None
    contact_id, talk = found
    if status is Status.FAILED:
        failed = hooks.Kind.MESSAGE_FAILED
        await hooks.tell(session, failed, conversation_id=talk, message_id=message_id, now=now)
    return uuid.UUID(str(contact_id))


async def shown(session: Session, *, conversation_id: uuid.UUID, upto: int, now: datetime) -> None:
    """Note that the person's own page has shown them every message up to `upto`."""
    await session.exec(
        update(Message)
        .where(
            col(Message.conversation_id) == conversation_id,
            col(Message.id) <= upto,
            col(Message.status) == Status.SENT,
            col(Message.author) != Author.PERSON,
        )
        .values(status=Status.DELIVERED, settled_at=now)
    )
