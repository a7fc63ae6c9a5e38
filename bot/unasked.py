"""Unasked: when something nobody asked for may go to someone who waits, and by which way."""

from datetime import datetime, timedelta
from uuid import UUID

from bot import opening
from bot.desk import Desk
from waitingroom import alarms, conversations, looks, waiting
from waitingroom.database import Session
from waitingroom.programme import next_waking
from waitingroom.waiting import Pace

LATER = timedelta(hours=1)
APART = timedelta(hours=20)
"""Nothing unasked comes closer to anything else unasked, the programme's steps included."""
ANOTHER_DAY = timedelta(days=1)
PAUSED = timedelta(days=7)


async def not_before(
    session: Session, desk: Desk, *, referral_id: UUID, conversation_id: UUID, now: datetime
) -> datetime | None:
    """Say when to look at someone again; None: something unasked may go to them now. Their talk is locked.

    Nothing goes while they have paused, talk with a link worker, or have a question or a talk open; nor in the
    week after danger was heard, or outside the hours that are safe for them; nor within 20 hours of anything else.
    """
    zone, look = desk.service.zone, await looks.look(session, referral_id=referral_id)
    safe = next_waking(now, zone, look.hours)
    if safe > now:
        return safe
    place = await waiting.find(session, conversation_id=conversation_id)
    if place is None or place.pace is not Pace.ACTIVE or look.met_at is not None:
        return next_waking(now + PAUSED, zone, look.hours)
    last = look.last_unasked()
    if last is not None and now - last < APART:
        return next_waking(last + APART, zone, look.hours)
    talk = await conversations.find(session, conversation_id)
    if not await opening.is_free(session, talk, now=now):
        return next_waking(now + LATER, zone, look.hours)
    if await alarms.latest_real(session, conversation_id=conversation_id, now=now):
        return next_waking(now + ANOTHER_DAY, zone, look.hours)
    return None


async def safe(session: Session, desk: Desk, *, conversation_id: UUID, at: datetime) -> datetime:
    """Return a moment, or the next that is safe for the person of a talk, whether or not they still wait."""
    hours = await looks.hours_of_talk(session, conversation_id=conversation_id)
    return next_waking(at, desk.service.zone, hours)
