"""The caseload: who waits for a link worker, and who picks them up."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, literal, tuple_
from sqlalchemy.orm import aliased
from sqlmodel import col, select

from waitingroom import alarms, duty, handoffs, matching, people, referrals, supervision, waiting
from waitingroom.alarms import Verdict
from waitingroom.columns import readable
from waitingroom.conversations import Contact, Conversation
from waitingroom.database import Session
from waitingroom.errors import NotFoundError, RefusedError, StaleError
from waitingroom.handoffs import Handoff, NotYoursError, Reason, Status, Urgency
from waitingroom.likeness import Sureness
from waitingroom.people import Person, SafeContact
from waitingroom.referrals import Referral
from waitingroom.staff import Staff
from waitingroom.unanswered import Unanswered

OPEN = (Status.WAITING, Status.CLAIMED)
UNSAFE = "abuse"
"""The need of someone whom another person makes feel unsafe."""
AS_URGENT = {Reason.ASKED_FOR_PERSON: Urgency.SOON, Reason.GETTING_WORSE: Urgency.SOON}
"""How urgent a hand-off is for reasons other than danger; routine where nothing stands here."""


class NoDangerError(RefusedError):
    """No danger was heard here."""


class NoReferralError(RefusedError):
    """They have no referral that is open."""


@dataclass(frozen=True)
class Waits:
    """One line of the queue: enough to choose by, and no name. Without a referral much of it is not known."""

    handoff: Handoff
    language: str
    contact: Contact | None
    referral: Referral | None
    reach: SafeContact | None
    """None, too, where it can no longer be read"""
    claimed_by: Staff | None
    language_wanted: str | None = None
    """the language they asked for, where we cannot talk in it"""
    interpreter_wanted: bool | None = None
    area: str = ""
    person_id: uuid.UUID | None = None
    maybe_known: Sequence[Sureness] = ()
    """how sure it is that they are on record before, once for each other they may be"""
    unanswered_since: datetime | None = None
    """when they wrote what their link worker has not answered yet"""


@dataclass(frozen=True)
class After:
    """The place in the queue of the last one seen."""

    urgency: int
    raised_at: datetime
    id: uuid.UUID


async def queue(
    session: Session,
    *,
    status: Status | None = None,
    urgency: Urgency | None = None,
    claimed_by: uuid.UUID | None = None,
    after: After | None = None,
    limit: int = 50,
    where: Sequence[ColumnElement[bool]] = (),
    oldest_first: bool = False,
) -> list[Waits]:
    """List open hand-offs, the most urgent first and of those the oldest, from behind `after` on.

    `where`: finer choices, as waitingroom.sought makes them. `oldest_first`: however urgent they are.
    """
    lines = _lines().where(col(Handoff.status).in_([status] if status else OPEN), *where)
    if urgency is not None:
        lines = lines.where(col(Handoff.urgency) == int(urgency))
    if claimed_by is not None:
        lines = lines.where(col(Handoff.claimed_by) == claimed_by)
    order = (col(Handoff.urgency), col(Handoff.raised_at), col(Handoff.id))[oldest_first:]
    if after is not None:
        place = (literal(after.urgency), literal(after.raised_at), literal(after.id))[oldest_first:]
        lines = lines.where(tuple_(*order) > tuple_(*place))
    found = await session.exec(lines.order_by(*order).limit(limit))
    return await _with_matches(session, [_waits(session, row) for row in found])


async def look(session: Session, *, handoff_id: uuid.UUID) -> Waits:
    """Look at one hand-off, open or ended. Raises NotFoundError."""
    lines = _lines().where(col(Handoff.id) == handoff_id).execution_options(populate_existing=True)
    row = (await session.exec(lines)).first()
    if row is None:
        raise NotFoundError
    return (await _with_matches(session, [_waits(session, row)]))[0]


async def hold(session: Session, *, handoff_id: uuid.UUID) -> Handoff:
    """Find a hand-off and lock its talk, before anything else is: a turn takes its locks in the same order.

    Raises NotFoundError.
    """
    handoff = await handoffs.find(session, handoff_id=handoff_id)
    await session.get(Conversation, handoff.conversation_id, with_for_update=True)
    return await handoffs.find(session, handoff_id=handoff_id)


async def hold_mine(session: Session, *, handoff_id: uuid.UUID, staff_id: uuid.UUID) -> Handoff:
    """Find and hold a hand-off that `staff_id` has claimed. Raises NotYoursError, NotFoundError."""
    handoff = await hold(session, handoff_id=handoff_id)
    if handoff.status is not Status.CLAIMED or handoff.claimed_by != staff_id:
        raise NotYoursError
    return handoff


async def pick_up(
    session: Session, *, handoff: Handoff, staff_id: uuid.UUID, version: int, now: datetime
) -> Handoff:
    """Claim a hand-off that is held, and pick up its referral with it: one winner.

    Raises AlreadyClaimedError naming the winner, StaleError, IllegalMoveError.
    """
    claimed = await handoffs.claim(session, handoff_id=handoff.id, staff_id=staff_id, version=version, now=now)
    talk = handoff.conversation_id
    await alarms.settle(session, conversation_id=talk, verdict=Verdict.PICKED_UP, staff_id=staff_id, now=now)
    referral = await referrals.open_referral(session, conversation_id=handoff.conversation_id)
    if referral is not None:
        await referrals.pick_up(session, referral_id=referral.id, now=now)
        await waiting.wake(session, referral_id=referral.id, now=now)
    return claimed


async def dismiss(
    session: Session, *, handoff: Handoff, staff_id: uuid.UUID, version: int, verdict: Verdict, now: datetime
) -> Handoff:
    """Note what danger that was heard came to, in one step, of a hand-off that is held: it calls nobody any more.

    What was only that is closed where it waited; what is more stays, as urgent as the rest of it.
    Raises NoDangerError, StaleError, NotYoursError where someone else has it, IllegalMoveError where it has ended.
    """
    if handoff.status not in OPEN or handoff.claimed_by not in {None, staff_id}:
        raise NotYoursError
    if handoff.version != version:
        raise StaleError
    if Reason.DANGER not in handoff.reasons:
        raise NoDangerError
    talk = handoff.conversation_id
    await alarms.settle(session, conversation_id=talk, verdict=verdict, staff_id=staff_id, now=now)
    if verdict is Verdict.ACTED_ON:
        await supervision.prompt(session, conversation_id=talk, staff_id=staff_id, now=now)
    if verdict is Verdict.ACTED_ON and handoff.status is Status.CLAIMED:
        return handoff
    referral = await referrals.open_referral(session, conversation_id=talk)
    unsafe = referral is not None and UNSAFE in referral.needs
    others = {Reason(reason) for reason in handoff.reasons} - {Reason.DANGER}
    rest = [AS_URGENT.get(one, Urgency.ROUTINE) for one in others]
    urgency = Urgency.URGENT if unsafe else min(rest, default=Urgency.ROUTINE)
    return await handoffs.calm(session, handoff_id=handoff.id, urgency=urgency, now=now)


async def put_back(session: Session, *, handoff: Handoff, now: datetime) -> None:
    """Put the referral of a hand-off that was released back on the list, where it has one.

    Danger heard in it lately calls the duty workers again: nobody has it any more.
    """
    if await alarms.unsettle(session, conversation_id=handoff.conversation_id, now=now):
        await duty.call_again(session, conversation_id=handoff.conversation_id)
    referral = await referrals.open_referral(session, conversation_id=handoff.conversation_id)
    if referral is not None and referral.status is referrals.Status.PICKED_UP:
        await referrals.put_back(session, referral_id=referral.id)
        await waiting.take_up(session, referral_id=referral.id, now=now)


async def referral_of(session: Session, *, handoff: Handoff) -> Referral:
    """Find the open referral of a hand-off's talk. Raises NoReferralError."""
    referral = await referrals.open_referral(session, conversation_id=handoff.conversation_id)
    if referral is None:
        raise NoReferralError
    return referral


