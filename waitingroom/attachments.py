"""Attachments: pictures, voice notes and files that people send, kept for their link worker."""

import uuid
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from sqlalchemy import BigInteger, Column, Index, text
from sqlalchemy.orm import defer
from sqlmodel import Field, SQLModel, col, select

from waitingroom import own_keys
from waitingroom.columns import OwnKey, by_value, new_id
from waitingroom.database import Session
from waitingroom.errors import NotFoundError

MOST_BYTES = 10 * 1024 * 1024
"""The largest one kept: an hour of a voice note, every photograph a phone makes."""
MOST_A_DAY = 50
"""How many are kept of one talk in 24 hours, so that nobody fills the disk."""
LONGEST_MIME = 127
"""RFC 6838, section 4.2: each of its two names is that long at most; real ones are far shorter."""
MOST_TOLD = 2**31 - 1
"""The largest whole number the column takes."""

NOTE = """
WITH today AS (
    SELECT count(*) AS many FROM attachment
    WHERE conversation_id = $2 AND created_at > $5 AND status <> 'too_many'
), noted AS (
    INSERT INTO attachment (id, message_id, conversation_id, channel, kind, status, mime, size, seconds, ref,
                            attempts, next_try_at, created_at)
    SELECT sent.id, $1, $2, $3, sent.kind,
           CASE WHEN sent.size > $6 THEN 'too_big' WHEN today.many + sent.number > $7 THEN 'too_many'
                ELSE 'wanted' END,
           sent.mime, sent.size, sent.seconds, sent.ref, 0, $4, $4
    FROM unnest($8::uuid[], $9::text[], $10::text[], $11::int[], $12::int[], $13::bytea[])
         WITH ORDINALITY AS sent (id, kind, mime, size, seconds, ref, number), today
    RETURNING status
)
SELECT noted.status, v.clear_at IS NULL AS agreed FROM noted, conversation v WHERE v.id = $2
"""
"""Notes what came with one message, in one round trip."""


class Kind(StrEnum):
    """What it is to a person."""

    VOICE = "voice"
    PICTURE = "picture"
    FILE = "file"


class Status(StrEnum):
    """How far it has come."""

    WANTED = "wanted"
    """still with the provider"""
    KEPT = "kept"
    TOO_BIG = "too_big"
    TOO_MANY = "too_many"
    """more than are kept of one talk in a day"""
    GONE = "gone"
    """the provider no longer has it, or it could not be fetched in time"""


class Keeping(StrEnum):
    """What becomes of things just sent, so that the person can be told the truth."""

    WILL = "will"
    """they are fetched and kept"""
    IF_AGREED = "if_agreed"
    """they are fetched and kept once the person agrees to that, and not before"""
    TOO_BIG = "too_big"
    TOO_MANY = "too_many"


class Attachment(SQLModel, table=True):
    """One thing sent with a message. Where it is fetched from, and what it holds, are sealed."""

    id: uuid.UUID = Field(default_factory=new_id, primary_key=True)
    message_id: int = Field(sa_type=BigInteger, foreign_key="message.id", index=True)
    conversation_id: uuid.UUID = Field(foreign_key="conversation.id", index=True)
    channel: str
    kind: Kind = Field(sa_column=Column(by_value(Kind), nullable=False))
    status: Status = Field(sa_column=Column(by_value(Status), nullable=False))
    mime: str = ""
    size: int | None = None
    """bytes"""
    seconds: int | None = None
    ref: bytes = Field(repr=False)
    body: bytes | None = Field(default=None, repr=False)
    attempts: int = 0
    next_try_at: datetime | None = None
    problem: str | None = None
    """The class of what went wrong last, never its words."""
    created_at: datetime

    __table_args__ = (Index("ix_attachment_wanted", "next_try_at", postgresql_where=text("status = 'wanted'")),)


own_keys.carry(Attachment, Attachment.ref)


class Sent(Protocol):
    """Something that came with a message, as its channel told of it: `size` in bytes, None where not told."""

    @property
    def kind(self) -> Kind:
        """What it is to a person."""

    @property
    def ref(self) -> str:
        """What its channel fetches it by."""

    @property
    def mime(self) -> str:
        """Its media type, empty where not told."""

    @property
    def size(self) -> int | None:
        """How long it is, in bytes."""

    @property
    def seconds(self) -> int | None:
        """How long it plays."""


