"""Agreements: all that someone said yes to, shown as it stands, and taken back with its effect at once."""

import uuid
from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict
from sqlmodel import col, select

from waitingroom import (
    consents,
    conversations,
    handoffs,
    memberships,
    messages,
    referrals,
    sharing,
    told_of,
    withdrawing,
)
from waitingroom.consents import Consent, Purpose, Recipient
from waitingroom.conversations import Contact, ContactState
from waitingroom.database import Session
from waitingroom.handoffs import Reason, Urgency


class Yes(BaseModel):
    """One yes that stands: what for, to whom, and since when."""

    model_config = ConfigDict(frozen=True)

    purpose: Purpose
    recipient: Recipient
    given_at: datetime
    which: str = ""
    """the one recipient, where there are several: a group's key, the name of another organisation"""


class Way(BaseModel):
    """One way we may write to someone, or may not: it began when they first wrote that way."""

    model_config = ConfigDict(frozen=True)

    channel: str
    state: ContactState
    since: datetime


class Ended(StrEnum):
    """What followed where a yes was taken back."""

    STOPPED = "stopped"
    """what it allowed is done no more"""
    LEFT_LIST = "left_list"
    """their referral was withdrawn"""
    FORGOTTEN = "forgotten"
    """there was no referral yet, so all they said is deleted within the hour"""


class Agreed(BaseModel):
    """What someone agreed to: what we may do, and how we may write. The one never follows from the other."""

    yeses: tuple[Yes, ...] = ()
    ways: tuple[Way, ...] = ()
    waiting: bool = False
    """whether a referral is open that ends where they take back the yes to it"""


async def agreed(session: Session, *, conversation_id: uuid.UUID) -> Agreed:
    """Say what stands in a talk, each yes once, oldest first."""
    given = await consents.standing(session, conversation_id=conversation_id)
    first: dict[tuple[Purpose, Recipient, str], Yes] = {}
    for one in given:
        if one.withdrawn_at is None:
            which = one.which or ""
            yes = Yes(purpose=one.purpose, recipient=one.recipient, given_at=one.given_at, which=which)
            first.setdefault((one.purpose, one.recipient, which), yes)
    ways = select(Contact).where(Contact.conversation_id == conversation_id)
    found = await session.exec(ways.order_by(col(Contact.created_at)))
    return Agreed(
        yeses=tuple(first.values()),
        ways=tuple(
            Way(channel=way.channel, state=way.state, since=way.state_at or way.created_at) for way in found
        ),
        waiting=await referrals.open_referral(session, conversation_id=conversation_id) is not None,
    )


async def take_back(
    session: Session,
    *,
    conversation_id: uuid.UUID,
    purpose: Purpose,
    recipient: Recipient,
    which: str = "",
    now: datetime,
) -> Ended:
    """Take one yes back, with its effect at once. Taking back what does not stand changes nothing.

    Without the yes to a referral the referral is withdrawn and nothing that waits to be sent goes, but crisis
    lines; whoever is no referral yet is forgotten within the hour. Without the yes to keeping the name of someone
    who told us of another, what they told is deleted. Without the yes to a group knowing of them, they are in that
    group no more; without the yes to another organisation, its help is called off. Staff see it where something
    was shared.
    """
    taken = await consents.withdraw(
        session,
        conversation_id=conversation_id,
        purpose=purpose,
        recipient=recipient,
        which=which or None,
        now=now,
    )
    if taken and recipient is Recipient.GROUP:
        keys = {which} if which else None
        await memberships.end(session, conversation_id=conversation_id, keys=keys, now=now)
    if taken and recipient is Recipient.SERVICE:
        await sharing.end(session, conversation_id=conversation_id, organisation=which or None, now=now)
    if taken:
        await told_of.take_back(session, conversation_id=conversation_id, purpose=purpose, now=now)
    if taken and purpose is Purpose.REFERRAL:
        return await _end_referral(session, conversation_id, now)
    if taken and purpose is Purpose.SHARING:
        await _tell_staff(session, conversation_id, now)
    return Ended.STOPPED


async def leave(session: Session, *, conversation_id: uuid.UUID, now: datetime) -> bool:
    """Withdraw the open referral, and send nothing more that waits to go. Returns whether there was one."""
    await messages.cancel(session, conversation_id=conversation_id)
    return await withdrawing.withdraw_own(session, conversation_id=conversation_id, now=now)


async def _end_referral(session: Session, conversation_id: uuid.UUID, now: datetime) -> Ended:
    if await leave(session, conversation_id=conversation_id, now=now):
        await _tell_staff(session, conversation_id, now)
        return Ended.LEFT_LIST
    talk = await conversations.find(session, conversation_id)
    if talk.person_id is not None:
        await _tell_staff(session, conversation_id, now)
        return Ended.STOPPED
    if await _standing(session, conversation_id):
        return Ended.STOPPED
    await conversations.forget_soon(session, conversation_id=conversation_id, now=now)
    return Ended.FORGOTTEN


async def _standing(session: Session, conversation_id: uuid.UUID) -> bool:
    stands = select(Consent.id).where(
        Consent.conversation_id == conversation_id, col(Consent.withdrawn_at).is_(None)
    )
    return (await session.exec(stands)).first() is not None


async def _tell_staff(session: Session, conversation_id: uuid.UUID, now: datetime) -> None:
    await handoffs.raise_hand(
        session, conversation_id=conversation_id, reason=Reason.CONSENT_ENDED, urgency=Urgency.SOON, now=now
    )
