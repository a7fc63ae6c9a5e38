"""Transferring: a person is told, in one sentence, who their link worker is from now on."""

import uuid
from datetime import datetime

from bot import unasked
from bot.desk import Desk
from bot.starting import say, way_to
from bot.words import _, words_in
from waitingroom import conversations, loads, transfers
from waitingroom.database import Session
from waitingroom.handoffs import Handoff
from waitingroom.staff import Caller
from waitingroom.transfers import Told, Transfer

NOW_WITH = _("{staff} is here for you from now on. You can write here as before.")
ROUND = 50


async def transfer(
    session: Session,
    desk: Desk,
    *,
    handoff: Handoff,
    to_id: uuid.UUID,
    caller: Caller,
    version: int,
    why: str,
    people_a_year: int,
    now: datetime,
) -> Transfer:
    """Give a hand-off that is held to a colleague, and have the person told, at once or in their next safe hours.

    Raises as transfers.transfer does.
    """
    tell_at = await unasked.safe(session, desk, conversation_id=handoff.conversation_id, at=now)
    return await transfers.transfer(
        session,
        handoff=handoff,
        to_id=to_id,
        caller=caller,
        version=version,
        why=why,
        cap=loads.usual_cap(people_a_year),
        tell_at=tell_at,
        now=now,
    )


async def tell_transferred(desk: Desk, *, now: datetime) -> int:
    """Tell those who are to hear now who has them. Returns how many were told.

    Whoever stopped messages is not; their link worker tells them when they speak.
    """
    async with desk.database.transaction() as session:
        due = await transfers.untold(session, now=now, limit=ROUND)
        heard = [await _tell(session, desk, one, now) for one in due]
        await transfers.told(session, ids=[one.transfer_id for one in due], now=now)
    return sum(heard)


async def _tell(session: Session, desk: Desk, due: Told, now: datetime) -> bool:
    contact = await way_to(session, desk, due.conversation_id, now)
    if contact is None:
        return False
    talk = await conversations.find(session, due.conversation_id)
    words = words_in(talk.language).say(NOW_WITH, staff=due.name)
    await say(session, desk, contact, words, dedupe=f"transfer:{due.transfer_id}", now=now)
    return True
