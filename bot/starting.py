"""Starting: words to someone who has not just written, and the way to them."""

import uuid
from collections.abc import Sequence
from datetime import datetime

from bot import opening
from bot.desk import Desk
from bot.messages import Reply
from waitingroom import conversations, messages, queue
from waitingroom.conversations import Contact, StoppedError
from waitingroom.crossings import SILENT_FOR
from waitingroom.database import Session
from waitingroom.messages import Author, Kind, Message


async def say(session: Session, desk: Desk, contact: Contact, words: str, *, dedupe: str, now: datetime) -> None:
    """Queue one message that nobody asked for just now."""
    await put(session, desk, contact, words, author=Author.BOT, kind=Kind.STARTED, dedupe=dedupe, now=now)


async def open_with(
    session: Session, desk: Desk, contact: Contact, flow: str, *, dedupe: str, now: datetime
) -> None:
    """Begin a talk with someone who has not just written; its first words are queued."""
    replies = await opening.open_talk(session, desk, contact, flow, now=now)
    await put(session, desk, contact, replies, author=Author.BOT, kind=Kind.STARTED, dedupe=dedupe, now=now)


async def put(
    session: Session,
    desk: Desk,
    contact: Contact,
    words: str | Sequence[Reply],
    *,
    author: Author,
    kind: Kind,
    dedupe: str,
    now: datetime,
    staff_id: uuid.UUID | None = None,
) -> Message:
    """Queue words laid out for their channel, and wake a worker where it is pushed. Returns the first message."""
    replies = [Reply(words)] if isinstance(words, str) else words
    kept = desk.kept(contact.channel)
    pieces = [
        await messages.queue(
            session,
            conversation_id=contact.conversation_id,
            contact_id=contact.id,
            author=author,
            kind=kind,
            segments=desk.channels[contact.channel].segments(reply),
            staff_id=staff_id,
            said=reply.kept(),
            dedupe=f"{dedupe}:{number}" if number else dedupe,
            now=now,
            kept=kept,
        )
        for number, reply in enumerate(desk.laid_out(contact.channel, replies))
    ]
    if not kept:
        await queue.poke(session, contact.conversation_id)
    return pieces[0]


async def way_to(session: Session, desk: Desk, conversation_id: uuid.UUID, now: datetime) -> Contact | None:
    """Find the way to someone.

    None where there is none, where its channel is not set up here, or where it may have become someone else's.
    """
    try:
        contact = await conversations.way_to_reach(session, conversation_id=conversation_id)
    except StoppedError:
        return None
    if contact.channel not in desk.channels:
        return None
    changed_hands = not desk.kept(contact.channel) and now - contact.heard_at > SILENT_FOR
    return None if changed_hands else contact
