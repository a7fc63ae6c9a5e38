"""Strangers: whoever reads at a number or chat that is not, or is no longer, the person's."""

import uuid
from datetime import datetime
from enum import StrEnum

from waitingroom import asked, conversations, crossings, handoffs
from waitingroom.conversations import UNCONSENTED_FOR, Place
from waitingroom.database import Session
from waitingroom.handoffs import Reason, Urgency
from waitingroom.reminders import HALF_WAY

STANDS = "SELECT person_id IS NOT NULL AS known, place, before_id FROM conversation WHERE id = $1"
STAKE = f"SELECT v.person_id IS NOT NULL, {HALF_WAY} FROM conversation v WHERE v.id = $1"  # noqa: S608 -- our own
SEND_NOTHING = """
UPDATE message SET status = 'failed', problem = 'NotTheirs', next_try_at = NULL
WHERE contact_id = $1 AND status = 'queued' AND kind <> 'crisis'
"""
NEVER_BACK = """
WITH before AS (SELECT b.id, b.place FROM conversation v JOIN conversation b ON b.id = v.before_id WHERE v.id = $1)
UPDATE conversation SET before_id = NULL, place = 'front_door' FROM before
WHERE conversation.id = $1 RETURNING before.id, before.place
"""
"""Takes a chat's way back to the talk it had before."""


class Stake(StrEnum):
    """What stands behind a talk."""

    NOTHING = "nothing"
    HALF_TOLD = "half_told"
    """someone agreed to what they say being kept, and is in the middle of saying it"""
    A_PLACE = "a_place"
    """it is known to be somebody's"""


async def disown(
    session: Session, *, conversation_id: uuid.UUID, contact_id: uuid.UUID, message_id: int, now: datetime
) -> uuid.UUID:
    """Whoever wrote this message is not who we think. Returns the talk that their chat has from now on.

    Nothing that waited to be sent there goes, but crisis lines. A person's own talk is left as it is, out of reach
    from there unless they show their reference, and staff are told that their way is wrong. Where nobody is known
    yet, all is forgotten within the hour; whoever was asked for someone else's sake is never asked again. The
    phone of someone on duty is theirs until the rota says otherwise.
    """
    known, place, before_id = await session.driver.fetchrow(STANDS, conversation_id)
    await session.driver.execute(SEND_NOTHING, contact_id)
    if known:
        return await crossings.part(
            session,
            conversation_id=conversation_id,
            contact_id=contact_id,
            message_id=message_id,
            now=now,
            clear_at=now + UNCONSENTED_FOR,
            place=Place.STRANGER,
            reason=Reason.WRONG_NUMBER,
        )
    if place == Place.ON_DUTY:
        return conversation_id
    if place == Place.ASKED:
        await asked.never(session, conversation_id=conversation_id, now=now)
    if before_id is not None:
        await _leave_before(session, conversation_id, now)
    await conversations.forget_soon(session, conversation_id=conversation_id, now=now)
    return conversation_id


async def _leave_before(session: Session, conversation_id: uuid.UUID, now: datetime) -> None:
    """Cut a chat off from the talk it had before it fell silent; of someone who waits there, staff are told."""
    before = await session.driver.fetchrow(NEVER_BACK, conversation_id)
    if before is not None and before["place"] == Place.WAITING_ROOM:
        await handoffs.raise_hand(
            session,
            conversation_id=before["id"],
            reason=Reason.WRONG_NUMBER,
            urgency=Urgency.ROUTINE,
            now=now,
        )


async def at_stake(session: Session, *, conversation_id: uuid.UUID) -> Stake:
    """Say what somebody might lose, were this talk taken from whoever writes here."""
    known, half_way = await session.driver.fetchrow(STAKE, conversation_id)
    return Stake.A_PLACE if known else Stake.HALF_TOLD if half_way else Stake.NOTHING
