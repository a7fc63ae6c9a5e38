"""Outreach: the talks we start. What the waiting room's programme has due goes out, and no one is forgotten."""

import uuid
from datetime import datetime, timedelta

from bot.desk import Desk
from bot.messages import Reply
from content import Item, Step
from waitingroom import conversations, letters, messages, outbox, queue, referrals, retention, waiting
from waitingroom.conversations import Contact, Conversation, Owner, StoppedError
from waitingroom.crossings import SILENT_FOR
from waitingroom.database import Session
from waitingroom.messages import Author, Kind, Message
from waitingroom.programme import Due, next_due, next_waking
from waitingroom.referrals import Standing
from waitingroom.waiting import AT_ONCE, Waiting

LATER = timedelta(hours=1)
"""When to look again where a talk is under way: the programme never interrupts."""
APART = timedelta(hours=20)
"""Two steps of the programme never come closer together, even when one was late."""
STILL_TALKING = timedelta(minutes=30)


async def send_due(desk: Desk, *, now: datetime) -> int:
    """Send everyone in the waiting room what is due for them. Returns how many were looked at."""
    looked_at = 0
    while True:
        async with desk.database.transaction() as session:
            due = await waiting.due(session, now=now)
            for place in due:
                await _attend(session, desk, place, now)
        looked_at += len(due)
        if not due:
            return looked_at


async def wake_stale(desk: Desk, *, now: datetime) -> int:
    """Wake the workers of messages that should have gone. Returns how many lanes were woken."""
    async with desk.database.transaction() as session:
        lanes = await outbox.stale(session, now=now)
        for conversation_id in lanes:
            await queue.poke(session, conversation_id)
    return len(lanes)


async def clear_unconsented(desk: Desk, *, now: datetime) -> int:
    """Delete what nobody agreed to keep. Returns how many talks went."""
    async with desk.database.transaction() as session:
        return await retention.clear_unconsented(session, now=now)


async def purge_queue_log(desk: Desk, *, now: datetime) -> None:
    """Delete the queue's log of jobs older than a day."""
    async with desk.database.transaction() as session:
        await queue.purge_log(session, before=now - timedelta(days=1))


async def clear_raw_letters(desk: Desk, *, now: datetime) -> int:
    """Delete what could not be read and nobody needs any more. Returns how many."""
    async with desk.database.transaction() as session:
        return await letters.clear_raw(session, now=now)


async def _attend(session: Session, desk: Desk, place: Waiting, now: datetime) -> None:
    """Send one person what is due, and note when to look again. A programme that is no more has nothing due."""
    programme = desk.service.content.programmes.get(place.programme)
    if programme is None:
        place.next_at = None
        session.add(place)
        await session.flush()
        return
    steps = await waiting.sent(session, referral_id=place.referral_id)
    sent = {AT_ONCE, *(step.step for step in steps)}
    due = next_due(programme.steps, joined_at=place.joined_at, sent=sent, now=now, zone=desk.service.zone)
    if due is None or due.at > now:
        place.next_at = due.at if due else None
    elif await _must_wait(session, place, now):
        place.next_at = next_waking(now + LATER, desk.service.zone)
    elif next_waking(now, desk.service.zone) > now:
        place.next_at = next_waking(now, desk.service.zone)
    else:
        await _send(session, desk, place, due, now)
        sent.add(due.name)
        then = next_due(programme.steps, joined_at=place.joined_at, sent=sent, now=now, zone=desk.service.zone)
        place.next_at = max(then.at, next_waking(now + APART, desk.service.zone)) if then else None
    session.add(place)
    await session.flush()


async def _must_wait(session: Session, place: Waiting, now: datetime) -> bool:
    conversation = await session.get(Conversation, place.conversation_id)
    return conversation is not None and (
        conversation.owner is Owner.LINK_WORKER or now - conversation.heard_at < STILL_TALKING
    )


async def _send(session: Session, desk: Desk, place: Waiting, due: Due[Step], now: datetime) -> None:
    standing = await referrals.standing(session, conversation_id=place.conversation_id)
    contact = await _way(session, desk, place, now)
    item = _piece(desk, standing, now) if standing and due.step.kind == "piece" else None
    words = item.text if item else due.step.text
    await waiting.note_sent(
        session, referral_id=place.referral_id, step=due.name, item=item.key if item else None, now=now
    )
    if contact is not None and words:
        await say(session, desk, contact, words, dedupe=f"w{place.referral_id}:{due.name}", now=now)


async def say(session: Session, desk: Desk, contact: Contact, words: str, *, dedupe: str, now: datetime) -> None:
    """Queue one message that nobody asked for just now."""
    await put(session, desk, contact, words, author=Author.BOT, kind=Kind.STARTED, dedupe=dedupe, now=now)


async def put(
    session: Session,
    desk: Desk,
    contact: Contact,
    words: str,
    *,
    author: Author,
    kind: Kind,
    dedupe: str,
    now: datetime,
    staff_id: uuid.UUID | None = None,
) -> Message:
    """Queue words laid out for their channel, and wake a worker where it is pushed. Returns the first message."""
    kept = desk.kept(contact.channel)
    pieces = [
        await messages.queue(
            session,
            conversation_id=contact.conversation_id,
            contact_id=contact.id,
            author=author,
            kind=kind,
            segments=desk.channels[contact.channel].segments(reply),
            staff_id=staff_id,
            said=reply.kept(),
            dedupe=f"{dedupe}:{number}" if number else dedupe,
            now=now,
            kept=kept,
        )
        for number, reply in enumerate(desk.laid_out(contact.channel, [Reply(words)]))
    ]
    if not kept:
        await queue.poke(session, contact.conversation_id)
    return pieces[0]


async def _way(session: Session, desk: Desk, place: Waiting, now: datetime) -> Contact | None:
    """Find the way to someone, None where there is none, or where it may have become someone else's."""
    try:
        contact = await conversations.way_to_reach(session, conversation_id=place.conversation_id)
    except StoppedError:
        return None
    changed_hands = not desk.kept(contact.channel) and now - contact.heard_at > SILENT_FOR
    return None if changed_hands else contact


def _piece(desk: Desk, standing: Standing, now: datetime) -> Item | None:
    today = now.astimezone(desk.service.zone).date()
    fitting = desk.service.content.pieces_for(
        standing.needs, seen=standing.items, today=today, nation=desk.service.nation
    )
    return fitting[0] if fitting else None
