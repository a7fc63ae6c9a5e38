"""Consents: who said yes to what, in which words, when, and whether it still stands."""

import uuid
from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, Column
from sqlmodel import Field, SQLModel, col, select, update

from waitingroom import conversations
from waitingroom.columns import by_value, new_id
from waitingroom.database import Session


class Purpose(StrEnum):
    """What the yes was for. One purpose a consent, never bundled."""

    REFERRAL = "referral"
    """keeping what they say and sharing it with a link worker"""


class Recipient(StrEnum):
    """Who may see what was shared."""

    LINK_WORKER = "link_worker"


class Consent(SQLModel, table=True):
    """One yes: its purpose, recipient, wording, language, channel and the message it was given in."""

    id: uuid.UUID = Field(default_factory=new_id, primary_key=True)
    conversation_id: uuid.UUID = Field(foreign_key="conversation.id", index=True)
    purpose: Purpose = Field(sa_column=Column(by_value(Purpose), nullable=False))
    recipient: Recipient = Field(sa_column=Column(by_value(Recipient), nullable=False))
    wording: str
    """The question as it was asked, word for word."""
    wording_version: str
    language: str
    channel: str
    evidence: int = Field(sa_type=BigInteger)
    """The id of the message in which the person said yes."""
    given_at: datetime
    withdrawn_at: datetime | None = None


async def give(
    session: Session,
    *,
    conversation_id: uuid.UUID,
    purpose: Purpose,
    recipient: Recipient,
    wording: str,
    wording_version: str,
    language: str,
    channel: str,
    evidence: int,
    now: datetime,
) -> uuid.UUID:
    """Record a yes and keep the conversation from now on. Returns the consent's id."""
    consent_id = new_id()
    await session.put(
        Consent,
        id=consent_id,
        conversation_id=conversation_id,
        purpose=purpose,
        recipient=recipient,
        wording=wording,
        wording_version=wording_version,
        language=language,
        channel=channel,
        evidence=evidence,
        given_at=now,
    )
    await conversations.keep(session, conversation_id=conversation_id)
    return consent_id


async def withdraw(session: Session, *, conversation_id: uuid.UUID, purpose: Purpose, now: datetime) -> bool:
    """Take back every standing yes to `purpose`. Returns whether there was one."""
    taken = await session.exec(
        update(Consent)
        .where(
            col(Consent.conversation_id) == conversation_id,
            col(Consent.purpose) == purpose,
            col(Consent.withdrawn_at).is_(None),
        )
        .values(withdrawn_at=now)
    )
    return bool(taken.rowcount)


async def standing(session: Session, *, conversation_id: uuid.UUID) -> list[Consent]:
    """List the consents of a conversation, oldest first, those taken back included."""
    found = await session.exec(
        select(Consent).where(Consent.conversation_id == conversation_id).order_by(col(Consent.given_at))
    )
    return list(found)
