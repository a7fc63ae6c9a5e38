"""Later: sends what a link worker wrote for a later hour, the same way as if they sent it then."""

import uuid
from contextlib import suppress
from datetime import datetime

from bot import relay, unasked
from bot.appointment_words import when
from bot.desk import Desk
from waitingroom import handoffs, later, to_dos
from waitingroom.conversations import StoppedError
from waitingroom.database import Session
from waitingroom.errors import NotFoundError, RefusedError
from waitingroom.handoffs import Handoff, Reason, Urgency
from waitingroom.later import LaterMessage, Status

NEXT = "That is not one of their safe hours. The next is {when}. Send it with `anyway` if you know better."
NOT_SENT = "What you wrote for later did not go: you no longer have their talk, or they take no messages there."
NONE_KNOWN = "No hour is known to be safe for them. Send it with `anyway` if you know better."


class UnsafeHourError(RefusedError):
    """That is not one of their safe hours."""


async def plan(
    session: Session,
    desk: Desk,
    *,
    handoff: Handoff,
    staff_id: uuid.UUID,
    words: str,
    send_at: datetime,
    anyway: bool,
    now: datetime,
) -> LaterMessage:
    """Keep a message for later. Raises NotLaterError; unless `anyway`, UnsafeHourError with the next safe hour."""
    later.check_ahead(send_at, now)
    if not anyway:
        await check_safe(session, desk, conversation_id=handoff.conversation_id, at=send_at)
    return await later.plan(
        session, handoff=handoff, staff_id=staff_id, words=words, send_at=send_at, anyway=anyway, now=now
    )


async def change(
    session: Session,
    desk: Desk,
    held: LaterMessage,
    *,
    words: str,
    send_at: datetime,
    anyway: bool,
    now: datetime,
) -> LaterMessage:
    """Change a message for later that is held. Raises as plan does, and IllegalMoveError where it went already."""
    later.check_ahead(send_at, now)
    if not anyway:
        await check_safe(session, desk, conversation_id=held.conversation_id, at=send_at)
    return await later.change(session, held, words=words, send_at=send_at, anyway=anyway, now=now)


async def check_safe(session: Session, desk: Desk, *, conversation_id: uuid.UUID, at: datetime) -> None:
    """Check that a moment is safe for the person of a talk. Raises UnsafeHourError naming the next that is."""
    safe_at = await unasked.safe(session, desk, conversation_id=conversation_id, at=at)
    if safe_at > at:
        again = await unasked.safe(session, desk, conversation_id=conversation_id, at=safe_at)
        known = again == safe_at
        raise UnsafeHourError(NEXT.format(when=when(safe_at, desk.service)) if known else NONE_KNOWN)


async def send_later(desk: Desk, *, now: datetime) -> int:
    """Send every message whose hour has come. Returns how many were looked at.

    Each in a transaction of its own with its talk locked, so that none goes twice, whatever is killed.
    """
    async with desk.database.transaction() as session:
        ids = await later.due(session, now=now)
    for later_id in ids:
        async with desk.database.transaction() as session:
            held = await later.hold(session, later_id=later_id)
            if held.status is Status.WAITING and held.send_at <= now:
                await _send(session, desk, held, now)
    return len(ids)


async def _send(session: Session, desk: Desk, held: LaterMessage, now: datetime) -> None:
    """Send one, where the talk is still its writer's and the person takes messages; else tell its writer."""
    handoff = await handoffs.find(session, handoff_id=held.handoff_id)
    theirs = handoff.status is handoffs.Status.CLAIMED and handoff.claimed_by == held.staff_id
    safe_at = await unasked.safe(session, desk, conversation_id=held.conversation_id, at=now)
    if theirs and not held.anyway and safe_at > now:
        await later.put_off(session, held, until=safe_at)
        return
    try:
        if not theirs:
            raise handoffs.NotYoursError
        words = later.words_of(session, held)
        sent = await relay.write(session, desk, handoff=handoff, staff_id=held.staff_id, text=words, now=now)
    except (StoppedError, handoffs.NotYoursError):
        await _not_sent(session, desk, held, now)
    else:
        await later.settle(session, held, to=Status.SENT, message_id=sent.id, now=now)


async def _not_sent(session: Session, desk: Desk, held: LaterMessage, now: datetime) -> None:
    """Tell its writer, as something to do today; where they are gone, whoever looks at the queue."""
    await later.settle(session, held, to=Status.NOT_SENT, now=now)
    today = now.astimezone(desk.service.zone).date()
    talk, writer = held.conversation_id, held.staff_id
    with suppress(NotFoundError):
        await to_dos.add(
            session, words=NOT_SENT, due_on=today, for_id=writer, set_by=None, conversation_id=talk, now=now
        )
        return
    await handoffs.raise_hand(
        session,
        conversation_id=held.conversation_id,
        reason=Reason.NOT_SENT,
        urgency=Urgency.ROUTINE,
        now=now,
    )
