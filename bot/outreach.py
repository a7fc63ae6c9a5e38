"""Outreach: the talks we start. What the waiting room's programme has due goes out, and no one is forgotten."""

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta

from bot import opening
from bot.check_ins import FLOW, steps_for
from bot.conversation import Talk
from bot.desk import Desk
from bot.messages import Reply
from bot.words import _, words_in
from content import Item, Step
from waitingroom import (
    alarms,
    conversations,
    letters,
    messages,
    outbox,
    queue,
    referrals,
    reminders,
    retention,
    waiting,
)
from waitingroom.conversations import Contact, Conversation, Owner, StoppedError
from waitingroom.crossings import SILENT_FOR
from waitingroom.database import Session
from waitingroom.messages import Author, Kind, Message
from waitingroom.programme import Due, next_due, next_waking
from waitingroom.referrals import Standing
from waitingroom.reminders import HalfWay
from waitingroom.waiting import AT_ONCE, Waiting

LATER = timedelta(hours=1)
"""When to look again where a talk is under way: the programme never interrupts."""
APART = timedelta(hours=20)
"""Two steps of the programme never come closer together, even when one was late."""
STILL_TALKING = timedelta(minutes=30)
GENTLY = _(
    "Hello from {service}. We hope today is a little easier. There is no need to answer. "
    "You still have your place. Reply PERSON if you want one of us, or HELPLINES."
)
"""What comes first after danger was heard: it asks for nothing, and says nothing of what was said."""


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


async def remind_half_way(desk: Desk, *, now: datetime) -> int:
    """Ask everyone who fell silent half-way, once and in the daytime, whether to go on. Returns how many were."""
    if next_waking(now, desk.service.zone) > now:
        return 0
    async with desk.database.transaction() as session:
        reminded = [await _remind(session, desk, one, now) for one in await reminders.due(session, now=now)]
    return sum(reminded)


async def _remind(session: Session, desk: Desk, one: HalfWay, now: datetime) -> bool:
    new = await reminders.note(session, conversation_id=one.conversation_id, now=now)
    contact = await way_to(session, desk, one.conversation_id, now) if new else None
    where = f"conversation:talk:{one.conversation_id}"
    frames = Talk.recalled(session.keys.unseal(one.talk, where)).frames if one.talk else []
    if contact is None or not any(frame.flow == "self_referral" for frame in frames):
        return False
    await open_with(session, desk, contact, "half_way", dedupe=f"half_way:{one.conversation_id}", now=now)
    return True


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
    coming, look_again = await steps_for(session, desk, place, programme.steps, sent, now)
    due = next_due(coming, joined_at=place.joined_at, sent=sent, now=now, zone=desk.service.zone)
    if due is None or due.at > now:
        place.next_at = due.at if due else None
    elif await _must_wait(session, place, now):
        place.next_at = next_waking(now + LATER, desk.service.zone)
    elif next_waking(now, desk.service.zone) > now:
        place.next_at = next_waking(now, desk.service.zone)
    elif await _go_gently(session, desk, place, {step.step for step in steps}, now):
        place.next_at = next_waking(now + APART, desk.service.zone)
    else:
        await _send(session, desk, place, due, now)
        sent.add(due.name)
        then = next_due(coming, joined_at=place.joined_at, sent=sent, now=now, zone=desk.service.zone)
        place.next_at = max(then.at, next_waking(now + APART, desk.service.zone)) if then else None
    if look_again:
        tomorrow = next_waking(now + APART, desk.service.zone)
        place.next_at = min(place.next_at or tomorrow, tomorrow)
    session.add(place)
    await session.flush()


async def _go_gently(session: Session, desk: Desk, place: Waiting, sent: set[str], now: datetime) -> bool:
    """After danger was heard, send some gentle words first, and the programme's next step later.

    Returns False where there is no such danger, or these words went already.
    """
    alarm = await alarms.latest_real(session, conversation_id=place.conversation_id, now=now)
    if alarm is None or (step := f"gentle:{alarm.id}") in sent:
        return False
    await waiting.note_sent(session, referral_id=place.referral_id, step=step, item=None, now=now)
    contact = await way_to(session, desk, place.conversation_id, now)
    if contact is not None:
        talk = await conversations.find(session, place.conversation_id)
        words = words_in(talk.language).say(GENTLY, service=desk.service.name)
        await say(session, desk, contact, words, dedupe=f"w{place.referral_id}:{step}", now=now)
    return True


async def _must_wait(session: Session, place: Waiting, now: datetime) -> bool:
    conversation = await session.get(Conversation, place.conversation_id)
    return conversation is not None and (
        conversation.owner is Owner.LINK_WORKER or now - conversation.heard_at < STILL_TALKING
    )


async def _send(session: Session, desk: Desk, place: Waiting, due: Due[Step], now: datetime) -> None:
    standing = await referrals.standing(session, conversation_id=place.conversation_id)
    contact = await way_to(session, desk, place.conversation_id, now)
    item = _piece(desk, standing, now) if standing and due.step.kind == "piece" else None
    words = item.text if item else due.step.text
    await waiting.note_sent(
        session, referral_id=place.referral_id, step=due.name, item=item.key if item else None, now=now
    )
    if contact is not None and due.step.kind == "check_in":
        await open_with(session, desk, contact, FLOW, dedupe=f"w{place.referral_id}:{due.name}", now=now)
    elif contact is not None and words:
        await say(session, desk, contact, words, dedupe=f"w{place.referral_id}:{due.name}", now=now)


async def say(session: Session, desk: Desk, contact: Contact, words: str, *, dedupe: str, now: datetime) -> None:
    """Queue one message that nobody asked for just now."""
    await put(session, desk, contact, words, author=Author.BOT, kind=Kind.STARTED, dedupe=dedupe, now=now)


async def open_with(
    session: Session, desk: Desk, contact: Contact, flow: str, *, dedupe: str, now: datetime
) -> None:
    """Begin a talk with someone who has not just written; its first words are queued."""
    replies = await opening.open_talk(session, desk, contact, flow, now=now)
    await put(session, desk, contact, replies, author=Author.BOT, kind=Kind.STARTED, dedupe=dedupe, now=now)


async def put(
    session: Session,
    desk: Desk,
    contact: Contact,
    words: str | Sequence[Reply],
    *,
    author: Author,
    kind: Kind,
    dedupe: str,
    now: datetime,
    staff_id: uuid.UUID | None = None,
) -> Message:
    """Queue words laid out for their channel, and wake a worker where it is pushed. Returns the first message."""
    replies = [Reply(words)] if isinstance(words, str) else words
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
        for number, reply in enumerate(desk.laid_out(contact.channel, replies))
    ]
    if not kept:
        await queue.poke(session, contact.conversation_id)
    return pieces[0]


async def way_to(session: Session, desk: Desk, conversation_id: uuid.UUID, now: datetime) -> Contact | None:
    """Find the way to someone, None where there is none, or where it may have become someone else's."""
    try:
        contact = await conversations.way_to_reach(session, conversation_id=conversation_id)
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
