"""Withdrawing: someone takes their own referral back, and the door stays open."""

import uuid
from datetime import datetime, timedelta
from enum import StrEnum

from waitingroom import handoffs, memberships, messages, referrals
from waitingroom.database import Session
from waitingroom.handoffs import Reason, Urgency
from waitingroom.referrals import Status

SETTLED = """
UPDATE handoff SET status = 'closed', ended_at = $2, version = version + 1
WHERE conversation_id = $1 AND status = 'waiting' AND urgency = $3 AND reasons <@ $4::varchar[]
RETURNING id
"""
"""Takes from the queue a hand-off that asked for nothing but that this referral be picked up."""
IS_OPEN = """
SELECT EXISTS (SELECT 1 FROM handoff WHERE conversation_id = $1 AND status IN ('waiting', 'claimed'))
"""
OF_THE_REFERRAL = (Reason.NEW_REFERRAL, Reason.YOUNG_PEOPLES_TEAM, Reason.MAYBE_KNOWN)
"""Why a link worker was wanted for the referral itself: with it, the reason is gone."""
NOTE_WHY = """
UPDATE referral SET close_reason = $2, version = version + 1
WHERE id = (SELECT id FROM referral WHERE conversation_id = $1 ORDER BY joined_at DESC LIMIT 1)
  AND status = 'withdrawn' AND ended_at > $3
"""
TO_SAY_WHY = timedelta(days=7)
"""How long after withdrawing the question why may be answered."""


class Why(StrEnum):
    """Why someone took their referral back, where they cared to say."""

    BETTER = "better"
    HELPED_ELSEWHERE = "helped_elsewhere"
    WAITED_TOO_LONG = "waited_too_long"
    NOT_FOR_ME = "not_for_me"
    OTHER = "other"


async def withdraw_own(session: Session, *, conversation_id: uuid.UUID, now: datetime) -> bool:
    """Withdraw the open referral of a talk: its programme and their groups end, what waited to be sent is not.

    Whoever has picked it up sees it in the queue, and so does everyone where more than the referral was open:
    danger, or a wish to talk, is never closed by this. Returns whether there was a referral to withdraw.
    """
    referral = await referrals.open_referral(session, conversation_id=conversation_id)
    if referral is None:
        return False
    picked_up = referral.status is Status.PICKED_UP
    await referrals.withdraw(session, referral_id=referral.id, now=now)
    await messages.cancel(session, conversation_id=conversation_id)
    await memberships.leave_all(session, conversation_id=conversation_id, now=now)
    still_wanted = False if picked_up else await leave_queue(session, conversation_id=conversation_id, now=now)
    if picked_up or still_wanted:
        await handoffs.raise_hand(
            session,
            conversation_id=conversation_id,
            reason=Reason.WITHDRAWN,
            urgency=Urgency.ROUTINE,
            referral_id=referral.id,
            now=now,
        )
    return True


async def leave_queue(session: Session, *, conversation_id: uuid.UUID, now: datetime) -> bool:
    """Take a hand-off from the queue that asked for nothing but that a referral be picked up.

    Returns whether one is open still, for danger or a wish to talk: those are never closed by this.
    """
    reasons = [reason.value for reason in OF_THE_REFERRAL]
    await session.driver.execute(SETTLED, conversation_id, now, int(Urgency.ROUTINE), reasons)
    return bool(await session.driver.fetchval(IS_OPEN, conversation_id))


async def note_why(session: Session, *, conversation_id: uuid.UUID, why: Why, now: datetime) -> bool:
    """Note why someone has just taken their referral back, for counting. Returns whether it was noted."""
    told = f"withdrawn by the person: {why.value}"
    done: str = await session.driver.execute(NOTE_WHY, conversation_id, told, now - TO_SAY_WHY)
    return done.endswith("1")
