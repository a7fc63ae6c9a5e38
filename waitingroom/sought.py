"""What is sought in the queue: the tabs staff choose from, how many stand in each, and finer choices."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import ARRAY, ColumnElement, String, cast, exists, func, literal, or_
from sqlmodel import col, select

from waitingroom import hubs
from waitingroom.conversations import Contact, Conversation
from waitingroom.database import Session
from waitingroom.handoffs import Handoff, Reason, Status, Urgency
from waitingroom.people import Person
from waitingroom.referrals import UNDER_WAY, Referral
from waitingroom.unanswered import Unanswered

OPEN = (Status.WAITING, Status.CLAIMED)
NOT_REACHED = (Reason.UNREACHABLE, Reason.NOT_REACHED, Reason.SILENT, Reason.STOPPED_MESSAGES)
CONSENT_ENDED = (Reason.CONSENT_ENDED, Reason.WITHDRAWN)


WAIT_FOR_ANSWER = (
    exists().where(col(Unanswered.conversation_id) == col(Handoff.conversation_id)).correlate(Handoff)
)


class Tab(StrEnum):
    """One part of the queue. Someone may stand in several: urgent, and could not be reached."""

    URGENT = "urgent"
    WAITING = "waiting"
    """whoever nobody has picked up"""
    MINE = "mine"
    NOT_REACHED = "could-not-reach"
    CONSENT_ENDED = "consent-ended"


@dataclass(frozen=True)
class Sought:
    """Finer choices; None: whatever it is. `area` is an outward postcode, `language` a BCP 47 tag."""

    need: str | None = None
    area: str | None = None
    language: str | None = None
    """they talk in it, or asked for it"""
    channel: str | None = None
    """where they last wrote"""
    reason: Reason | None = None
    unanswered: bool = False
    """they wait for an answer of their link worker"""

    def conditions(self) -> list[ColumnElement[bool]]:
        """Say in SQL who is sought, of hand-offs beside their conversation."""
        found: list[ColumnElement[bool]] = []
        if self.need is not None:
            theirs = col(Referral.conversation_id) == col(Handoff.conversation_id)
            has = col(Referral.needs).op("@>")(_words([self.need]))
            found.append(exists().where(theirs, col(Referral.status).in_(UNDER_WAY), has).correlate(Handoff))
        if self.area is not None:
            theirs = col(Person.id) == col(Conversation.person_id)
            found.append(exists().where(theirs, col(Person.area) == self.area).correlate(Conversation))
        if self.language is not None:
            spoken = col(Conversation.language) == self.language
            found.append(or_(spoken, col(Conversation.language_wanted) == self.language))
        if self.reason is not None:
            found.append(col(Handoff.reasons).op("@>")(_words((self.reason,))))
        if self.channel is not None:
            way = col(Contact.id) == col(Conversation.contact_id)
            found.append(exists().where(way, col(Contact.channel) == self.channel).correlate(Conversation))
        if self.unanswered:
            found.append(WAIT_FOR_ANSWER)
        return found


def in_tab(tab: Tab, *, staff_id: uuid.UUID) -> ColumnElement[bool]:
    """Say in SQL which open hand-offs stand in a tab, for whoever `staff_id` is."""
    chosen: dict[Tab, ColumnElement[bool]] = {
        Tab.URGENT: col(Handoff.urgency) == int(Urgency.URGENT),
        Tab.WAITING: col(Handoff.status) == Status.WAITING,
        Tab.MINE: col(Handoff.claimed_by) == staff_id,
        Tab.NOT_REACHED: col(Handoff.reasons).op("&&")(_words(NOT_REACHED)),
        Tab.CONSENT_ENDED: col(Handoff.reasons).op("&&")(_words(CONSENT_ENDED)),
    }
    return chosen[tab]


def of_hub(hub_id: uuid.UUID | None, *, staff_id: uuid.UUID | None = None) -> ColumnElement[bool]:
    """Say in SQL which conversations staff of a hub see: theirs, nobody's, and those `staff_id` has picked up."""
    return hubs.of_mine(hub_id, owner=staff_id)


async def counts(session: Session, *, staff_id: uuid.UUID, hub_id: uuid.UUID | None) -> Mapping[Tab, int]:
    """Count what stands open in each tab."""
    each = [func.count().filter(in_tab(tab, staff_id=staff_id)) for tab in Tab]
    asked: Any = select(*each).select_from(Handoff)
    asked = asked.join(Conversation, col(Conversation.id) == col(Handoff.conversation_id))
    found = (
        await session.exec(asked.where(col(Handoff.status).in_(OPEN), of_hub(hub_id, staff_id=staff_id)))
    ).one()
    return dict(zip(Tab, found, strict=True))


async def unanswered_of(session: Session, *, staff_id: uuid.UUID) -> int:
    """Count the people of one link worker who wait for an answer."""
    mine = select(func.count()).select_from(Handoff).where(in_tab(Tab.MINE, staff_id=staff_id), WAIT_FOR_ANSWER)
    return (await session.exec(mine.where(col(Handoff.status).in_(OPEN)))).one()


def _words(words: list[str] | tuple[Reason, ...]) -> ColumnElement[Any]:
    return cast(literal([str(word) for word in words], ARRAY(String)), ARRAY(String))
