"""Endings: someone who answered before, and whose referral came to a good end, is asked once more."""

import uuid
from datetime import datetime

from bot import opening, starting, unasked
from bot.check_ins import FLOW
from bot.desk import Desk
from waitingroom import check_ins, conversations, staff_tasks, waiting
from waitingroom.check_ins import LAST_STEP, May
from waitingroom.database import Session
from waitingroom.programme import next_waking


async def ask_at_the_end(desk: Desk, *, now: datetime) -> int:
    """Ask those whose referral ended lately how things are now. Returns how many were asked. Never at night."""
    if next_waking(now, desk.service.zone) > now:
        return 0
    async with desk.database.transaction() as session:
        ended = await check_ins.just_ended(session, now=now)
        asked = [await _ask(session, desk, referral_id, talk_id, now) for referral_id, talk_id in ended]
    return sum(asked)


async def _ask(
    session: Session, desk: Desk, referral_id: uuid.UUID, conversation_id: uuid.UUID, now: datetime
) -> bool:
    may = await check_ins.may_ask(session, referral_id=referral_id, on_a_set_day=False, now=now)
    talk = await conversations.find(session, conversation_id)
    if may is not May.YES or not await opening.is_free(session, talk, now=now):
        return False
    if not await _may_write(session, desk, conversation_id, now):
        return False
    contact = await starting.way_to(session, desk, conversation_id, now)
    if contact is None:
        return False
    await waiting.note_sent(session, referral_id=referral_id, step=LAST_STEP, item=None, now=now)
    await starting.open_with(session, desk, contact, FLOW, dedupe=f"w{referral_id}:{LAST_STEP}", now=now)
    return True


async def _may_write(session: Session, desk: Desk, conversation_id: uuid.UUID, now: datetime) -> bool:
    """Say whether this is an hour that is safe for them, and they did not ask to be called or written letters."""
    by_hand = await staff_tasks.kind_for(session, conversation_id=conversation_id)
    return by_hand is None and await unasked.safe(session, desk, conversation_id=conversation_id, at=now) <= now
