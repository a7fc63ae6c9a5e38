"""Giving up: what could not be sent for hours goes by another way they agreed to, or a person is asked to try."""

from contextlib import suppress
from datetime import datetime, timedelta

from bot import unasked
from bot.desk import Desk
from bot.messages import Reply
from waitingroom import conversations, handoffs, messages, other_ways, outbox, queue, to_dos
from waitingroom.conversations import Place
from waitingroom.database import Session
from waitingroom.errors import NotFoundError
from waitingroom.handoffs import Reason, Urgency
from waitingroom.messages import Kind, Message, Status

WORDS = "A message could not be sent to them. Their page says why. Try another way that is safe for them."
MAYBE_WORDS = (
    "A message may not have reached them: contact was lost while it was sent. Their page says why. "
    "Try another way that is safe for them."
)
"""What the link worker who has the talk is to do, today."""
LATEST = timedelta(days=1)
"""Who has no safe hour by another way within a day is better reached by a person."""
AT_ONCE = 200
"""Messages looked at in one transaction."""


async def give_up_long_waiting(desk: Desk, *, now: datetime) -> int:
    """Give up every message whose provider has been away for four hours while it waited. Returns how many."""
    total = 0
    while True:
        async with desk.database.transaction() as session:
            given_up = await outbox.give_up(session, now=now, limit=AT_ONCE)
            for message_id in given_up:
                await give_up(session, desk, message_id=message_id, now=now)
        total += len(given_up)
        if len(given_up) < AT_ONCE:
            return total


async def give_up(session: Session, desk: Desk, *, message_id: int, now: datetime) -> None:
    """Send a message that failed or is dead by another way its person agreed to; where there is none tell staff.

    By another way it goes at a safe hour for them, as nobody expects it there.
    """
    message = await session.get(Message, message_id, populate_existing=True)
    if message is None:
        return
    pushed, other = [name for name, channel in desk.channels.items() if not channel.kept], None
    if message.status is Status.DEAD:
        other = await other_ways.find(session, message_id=message_id, channels=pushed, now=now)
    at = await unasked.safe(session, desk, conversation_id=message.conversation_id, at=now)
    if other is None or at > now + LATEST:
        await _tell_staff(session, desk, message, now)
        return
    said = Reply.recalled(messages.said(session, message))
    segments = desk.channels[other.channel].segments(said)
    await other_ways.go_by(session, message_id=message_id, contact_id=other.id, segments=segments, at=at)
    await queue.poke(session, message.conversation_id)


async def _tell_staff(session: Session, desk: Desk, message: Message, now: datetime) -> None:
    """Ask a link worker to reach someone: whoever has their talk, as something to do today; else the queue.

    Whom nobody knows yet is in the queue only where danger was heard: they agreed to nothing else.
    """
    talk = await conversations.find(session, message.conversation_id)
    if talk.owned_by is not None:
        words = MAYBE_WORDS if message.maybe_twice else WORDS
        today = now.astimezone(desk.service.zone).date()
        asked = await to_dos.of_talk(session, conversation_id=talk.id)
        if any(one.words in {WORDS, MAYBE_WORDS} and one.to_do.done_at is None for one in asked):
            return
        with suppress(NotFoundError):
            await to_dos.add(
                session,
                words=words,
                due_on=today,
                for_id=talk.owned_by,
                set_by=None,
                conversation_id=talk.id,
                now=now,
            )
            return
    crisis = message.kind is Kind.CRISIS
    if crisis or talk.place is Place.WAITING_ROOM:
        await handoffs.raise_hand(
            session,
            conversation_id=talk.id,
            reason=Reason.COULD_NOT_REACH,
            urgency=Urgency.URGENT if crisis else Urgency.ROUTINE,
            now=now,
        )
