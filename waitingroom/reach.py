"""Reach: whether someone can still be written to, and who is told where they cannot."""

import uuid
from datetime import datetime

from waitingroom import asked, handoffs
from waitingroom.conversations import NEVER_SENT, ContactState, Place
from waitingroom.database import Session
from waitingroom.handoffs import Reason, Urgency

CHANGE = """
UPDATE contact SET state = $2, state_at = $3 FROM conversation v
WHERE contact.id = $1 AND contact.state <> $2 AND v.id = contact.conversation_id
RETURNING v.id, v.place
"""
FIND = "SELECT id FROM contact WHERE channel = $1 AND address_hash = $2"
WHY = {ContactState.STOPPED: Reason.STOPPED_MESSAGES, ContactState.UNREACHABLE: Reason.UNREACHABLE}


async def lose(session: Session, *, contact_id: uuid.UUID, state: ContactState, now: datetime) -> None:
    """Send nothing more this way; where the person waits for a link worker, have one look. Once is enough.

    `state` is STOPPED (they blocked us, or opted out) or UNREACHABLE (there is nobody at this address).
    """
    changed = await session.driver.fetchrow(CHANGE, contact_id, state, now)
    if changed is None:
        return
    await session.driver.execute(NEVER_SENT, contact_id, state)
    conversation_id, place = changed
    if place == Place.ASKED:
        answered = asked.never if state is ContactState.STOPPED else asked.lost
        await answered(session, conversation_id=conversation_id, now=now)
    if place == Place.WAITING_ROOM:
        await handoffs.raise_hand(
            session, conversation_id=conversation_id, reason=WHY[state], urgency=Urgency.ROUTINE, now=now
        )


async def regain(session: Session, *, contact_id: uuid.UUID, now: datetime) -> None:
    """Write this way again: the person let us in."""
    await session.driver.execute(CHANGE, contact_id, ContactState.OPEN, now)


async def contact_at(session: Session, *, channel: str, address: str) -> uuid.UUID | None:
    """Find the contact with this address, None where nobody has written from it."""
    found: uuid.UUID | None = await session.driver.fetchval(
        FIND, channel, session.keys.fingerprint(channel, address)
    )
    return found
