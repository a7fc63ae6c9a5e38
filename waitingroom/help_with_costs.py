"""Help with costs: someone says that the price keeps them from going, and staff see it."""

import uuid
from datetime import datetime

from waitingroom import handoffs, referrals
from waitingroom.database import Session
from waitingroom.handoffs import Reason, Urgency


async def ask_for_it(session: Session, *, conversation_id: uuid.UUID, now: datetime) -> bool:
    """Note on someone's open referral that help with costs would make the difference; it is in the queue too.

    Returns whether there is a referral to note it on. Asked for twice, it is noted once.
    """
    referral = await referrals.open_referral(session, conversation_id=conversation_id)
    if referral is None:
        return False
    if referral.help_with_costs_at is None:
        referral.help_with_costs_at = now
        referral.version += 1
        session.add(referral)
        await session.flush()
    await handoffs.raise_hand(
        session,
        conversation_id=conversation_id,
        reason=Reason.HELP_WITH_COSTS,
        urgency=Urgency.ROUTINE,
        referral_id=referral.id,
        now=now,
    )
    return True
