"""Outreach: the talks we start. What the waiting room's programme has due goes out, and no one is forgotten."""

from datetime import datetime, timedelta
from functools import partial

from bot import drop_off
from bot.conversation import Talk
from bot.desk import Desk
from bot.starting import open_with, way_to
from bot.steps import attend
from waitingroom import letters, outbox, own_keys, queue, reminders, retention, set_back, waiting
from waitingroom.database import Session
from waitingroom.programme import next_waking
from waitingroom.reminders import HalfWay


async def send_due(desk: Desk, *, now: datetime) -> int:
    """Send everyone in the waiting room what is due for them. Returns how many were looked at."""
    looked_at = 0
    while True:
        async with desk.database.transaction() as session:
            due = await waiting.due(session, now=now)
            for place in due:
                await attend(session, desk, place, now)
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
    said = own_keys.unseal(session, one.talk, where, one.carried_keys) if one.talk else None
    frames = Talk.recalled(said).frames
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


async def go_back(desk: Desk, *, now: datetime) -> int:
    """Where the clock was set back, let what would wait for hours go now. Returns how many lanes were woken."""
    async with desk.database.transaction() as session:
        lanes = set(await set_back.put_right(session, now=now))
        for conversation_id in lanes:
            await queue.poke(session, conversation_id)
    return len(lanes)


async def clear_unconsented(desk: Desk, *, now: datetime) -> int:
    """Delete what nobody agreed to keep. Returns how many talks went."""
    async with desk.database.transaction() as session:
        read = partial(drop_off.left, service=desk.service, now=now)
        return await retention.clear_unconsented(session, now=now, read=read)


async def purge_queue_log(desk: Desk, *, now: datetime) -> None:
    """Delete the queue's log of jobs older than a day."""
    async with desk.database.transaction() as session:
        await queue.purge_log(session, before=now - timedelta(days=1))


async def clear_raw_letters(desk: Desk, *, now: datetime) -> int:
    """Delete what could not be read and nobody needs any more. Returns how many."""
    async with desk.database.transaction() as session:
        return await letters.clear_raw(session, now=now)
