"""Signposting: someone goes to something nearby themselves, in place of waiting, and is asked once how it went."""

import uuid
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import Column, Index, text
from sqlmodel import Field, SQLModel, col, select

from waitingroom import alarms, handoffs, messages, referrals, withdrawing
from waitingroom.columns import by_value
from waitingroom.conversations import Conversation, Place
from waitingroom.database import Session
from waitingroom.handoffs import Reason, Urgency
from waitingroom.referrals import Referral, Status

ASK_AFTER = timedelta(days=14)
AFTER_DANGER = timedelta(days=7)
"""How much later someone is asked where danger was heard lately."""
GIVEN_UP = timedelta(days=28)
"""How long after the day someone who could not be asked is left in peace."""

DUE = text("""
SELECT s.referral_id, s.conversation_id FROM signpost s
JOIN conversation v ON v.id = s.conversation_id JOIN referral r ON r.id = s.referral_id
WHERE s.asked_at IS NULL AND s.ask_at <= :now AND s.ask_at > :since AND r.status = 'signposted'
  AND v.owner = 'bot' AND v.place = 'front_door'
ORDER BY s.ask_at LIMIT :limit FOR NO KEY UPDATE OF v SKIP LOCKED
""")


class Went(StrEnum):
    """What came of it, where they said."""

    YES = "yes"
    NOT_YET = "not_yet"
    NOT_FOR_ME = "not_for_me"


class Signpost(SQLModel, table=True):
    """One choice to go somewhere oneself in place of waiting."""

    referral_id: uuid.UUID = Field(foreign_key="referral.id", primary_key=True)
    conversation_id: uuid.UUID = Field(foreign_key="conversation.id", ondelete="CASCADE", index=True)
    service_id: uuid.UUID | None = Field(default=None, foreign_key="service.id", ondelete="SET NULL")
    chosen_at: datetime
    ask_at: datetime
    asked_at: datetime | None = None
    went: Went | None = Field(default=None, sa_column=Column(by_value(Went), nullable=True))
    answered_at: datetime | None = None

    __table_args__ = (Index("ix_signpost_ask_at", "ask_at", postgresql_where=text("asked_at IS NULL")),)


async def go_myself(
    session: Session, *, conversation_id: uuid.UUID, service_id: uuid.UUID | None, now: datetime
) -> bool:
    """Take someone off the list who would rather go themselves: recorded as signposted, and asked in two weeks.

    Danger, or a wish to talk, stays in the queue. Returns False where they do not wait, or a link worker has
    picked them up already: then nothing is changed.
    """
    referral = await referrals.open_referral(session, conversation_id=conversation_id)
    if referral is None or referral.status is not Status.WAITING:
        return False
    await referrals.signpost(session, referral_id=referral.id, now=now)
    await messages.cancel(session, conversation_id=conversation_id)
    again = await session.get(Signpost, referral.id, populate_existing=True)
    chosen = again or Signpost(
        referral_id=referral.id, conversation_id=conversation_id, chosen_at=now, ask_at=now + ASK_AFTER
    )
    chosen.service_id, chosen.chosen_at, chosen.ask_at = service_id, now, now + ASK_AFTER
    chosen.asked_at = chosen.went = chosen.answered_at = None
    session.add(chosen)
    await session.flush()
    if await withdrawing.leave_queue(session, conversation_id=conversation_id, now=now):
        await handoffs.raise_hand(
            session,
            conversation_id=conversation_id,
            reason=Reason.SIGNPOSTED,
            urgency=Urgency.ROUTINE,
            referral_id=referral.id,
            now=now,
        )
    return True


async def due(session: Session, *, now: datetime, limit: int = 200) -> list[tuple[uuid.UUID, uuid.UUID]]:
    """List the referrals whose people are to be asked now, with their talks, which are locked."""
    found = await session.run(DUE, {"now": now, "since": now - GIVEN_UP, "limit": limit})
    return [(row.referral_id, row.conversation_id) for row in found]


async def may_ask(session: Session, *, referral_id: uuid.UUID, conversation_id: uuid.UUID, now: datetime) -> bool:
    """Say whether this is a time to ask; where danger was heard lately, it is put off by a week."""
    if not await alarms.latest_real(session, conversation_id=conversation_id, now=now):
        return True
    await put_off(session, referral_id=referral_id, until=now + AFTER_DANGER)
    return False


async def put_off(session: Session, *, referral_id: uuid.UUID, until: datetime) -> None:
    """Ask someone later."""
    chosen = await session.get(Signpost, referral_id, populate_existing=True)
    if chosen is not None:
        chosen.ask_at = until
        session.add(chosen)
        await session.flush()


async def note_asked(session: Session, *, referral_id: uuid.UUID, now: datetime) -> None:
    """Note that someone was asked: it is done once."""
    chosen = await session.get(Signpost, referral_id, populate_existing=True)
    if chosen is not None:
        chosen.asked_at = now
        session.add(chosen)
        await session.flush()


async def note_went(session: Session, *, conversation_id: uuid.UUID, went: Went, now: datetime) -> bool:
    """Keep what someone said came of it. Returns whether there was anything to say it of."""
    chosen = await _newest(session, conversation_id)
    if chosen is None:
        return False
    chosen.went, chosen.answered_at = went, now
    session.add(chosen)
    await session.flush()
    return True


async def come_back(
    session: Session, *, conversation_id: uuid.UUID, programme: str, next_at: datetime | None, now: datetime
) -> bool:
    """Put someone back on the list where they were: the wait's clock counts from the day they first joined.

    Returns False where there is nothing to come back to, or they are on the list already.
    """
    chosen = await _newest(session, conversation_id)
    referral = await session.get(Referral, chosen.referral_id, populate_existing=True) if chosen else None
    if referral is None or referral.status is not Status.SIGNPOSTED:
        return False
    talk = await session.get(Conversation, conversation_id, populate_existing=True)
    if talk is None or talk.place is not Place.FRONT_DOOR:
        return False
    if await referrals.open_referral(session, conversation_id=conversation_id):
        return False
    await referrals.come_back(session, referral_id=referral.id, next_at=next_at, programme=programme)
    await handoffs.raise_hand(
        session,
        conversation_id=conversation_id,
        reason=Reason.NEW_REFERRAL,
        urgency=Urgency.ROUTINE,
        referral_id=referral.id,
        now=now,
    )
    return True


async def of_talk(session: Session, *, conversation_id: uuid.UUID) -> list[Signpost]:
    """List every time the person of a talk chose to go themselves, the newest first."""
    theirs = select(Signpost).where(Signpost.conversation_id == conversation_id)
    return list(await session.exec(theirs.order_by(col(Signpost.chosen_at).desc())))


async def _newest(session: Session, conversation_id: uuid.UUID) -> Signpost | None:
    return next(iter(await of_talk(session, conversation_id=conversation_id)), None)
