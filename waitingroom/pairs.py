"""Pairs: two on record who may be one person, side by side, and what would be kept of them."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import col, select

from waitingroom import hubs, people, referrals
from waitingroom.conversations import Contact, Conversation
from waitingroom.database import Session
from waitingroom.errors import NotFoundError, RefusedError
from waitingroom.matching import PersonMatch, Status
from waitingroom.people import AboutYou, More, Person, SafeContact
from waitingroom.referrals import UNDER_WAY, Referral


class GoneError(RefusedError):
    """One of the two has no talk with us any more, so there is nothing to join."""


@dataclass(frozen=True)
class Side:
    """One of the two: who, where they talk, what they asked for. `referral` is the open one, else the newest."""

    person: Person
    about: AboutYou
    reach: SafeContact
    more: More
    talk: Conversation
    ways: Sequence[Contact]
    referral: Referral
    what_matters: str
    own_needs: str


@dataclass(frozen=True)
class Kept:
    """What stands once the two are one, unless the way to reach them is chosen to be the later one."""

    about: AboutYou
    reach: SafeContact
    referral: Referral
    needs: Sequence[str]
    what_matters: str
    own_needs: str


@dataclass(frozen=True)
class Pair:
    """Two who may be one, side by side, and what would be kept of them."""

    match: PersonMatch
    earlier: Side
    later: Side
    kept: Kept

    @property
    def tag(self) -> str:
        """Name this very state of the two: it changes with anything that is shown here."""
        sides = (self.earlier, self.later)
        told = (f"{side.person.version}.{side.referral.version}.{side.talk.owner}" for side in sides)
        return "-".join([str(self.match.version), *told])


async def listed(session: Session, *, hub_id: uuid.UUID | None = None, limit: int = 200) -> list[PersonMatch]:
    """List pairs nobody has decided on yet, the oldest first, of whom each still has a talk with us.

    `hub_id`: only where staff of this hub may see both.
    """
    both = (col(PersonMatch.earlier_id), col(PersonMatch.later_id))
    there = [
        select(col(Conversation.id)).where(col(Conversation.person_id) == one, hubs.of_mine(hub_id))
        for one in both
    ]
    found = await session.exec(
        select(PersonMatch)
        .where(col(PersonMatch.status) == Status.WAITING, *(one.exists() for one in there))
        .order_by(col(PersonMatch.found_at), col(PersonMatch.id))
        .limit(limit)
    )
    return list(found)


async def look(session: Session, *, match_id: uuid.UUID) -> Pair:
    """Look at two who may be one. Raises NotFoundError, GoneError where one of them is no longer there."""
    match = await session.get(PersonMatch, match_id, populate_existing=True)
    if match is None:
        raise NotFoundError
    earlier, later = await _side(session, match.earlier_id), await _side(session, match.later_id)
    return Pair(match, earlier, later, _kept(earlier, later))


async def _side(session: Session, person_id: uuid.UUID) -> Side:
    person = await session.get(Person, person_id, populate_existing=True)
    talks = select(Conversation).where(Conversation.person_id == person_id)
    last_heard = talks.order_by(col(Conversation.heard_at).desc()).limit(1)
    talk = (await session.exec(last_heard.execution_options(populate_existing=True))).first()
    made = select(Referral).where(Referral.person_id == person_id)
    newest = made.order_by(col(Referral.status).in_(UNDER_WAY).desc(), col(Referral.joined_at).desc()).limit(1)
    referral = (await session.exec(newest.execution_options(populate_existing=True))).first()
    if person is None or talk is None or referral is None:
        raise GoneError
    ways = select(Contact).where(Contact.conversation_id == talk.id).order_by(col(Contact.heard_at).desc())
    return Side(
        person=person,
        about=people.about(session, person),
        reach=people.safe_contact(session, person),
        more=people.more(session, person),
        talk=talk,
        ways=(await session.exec(ways.execution_options(populate_existing=True))).all(),
        referral=referral,
        what_matters=referrals.what_matters(session, referral),
        own_needs=referrals.own_needs(session, referral),
    )


def _kept(earlier: Side, later: Side) -> Kept:
    """Say what stands: what they said last of themselves, the way to them they gave first, all they asked for."""
    sides = (earlier, later)
    opened = [side for side in sides if side.referral.status in UNDER_WAY] or [later]
    first = min(opened, key=lambda side: side.referral.joined_at)
    return Kept(
        about=later.about.model_copy(update={"postcode": _fuller(earlier.about, later.about)}),
        reach=earlier.reach,
        referral=first.referral,
        needs=list(dict.fromkeys(need for side in opened for need in side.referral.needs)),
        what_matters=_both(*(side.what_matters for side in opened)),
        own_needs=_both(*(side.own_needs for side in opened)),
    )


def _fuller(earlier: AboutYou, later: AboutYou) -> str:
    """Return the postcode said last, unless it is only the first half of the one before."""
    return earlier.postcode if earlier.postcode.startswith(f"{later.postcode} ") else later.postcode


def _both(*said: str) -> str:
    """Put words of both one under the other, each once."""
    return "\n".join(dict.fromkeys(words for words in said if words))
