"""Asking: whoever was suggested by someone else is asked on their own phone, reminded once, and then let be."""

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol, runtime_checkable

from bot.ask import Here, Verb
from bot.conversation import Conversation, Talk
from bot.desk import Desk
from bot.messages import Reply
from bot.starting import open_with, put, say
from bot.talks import AT, FLOWS
from bot.words import _, words_in
from waitingroom import asking, conversations, introductions, own_keys
from waitingroom.asking import Meeting
from waitingroom.conversations import Contact, ContactState, Owner, Place, StoppedError
from waitingroom.database import Session
from waitingroom.introductions import Introduction, Status
from waitingroom.messages import Author, Kind
from waitingroom.programme import next_waking

SMS = "sms"
NO_MESSAGE = 0
"""Nobody has written yet: we begin."""
MOST = 200
"""How many are attended to at one look."""
AGAIN = _("We wrote to you some days ago. If you do not answer, we will not write again.")
CHECKED = _(
    "Thank you for waiting. We have checked your papers, and your request is on our list. "
    "Your reference is {reference}. A link worker will call you."
)
NOT_CHECKED = _(
    "Thank you for waiting. We cannot go on with what you sent us, and have deleted the details. "
    "To talk about it with a person, reply PERSON."
)


@runtime_checkable
class Choosy(Protocol):
    """A channel that goes to some addresses only."""

    def may_reach(self, address: str) -> bool:
        """Say whether messages may go to this address."""
        ...


async def ask_introduced(desk: Desk, *, now: datetime) -> int:
    """Do what is due for people others told us of: ask, remind, or delete. Returns how many were looked at.

    Each in a transaction of its own. Nothing goes out in the quiet hours, or where danger was heard.
    """
    for count in range(MOST):
        async with desk.database.transaction() as session:
            introduction = await asking.next_due(session, now=now)
            if introduction is None:
                return count
            await _attend(session, desk, introduction, now)
    return MOST


async def tell_of_authority(
    session: Session, desk: Desk, *, conversation_id: uuid.UUID, reference: str, now: datetime
) -> bool:
    """Tell an attorney or deputy what came of the check: the reference, or, where there is none, that it ended.

    Returns whether they could be told: someone who stopped messages is not.
    """
    conversation = await conversations.find(session, conversation_id)
    try:
        contact = await conversations.way_to_reach(session, conversation_id=conversation_id)
    except StoppedError:
        return False
    told = words_in(conversation.language).say(CHECKED if reference else NOT_CHECKED, reference=reference)
    await say(session, desk, contact, told, dedupe=f"checked:{conversation_id}:{now.isoformat()}", now=now)
    return True


async def _attend(session: Session, desk: Desk, introduction: Introduction, now: datetime) -> None:
    if await asking.must_stay_silent(session, introduction):
        await asking.hold_back(session, introduction, now=now)
    elif now >= asking.ends_at(introduction):
        await asking.end(session, introduction, now=now)
    elif (waking := next_waking(now, desk.service.zone)) > now:
        await asking.put_off(session, introduction, until=waking)
    elif introduction.status is Status.TO_ASK:
        await _ask(session, desk, introduction, now)
    elif introduction.status is Status.AWAITING_PERSON and introduction.reminded_at is None:
        await _remind(session, desk, introduction, now)
    else:
        await asking.put_off(session, introduction, until=asking.ends_at(introduction))


async def _ask(session: Session, desk: Desk, introduction: Introduction, now: datetime) -> None:
    """Ask someone for the first time, unless they are with us already, were asked already, or want no message."""
    phone = introductions.told(session, introduction).phone
    if not _can_text(desk, phone):
        await asking.have_called(session, introduction, now=now)
        return
    met = await asking.meet(session, phone=phone, now=now)
    if met.found is Meeting.NEVER:
        await asking.end(session, introduction, now=now)
    elif met.found is Meeting.WRITING:
        await asking.put_off(session, introduction, until=next_waking(now + asking.LATER, desk.service.zone))
    elif met.found is Meeting.CLOSED:
        await asking.have_called(session, introduction, now=now)
    elif met.found is Meeting.ASKED_ALREADY and met.talk_id is not None:
        await asking.note_asked(session, introduction, talk_id=met.talk_id, now=now)
    else:
        opened = await asking.open_talk(session, phone=phone, met=met, now=now)
        if opened is None or opened.talk_id is None or opened.contact_id is None:
            await asking.put_off(session, introduction, until=now)
            return
        contact = await _contact(session, opened.contact_id)
        await open_with(session, desk, contact, AT[Place.ASKED], dedupe=f"asked:{opened.talk_id}", now=now)
        await asking.note_asked(session, introduction, talk_id=opened.talk_id, now=now)


async def _remind(session: Session, desk: Desk, introduction: Introduction, now: datetime) -> None:
    """Put the question once more, where it still stands and the way there is open."""
    talk_id = introduction.asked_in_id
    found = await conversations.find(session, talk_id) if talk_id else None
    contact = await session.get(Contact, found.contact_id) if found and found.contact_id else None
    if found and contact and found.place is Place.ASKED and found.owner is Owner.BOT:
        conversation = await _conversation(session, desk, found.id, contact.id, now)
        standing = await conversation.again()
        if standing and contact.state is ContactState.OPEN:
            again = Reply(words_in(found.language).say(AGAIN))
            name = f"reminded:{found.id}"
            said = [again, *standing]
            await put(session, desk, contact, said, author=Author.BOT, kind=Kind.STARTED, dedupe=name, now=now)
    await asking.note_reminded(session, introduction, now=now)


async def _conversation(
    session: Session, desk: Desk, talk_id: uuid.UUID, contact_id: uuid.UUID, now: datetime
) -> Conversation:
    known = await conversations.find(session, talk_id)
    where = f"conversation:talk:{talk_id}"
    talk = Talk.recalled(own_keys.unseal(session, known.talk, where, known) if known.talk else None)
    here = Here(
        conversation_id=talk_id,
        contact_id=contact_id,
        message_id=NO_MESSAGE,
        channel=SMS,
        place=Place.ASKED,
        now=now,
        service=desk.service,
        words=words_in(known.language),
    )

    async def perform(verb: Verb[..., Any], facts: Mapping[str, Any]) -> Any:
        return await verb(session, **facts)

    return Conversation(talk, here, FLOWS, perform)


async def _contact(session: Session, contact_id: uuid.UUID) -> Contact:
    contact = await session.get(Contact, contact_id, populate_existing=True)
    assert contact is not None  # noqa: S101
    return contact


def _can_text(desk: Desk, phone: str) -> bool:
    """Say whether texts may go to this number at all: there is such a channel, and the country is allowed."""
    channel = desk.channels.get(SMS)
    return channel is not None and (not isinstance(channel, Choosy) or channel.may_reach(phone))
