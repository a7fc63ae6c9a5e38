"""Looks: what must be known of someone before anything goes out to them that they did not ask for just now."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import col, select

from waitingroom import first_contacts, people, waiting
from waitingroom.database import Session
from waitingroom.people import Person
from waitingroom.referrals import Referral, Status
from waitingroom.safe_hours import NEVER, SafeHours, as_said
from waitingroom.waiting import AT_ONCE

ASKED_FOR = "asked:"
"""How the name of what someone asked for themselves begins, among what they were sent."""


@dataclass(frozen=True)
class Look:
    """One person on the list: what for, when it is safe, who is with them, and what they were sent, and when."""

    needs: tuple[str, ...]
    hours: SafeHours
    claimed: bool
    met_at: datetime | None
    sent: Mapping[str, datetime]

    def last_unasked(self) -> datetime | None:
        """Say when something last went to them that they had not asked for."""
        unasked = (at for name, at in self.sent.items() if name != AT_ONCE and not name.startswith(ASKED_FOR))
        return max(unasked, default=None)


async def look(session: Session, *, referral_id: uuid.UUID) -> Look:
    """Look at one person. Where it is not known when it is safe, it never is."""
    theirs = select(Referral, Person).join(Person, col(Person.id) == col(Referral.person_id))
    row = (await session.exec(theirs.where(col(Referral.id) == referral_id))).first()
    sent = {step.step: step.sent_at for step in await waiting.sent(session, referral_id=referral_id)}
    if row is None:
        return Look((), NEVER, claimed=False, met_at=None, sent=sent)
    referral, person = row
    return Look(
        needs=tuple(referral.needs),
        hours=as_said(people.safe_contact(session, person).when),
        claimed=referral.status is Status.PICKED_UP,
        met_at=await first_contacts.of_referral(session, referral_id=referral_id),
        sent=sent,
    )


async def hours_of_talk(session: Session, *, conversation_id: uuid.UUID) -> SafeHours:
    """Say when it is safe to reach the person of a talk; never where that cannot be read or nobody is known."""
    theirs = select(Person).join(Referral, col(Referral.person_id) == col(Person.id))
    theirs = theirs.where(col(Referral.conversation_id) == conversation_id)
    person = (await session.exec(theirs.order_by(col(Referral.joined_at).desc()).limit(1))).first()
    return as_said(people.safe_contact(session, person).when) if person else NEVER
