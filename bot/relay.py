"""The relay: what a link worker writes goes out where the person last wrote, and the bot says when it is back."""

import uuid
from datetime import datetime

from bot import opening, reading
from bot.desk import Desk
from bot.starting import put, say
from bot.words import _, words_in
from waitingroom import conversations, unanswered
from waitingroom.columns import new_id
from waitingroom.conversations import StoppedError
from waitingroom.database import Session
from waitingroom.errors import NotFoundError
from waitingroom.handoffs import Handoff, Status
from waitingroom.messages import Author, Kind, Message

BACK = _("{staff} has handed you back to this computer program. If you want a person again, reply PERSON.")
ENDED = _("{staff} has ended this chat. I am the computer program. If you want a person again, reply PERSON.")
CLOSED = _("{staff} has closed your referral. If you need us again, send HELLO at any time.")


async def write(
    session: Session, desk: Desk, *, handoff: Handoff, staff_id: uuid.UUID, text: str, now: datetime
) -> Message:
    """Queue a link worker's own words to the person, cleaned of what cannot be seen.

    What the person says next is said to them, not to a question of the bot that stood.
    Raises StoppedError where they asked for no more messages there.
    """
    contact = await conversations.way_to_reach(session, conversation_id=handoff.conversation_id)
    await opening.put_away(session, conversation_id=handoff.conversation_id)
    await unanswered.answered(session, conversation_id=handoff.conversation_id)
    return await put(
        session,
        desk,
        contact,
        reading.clean(text),
        author=Author.LINK_WORKER,
        kind=Kind.STAFF,
        dedupe=f"staff:{new_id()}",
        now=now,
        staff_id=staff_id,
    )


async def tell_ended(
    session: Session, desk: Desk, *, handoff: Handoff, staff: str, referral_closed: bool, now: datetime
) -> bool:
    """Tell the person, in one sentence, that the link worker called `staff` has handed them back or closed.

    Returns whether they could be told: someone who stopped messages is not.
    """
    conversation = await conversations.find(session, handoff.conversation_id)
    words = CLOSED if referral_closed else BACK if handoff.status is Status.HANDED_BACK else ENDED
    try:
        contact = await conversations.way_to_reach(session, conversation_id=handoff.conversation_id)
    except (StoppedError, NotFoundError):
        return False
    told = words_in(conversation.language).say(words, staff=staff)
    await say(session, desk, contact, told, dedupe=f"ended:{handoff.id}", now=now)
    return True
