"""Signposts: whoever chose to go somewhere themselves is asked once, two weeks on, what came of it."""

import uuid
from datetime import datetime

from bot import opening, starting, unasked
from bot.desk import Desk
from waitingroom import conversations, signposting
from waitingroom.database import Session
from waitingroom.programme import next_waking

FLOW = "did_you_go"


async def ask_if_they_went(desk: Desk, *, now: datetime) -> int:
    """Ask those whose two weeks are over, by day and in their own hours. Returns how many were asked."""
    if next_waking(now, desk.service.zone) > now:
        return 0
    async with desk.database.transaction() as session:
        due = await signposting.due(session, now=now)
        asked = [await _ask(session, desk, referral_id, talk_id, now) for referral_id, talk_id in due]
    return sum(asked)


async def _ask(
    session: Session, desk: Desk, referral_id: uuid.UUID, conversation_id: uuid.UUID, now: datetime
) -> bool:
    if not await signposting.may_ask(session, referral_id=referral_id, conversation_id=conversation_id, now=now):
        return False
    safe = await unasked.safe(session, desk, conversation_id=conversation_id, at=now)
    talk = await conversations.find(session, conversation_id)
    if safe > now:
        await signposting.put_off(session, referral_id=referral_id, until=safe)
        return False
    if not await opening.is_free(session, talk, now=now):
        return False
    await signposting.note_asked(session, referral_id=referral_id, now=now)
    contact = await starting.way_to(session, desk, conversation_id, now)
    if contact is None:
        return False
    await starting.open_with(session, desk, contact, FLOW, dedupe=f"w{referral_id}:went:{now:%Y_%m_%d}", now=now)
    return True
