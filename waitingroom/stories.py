"""Stories: everything known of one person, as the link worker who picks them up reads it."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlmodel import col, select

from waitingroom import (
    activities,
    alarms,
    appointments,
    attachments,
    consents,
    conversations,
    helping,
    messages,
    notes,
    people,
    referrals,
    staff,
    to_dos,
    told_of,
    transfers,
    waiting,
)
from waitingroom.activities import Activity
from waitingroom.alarms import Alarm
from waitingroom.appointments import Appointment
from waitingroom.attachments import Attachment
from waitingroom.consents import Consent
from waitingroom.conversations import Contact, Conversation
from waitingroom.database import Session
from waitingroom.errors import NotFoundError
from waitingroom.handoffs import Handoff
from waitingroom.messages import Message
from waitingroom.notes import PrivateNote
from waitingroom.people import AboutYou, More, Person, SafeContact
from waitingroom.referrals import Referral
from waitingroom.told_of import Opened, Seen
from waitingroom.transfers import Transfer
from waitingroom.waiting import SentStep


@dataclass(frozen=True)
class Story:
    """Everything known of one person: of someone who has only said hello, no more than what was said."""

    conversation: Conversation
    handoff: Handoff | None
    contacts: Sequence[Contact]
    person: Person | None
    about: AboutYou | None
    reach: SafeContact | None
    more: More | None
    """what they chose to add about themselves"""
    referral: Referral | None
    what_matters: str
    own_needs: str
    """what they want help with, in their own words"""
    introduced_by: Sequence[Opened]
    """who told us of them, and what: none of it is their own word"""
    introduced: Sequence[Seen]
    """whom they told us of"""
    consents: Sequence[Consent]
    alarms: Sequence[tuple[Alarm, dict[str, list[str]]]]
    sent: Sequence[SentStep]
    activities: Sequence[tuple[Activity, str]]
    notes: Sequence[tuple[PrivateNote, str]]
    """what staff wrote down for each other: never said to the person in a chat"""
    transfers: Sequence[tuple[Transfer, str]]
    appointments: Sequence[tuple[Appointment, str]]
    """each with where it is"""
    helps: Sequence[helping.Opened]
    to_dos: Sequence[to_dos.Opened]
    messages: Sequence[tuple[Message, dict[str, Any]]]
    attachments: dict[int, list[Attachment]]
    """What came with messages, by the message's id, without what it holds."""
    staff: dict[uuid.UUID, str]
    """The names of everyone who works here and appears above."""


async def of_person(session: Session, *, person_id: uuid.UUID) -> Story:
    """Tell the whole story of a person. Raises NotFoundError."""
    talk = await talk_of(session, person_id=person_id)
    return await of_talk(session, conversation_id=talk.id)


async def talk_of(session: Session, *, person_id: uuid.UUID) -> Conversation:
    """Find the talk a person was heard in last. Raises NotFoundError."""
    talks = select(Conversation).where(Conversation.person_id == person_id)
    newest = (await session.exec(talks.order_by(col(Conversation.heard_at).desc()).limit(1))).first()
    if newest is None:
        raise NotFoundError
    return newest


async def of_talk(session: Session, *, conversation_id: uuid.UUID) -> Story:
    """Tell the whole story of a talk: the newest 500 messages and all the rest. Raises NotFoundError."""
    conversation = await conversations.find(session, conversation_id)
    person = await people.person(session, conversation.person_id) if conversation.person_id else None
    referral = await _latest_referral(session, conversation_id)
    noted = await activities.of_referral(session, referral_id=referral.id) if referral else []
    said = await messages.transcript(session, conversation_id=conversation_id)
    handoff = await _newest_handoff(session, conversation_id)
    written = await notes.of_talk(session, conversation_id=conversation_id)
    handed_on = await transfers.of_talk(session, conversation_id=conversation_id)
    met = await appointments.of_talk(session, conversation_id=conversation_id)
    workers = {one.staff_id for one in noted} | {one.staff_id for one in met}
    workers |= {one.staff_id for one in said if one.staff_id}
    workers |= {note.staff_id for note, _words in written}
    workers |= {by for one, _why in handed_on for by in (one.from_id, one.to_id, one.done_by)}
    agreed = await consents.standing(session, conversation_id=conversation_id)
    workers |= {one.heard_by for one in agreed if one.heard_by}
    if handoff and handoff.claimed_by:
        workers.add(handoff.claimed_by)
    return Story(
        conversation=conversation,
        handoff=handoff,
        contacts=await _contacts(session, conversation_id),
        person=person,
        about=people.about(session, person) if person else None,
        reach=people.safe_contact(session, person) if person else None,
        more=people.more(session, person) if person else None,
        referral=referral,
        what_matters=referrals.what_matters(session, referral) if referral else "",
        own_needs=referrals.own_needs(session, referral) if referral else "",
        introduced_by=await told_of.of_talk(session, conversation_id=conversation_id),
        introduced=await told_of.made_in(session, conversation_id=conversation_id),
        consents=agreed,
        alarms=await alarms.of_talk(session, conversation_id=conversation_id),
        sent=await waiting.sent(session, referral_id=referral.id) if referral else [],
        activities=[(one, activities.note(session, one)) for one in noted],
        notes=written,
        transfers=handed_on,
        appointments=[(one, appointments.place_of(session, one)) for one in met],
        helps=await helping.of_talk(session, conversation_id=conversation_id),
        to_dos=await to_dos.of_talk(session, conversation_id=conversation_id),
        messages=[(one, messages.said(session, one)) for one in said],
        attachments=await _attachments(session, conversation_id),
        staff=await staff.names(session, ids=workers),
    )


async def _attachments(session: Session, conversation_id: uuid.UUID) -> dict[int, list[Attachment]]:
    by_message: dict[int, list[Attachment]] = {}
    for one in await attachments.of_conversation(session, conversation_id=conversation_id):
        by_message.setdefault(one.message_id, []).append(one)
    return by_message


async def _latest_referral(session: Session, conversation_id: uuid.UUID) -> Referral | None:
    newest = select(Referral).where(Referral.conversation_id == conversation_id)
    order = (col(Referral.status).in_(referrals.UNDER_WAY).desc(), col(Referral.joined_at).desc())
    return (await session.exec(newest.order_by(*order).limit(1))).first()


async def _newest_handoff(session: Session, conversation_id: uuid.UUID) -> Handoff | None:
    raised = select(Handoff).where(Handoff.conversation_id == conversation_id)
    return (await session.exec(raised.order_by(col(Handoff.raised_at).desc()).limit(1))).first()


async def _contacts(session: Session, conversation_id: uuid.UUID) -> Sequence[Contact]:
    ways = select(Contact).where(Contact.conversation_id == conversation_id)
    return (await session.exec(ways.order_by(col(Contact.heard_at).desc()))).all()
