"""Notices: which privacy notice someone was shown, in which language, where and when. It is no consent."""

import uuid
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Column, Index
from sqlmodel import Field, SQLModel, col, select

from waitingroom.columns import by_value, new_id
from waitingroom.database import Session

NOTE = """
INSERT INTO notice_shown (id, conversation_id, version, language, channel, showing, shown_at)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (conversation_id, version, language, channel, showing) DO NOTHING
"""


class Showing(StrEnum):
    """How a notice came before someone's eyes."""

    WITH_CONSENT = "with_consent"
    """its first layer, in the words before the question for a yes; the word PRIVACY leads to the rest"""
    ASKED_FOR = "asked_for"
    """they sent the word PRIVACY"""


class NoticeShown(SQLModel, table=True):
    """One version of the privacy notice, shown to one person (UK GDPR, articles 13 and 14)."""

    __tablename__ = "notice_shown"

    id: uuid.UUID = Field(default_factory=new_id, primary_key=True)
    conversation_id: uuid.UUID = Field(foreign_key="conversation.id")
    version: str
    language: str
    channel: str
    showing: Showing = Field(sa_column=Column(by_value(Showing), nullable=False))
    shown_at: datetime

    __table_args__ = (
        Index("uq_notice_shown", "conversation_id", "version", "language", "channel", "showing", unique=True),
    )


async def note_shown(
    session: Session,
    *,
    conversation_id: uuid.UUID,
    version: str,
    language: str,
    channel: str,
    showing: Showing,
    now: datetime,
) -> bool:
    """Note that a notice was shown; the first time counts, however often it is shown again. Returns True."""
    facts = (conversation_id, version, language, channel, showing, now)
    await session.driver.execute(NOTE, new_id(), *facts)
    return True


async def of_conversation(session: Session, *, conversation_id: uuid.UUID) -> list[NoticeShown]:
    """List the notices shown in a talk, oldest first."""
    found = await session.exec(
        select(NoticeShown)
        .where(NoticeShown.conversation_id == conversation_id)
        .order_by(col(NoticeShown.shown_at))
    )
    return list(found)
