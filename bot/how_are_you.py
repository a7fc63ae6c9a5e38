"""How are you, by the clock: whoever is due is asked how things are, and nobody is taken off the list."""

from datetime import datetime, timedelta

from bot import by_hand, unasked
from bot.desk import Desk
from bot.starting import open_with, way_to
from waitingroom import how_are_you, waiting
from waitingroom.database import Session
from waitingroom.how_are_you import Asks, Due, Next
from waitingroom.waiting import Pace

FLOWS = {Asks.THINGS: "how_are_you", Asks.STAY: "still_waiting"}
OFF = timedelta(days=14)
"""When to look again where the service does not ask."""


async def ask_how_they_are(desk: Desk, *, now: datetime) -> int:
    """Ask everyone who is due how things are. Returns how many were asked."""
    asked = 0
    while True:
        async with desk.database.transaction() as session:
            due = await how_are_you.due(session, now=now)
            asked += sum([await _attend(session, desk, one, now) for one in due])
        if not due:
            return asked


async def _attend(session: Session, desk: Desk, one: Due, now: datetime) -> bool:
    """Ask one person, or note when to look again. Returns whether they were asked."""
    every = timedelta(days=desk.service.how_are_you_days)
    if one.pace == Pace.LEFT:
        await how_are_you.drop(session, one)
        return False
    later = await _later(session, desk, one, every, now)
    if later is not None:
        await how_are_you.put_off(session, one, until=later)
        return False
    wanted = await how_are_you.what_next(session, one)
    if wanted is Next.TELL_STAFF:
        await how_are_you.tell_staff(session, one, now=now)
    if wanted in {Next.TELL_STAFF, Next.LET_BE}:
        await how_are_you.put_off(session, one, until=now + every)
        return False
    return await _ask(session, desk, one, Asks(wanted.value), every, now)


async def _later(session: Session, desk: Desk, one: Due, every: timedelta, now: datetime) -> datetime | None:
    """Say when to look again; None: now is the time."""
    if not every:
        return now + OFF
    if now < one.joined_at + every:
        return one.joined_at + every
    return await unasked.not_before(
        session, desk, referral_id=one.referral_id, conversation_id=one.conversation_id, now=now
    )


async def _ask(session: Session, desk: Desk, one: Due, asks: Asks, every: timedelta, now: datetime) -> bool:
    flow, step = FLOWS[asks], f"how_are_you:{one.turn}"
    by_staff = await by_hand.reached(session, one)
    contact = None if by_staff else await way_to(session, desk, one.conversation_id, now)
    if contact is None and not by_staff:
        await how_are_you.put_off(session, one, until=now + every)
        return False
    if not await how_are_you.note_asked(session, one, asks=asks, next_at=now + every, now=now):
        return False
    await waiting.note_sent(session, referral_id=one.referral_id, step=step, item=None, now=now)
    if contact is None:
        await by_hand.instead(session, desk, one, asks=flow, now=now)
    else:
        await open_with(session, desk, contact, flow, dedupe=f"w{one.referral_id}:{step}", now=now)
    return True