def _lines() -> Any:
    """Select hand-offs beside their talk, the contact last heard from, the newest referral, person and claimer."""
    talk = col(Handoff.conversation_id)
    talk_says = (col(Conversation.language), Conversation.language_wanted, Conversation.interpreter_wanted)
    heard = select(Contact).where(col(Contact.conversation_id) == talk)
    contact = aliased(Contact, heard.order_by(col(Contact.heard_at).desc()).limit(1).lateral())
    made = select(Referral).where(col(Referral.conversation_id) == talk)
    newest = (col(Referral.status).in_(referrals.UNDER_WAY).desc(), col(Referral.joined_at).desc())
    referral = aliased(Referral, made.order_by(*newest).limit(1).lateral())
    return (
        select(Handoff, *talk_says, contact, referral, Person, Staff, col(Unanswered.since_at))  # type: ignore[call-overload]
        .join(Conversation, col(Conversation.id) == talk)
        .outerjoin(contact, literal(True))
        .outerjoin(referral, literal(True))
        .outerjoin(Person, col(Person.id) == col(Conversation.person_id))
        .outerjoin(Staff, col(Staff.id) == col(Handoff.claimed_by))
        .outerjoin(Unanswered, col(Unanswered.conversation_id) == talk)
    )


def _waits(session: Session, row: Any) -> Waits:
    handoff, language, language_wanted, interpreter_wanted, contact, referral, person, staff, since = row
    return Waits(
        handoff=handoff,
        language=language,
        contact=contact,
        referral=referral,
        reach=readable(lambda: people.safe_contact(session, person), None) if person else None,
        claimed_by=staff,
        language_wanted=language_wanted,
        interpreter_wanted=interpreter_wanted,
        area=person.area if person else "",
        person_id=person.id if person else None,
        unanswered_since=since if handoff.status in OPEN else None,
    )


async def _with_matches(session: Session, found: list[Waits]) -> list[Waits]:
    """Say on each line whether they may be on record before; nothing of the other is shown."""
    people = {one.person_id for one in found if one.person_id is not None}
    known = await matching.undecided(session, people=people)
    return [replace(one, maybe_known=known.get(one.person_id, ())) if one.person_id else one for one in found]