async def keep_note(
    session: Session,
    *,
    message_id: int,
    conversation_id: uuid.UUID,
    channel: str,
    attachments: Sequence[Sent],
    now: datetime,
) -> Keeping:
    """Note what came with a message, to be fetched later. Returns what becomes of it, the worst where they differ.

    Over MOST_BYTES, where its size was told, or over MOST_A_DAY it is never fetched.
    """
    ids, own = [new_id() for _ in attachments], await own_keys.of(session, conversation_id)
    rows = await session.driver.fetch(
        NOTE,
        message_id,
        conversation_id,
        channel,
        now,
        now - timedelta(days=1),
        MOST_BYTES,
        MOST_A_DAY,
        ids,
        [one.kind.value for one in attachments],
        [_plain(one.mime) for one in attachments],
        [_bounded(one.size) for one in attachments],
        [_bounded(one.seconds) for one in attachments],
        [_sealed_ref(own, one, at) for one, at in zip(attachments, ids, strict=True)],
    )
    found = {row["status"] for row in rows}
    for never in (Keeping.TOO_MANY, Keeping.TOO_BIG):
        if never.value in found:
            return never
    return Keeping.WILL if all(row["agreed"] for row in rows) else Keeping.IF_AGREED


async def of_conversation(session: Session, *, conversation_id: uuid.UUID) -> list[Attachment]:
    """List what was sent in a talk, oldest first, without what it holds: `open_body` reads that."""
    found = await session.exec(
        select(Attachment)
        .where(Attachment.conversation_id == conversation_id)
        .options(defer(col(Attachment.body), raiseload=True))  # type: ignore[arg-type]
        .order_by(col(Attachment.message_id), col(Attachment.created_at), col(Attachment.id))
    )
    return list(found)


async def of_messages(session: Session, *, ids: Collection[int]) -> dict[int, list[Attachment]]:
    """List what came with these messages, by the message's id, without what it holds."""
    found = await session.exec(
        select(Attachment)
        .where(col(Attachment.message_id).in_(ids))
        .options(defer(col(Attachment.body), raiseload=True))  # type: ignore[arg-type]
        .order_by(col(Attachment.created_at), col(Attachment.id))
    )
    by_message: dict[int, list[Attachment]] = {}
    for one in found:
        by_message.setdefault(one.message_id, []).append(one)
    return by_message


async def find(session: Session, *, attachment_id: uuid.UUID) -> Attachment:
    """Find one that is kept, without what it holds. Raises NotFoundError."""
    found = await session.exec(
        select(Attachment)
        .where(Attachment.id == attachment_id, col(Attachment.status) == Status.KEPT)
        .options(defer(col(Attachment.body), raiseload=True))  # type: ignore[arg-type]
    )
    attachment = found.first()
    if attachment is None:
        raise NotFoundError
    return attachment


async def open_body(session: Session, attachment: Attachment) -> bytes:
    """Open what one holds. Raises NotFoundError where it is not kept, UnreadableError where it does not open."""
    held = select(Attachment.body).where(Attachment.id == attachment.id, col(Attachment.status) == Status.KEPT)
    sealed = (await session.exec(held)).first()
    if sealed is None:
        raise NotFoundError
    await own_keys.meet(session, [sealed])
    return own_keys.unseal_bytes(session, sealed, body_at(attachment.id))


def _plain(mime: str) -> str:
    """Keep of a media type what one can hold: letters a provider made up must not stop a message."""
    return "".join(letter for letter in mime if letter.isascii() and letter.isprintable())[:LONGEST_MIME]


def _bounded(told: int | None) -> int | None:
    return None if told is None else min(max(told, 0), MOST_TOLD)


def _sealed_ref(own: OwnKey, one: Sent, attachment_id: uuid.UUID) -> bytes:
    return own.seal_bytes(one.ref.encode("utf-8", "surrogatepass"), ref_at(attachment_id))


def ref_at(attachment_id: uuid.UUID) -> str:
    """Name where the way to fetch one is sealed."""
    return f"attachment:ref:{attachment_id}"


def body_at(attachment_id: uuid.UUID) -> str:
    """Name where what one holds is sealed."""
    return f"attachment:body:{attachment_id}"
