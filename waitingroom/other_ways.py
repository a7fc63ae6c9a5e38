"""Other ways: where else someone agreed to be written to, once their own way has failed for hours."""

import uuid
from collections.abc import Collection
from datetime import datetime

from sqlmodel import col, exists, select

from waitingroom import circuits, people
from waitingroom.consents import Consent, Purpose
from waitingroom.conversations import Contact, ContactState, Conversation
from waitingroom.crossings import SILENT_FOR
from waitingroom.database import Session
from waitingroom.holds import OTHER_WAY
from waitingroom.messages import Message
from waitingroom.people import Person, SafeContact

SMS = "sms"
DIVERT = """
UPDATE message SET contact_id = $2, segments = $3, status = 'queued', attempts = 0, problem = $5, next_try_at = $4
WHERE id = $1
"""


async def find(session: Session, *, message_id: int, channels: Collection[str], now: datetime) -> Contact | None:
    """Find another way for a message to someone we know, None where there is none they agreed to.

    It is one of `channels`, they wrote to us on it themselves in the last 90 days and have not stopped it, its
    provider is well, and what they said of how it is safe to reach them allows it (`allows`). A message that
    goes by another way than they last wrote has been moved already: it is not moved again.
    """
    message = await session.get(Message, message_id, populate_existing=True)
    talk = await session.get(Conversation, message.conversation_id) if message else None
    if message is None or talk is None or talk.person_id is None or talk.contact_id != message.contact_id:
        return None
    person = await session.get(Person, talk.person_id)
    reach = people.safe_contact(session, person) if person else None
    away = {circuit.channel for circuit in await circuits.standing(session)}
    others = select(Contact).where(
        Contact.conversation_id == talk.id,
        Contact.state == ContactState.OPEN,
        col(Contact.id) != message.contact_id,
        col(Contact.channel).in_(set(channels) - away),
        col(Contact.heard_at) > now - SILENT_FOR,
    )
    for contact in await session.exec(others.order_by(col(Contact.heard_at).desc())):
        address = session.keys.unseal(contact.address, f"contact:address:{contact.id}")
        agreed = await _agreed_on(session, talk.id, contact.channel)
        if reach and allows(reach, channel=contact.channel, address=address, agreed_there=agreed):
            return contact
    return None


def allows(reach: SafeContact, *, channel: str, address: str, agreed_there: bool) -> bool:
    """Say whether someone's own words of how it is safe to reach them allow this way.

    "Text me": texts to the very number they gave. "Write to me here": the channel on which they said so
    (`agreed_there`: a yes of theirs that stands was given on it). Who wants calls or letters is not written to.
    """
    if reach.how == "text":
        return channel == SMS and address == reach.phone
    return reach.how == "here" and agreed_there


async def go_by(session: Session, *, message_id: int, contact_id: uuid.UUID, segments: int, at: datetime) -> None:
    """Have a message go by another way, from `at` on; it keeps its words, and whether it may come twice."""
    await session.driver.execute(DIVERT, message_id, contact_id, segments, at, OTHER_WAY)


async def _agreed_on(session: Session, conversation_id: uuid.UUID, channel: str) -> bool:
    yes = exists().where(
        col(Consent.conversation_id) == conversation_id,
        col(Consent.purpose) == Purpose.REFERRAL,
        col(Consent.channel) == channel,
        col(Consent.withdrawn_at).is_(None),
    )
    return bool((await session.exec(select(yes))).one())
