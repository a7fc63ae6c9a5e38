"""Answering: what staff tell someone who complained, or asked about their data. It says nothing to others."""

import uuid
from datetime import datetime

from bot.desk import Desk
from bot.starting import put
from bot.words import _, words_in
from waitingroom import conversations
from waitingroom.columns import new_id
from waitingroom.complaints import Complaint
from waitingroom.conversations import StoppedError
from waitingroom.database import Session
from waitingroom.messages import Author, Kind

THANKS = _("This is {service}. {staff} has read what you wrote, reference {reference}, and will answer you.")


async def acknowledge(
    session: Session, desk: Desk, *, complaint: Complaint, staff: str, staff_id: uuid.UUID, now: datetime
) -> None:
    """Tell someone that their complaint was read, in words that tell nobody else what it is.

    Raises StoppedError where they cannot be written to: staff tell them another way.
    """
    if complaint.conversation_id is None:
        raise StoppedError
    talk = await conversations.find(session, complaint.conversation_id)
    words = words_in(talk.language).say(
        THANKS, service=desk.service.name, staff=staff, reference=complaint.reference
    )
    await tell(session, desk, conversation_id=talk.id, words=words, staff_id=staff_id, now=now)


async def tell(
    session: Session,
    desk: Desk,
    *,
    conversation_id: uuid.UUID | None,
    words: str,
    staff_id: uuid.UUID,
    now: datetime,
) -> None:
    """Queue what a member of staff tells someone where they last wrote.

    Raises StoppedError where they cannot be written to, or nothing of them is left.
    """
    if conversation_id is None:
        raise StoppedError
    contact = await conversations.way_to_reach(session, conversation_id=conversation_id)
    await put(
        session,
        desk,
        contact,
        words,
        author=Author.LINK_WORKER,
        kind=Kind.STAFF,
        dedupe=f"staff:{new_id()}",
        now=now,
        staff_id=staff_id,
    )
