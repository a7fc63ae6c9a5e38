"""Helping: someone else does one thing for one person, and the case stays where it is."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Column, Index, SmallInteger, text
from sqlmodel import Field, SQLModel, col, or_, select

from waitingroom import activities, caseload, consents, conversations, hubs, own_keys, people, referrals
from waitingroom.columns import by_value, new_id, readable
from waitingroom.consents import Purpose, Recipient
from waitingroom.conversations import Conversation
from waitingroom.database import Session
from waitingroom.errors import NotFoundError, RefusedError, StaleError
from waitingroom.handoffs import Handoff
from waitingroom.moves import moved
from waitingroom.people import Person, SafeContact
from waitingroom.roles import Role
from waitingroom.staff import Caller, Staff

MOST = 200
HELPS = frozenset({Role.PROVIDER, Role.LINK_WORKER, Role.LEAD})


class Kind(StrEnum):
    """What one thing is asked for, or offered."""

    CALL = "call"
    GROUP_PLACE = "group_place"
    PIECE = "piece"
    """an item of content that may help them"""
    OTHER = "other"


class Status(StrEnum):
    """Where it stands."""

    TO_AGREE = "to_agree"
    """the person is asked first; the helper knows nothing of it"""
    NOT_AGREED = "not_agreed"
    """the person said no, or it was not asked any further; the helper never hears of it"""
    ASKED = "asked"
    """the helper has not answered yet"""
    OFFERED = "offered"
    """the helper offered it; whoever has the person has not answered yet"""
    ACCEPTED = "accepted"
    DECLINED = "declined"
    DONE = "done"
    CALLED_OFF = "called_off"


MOVES: dict[Status, frozenset[Status]] = {
    Status.TO_AGREE: frozenset({Status.ASKED, Status.NOT_AGREED}),
    Status.NOT_AGREED: frozenset(),
    Status.ASKED: frozenset({Status.ACCEPTED, Status.DECLINED, Status.CALLED_OFF}),
    Status.OFFERED: frozenset({Status.ACCEPTED, Status.DECLINED, Status.CALLED_OFF}),
    Status.ACCEPTED: frozenset({Status.DONE, Status.CALLED_OFF}),
    Status.DECLINED: frozenset(),
    Status.DONE: frozenset(),
    Status.CALLED_OFF: frozenset(),
}
"""The only steps it can take."""
STANDS = frozenset({Status.ASKED, Status.ACCEPTED})
"""While it stands so, the helper sees whom it is for."""


HIDDEN = frozenset({Status.TO_AGREE, Status.NOT_AGREED})
"""While it stands so, the helper is not told of it."""


class NoConsentError(RefusedError):
    """They have not said yes to this being shared. Ask them first."""


class NotForYourselfError(RefusedError):
    """Ask somebody else: you have this person already."""


class CannotHelpError(RefusedError):
    """They cannot be asked: their work here is not with people."""


class Help(SQLModel, table=True):
    """One thing that one helper is asked to do, or offers to do, for one person. The words are sealed."""

    id: uuid.UUID = Field(default_factory=new_id, primary_key=True)
    conversation_id: uuid.UUID = Field(foreign_key="conversation.id", index=True)
    helper_id: uuid.UUID = Field(foreign_key="staff.id")
    asked_by: uuid.UUID | None = Field(default=None, foreign_key="staff.id")
    """who asked; none: the helper offered it"""
    kind: Kind = Field(sa_column=Column(by_value(Kind), nullable=False))
    status: Status = Field(sa_column=Column(by_value(Status), nullable=False))
    why: bytes = Field(repr=False)
    """one line: what for"""
    outcome: bytes | None = Field(default=None, repr=False)
    """what came of it"""
    minutes: int | None = Field(default=None, sa_type=SmallInteger)
    asked_at: datetime
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    version: int = 1

    __table_args__ = (
        Index("ix_help_open", "helper_id", postgresql_where=text("status IN ('asked', 'offered', 'accepted')")),
    )


own_keys.carry(Help, Help.why, Help.outcome)


@dataclass(frozen=True)
class Opened:
    """One help with its words and, while it stands, what is shared of the person with the helper: nothing more."""

    help: Help
    why: str
    outcome: str
    helper: str
    asked_by: str
    name: str
    """the name to use"""
    code_word: str
    reach: SafeContact | None


async def ask(
    session: Session,
    *,
    handoff: Handoff,
    helper_id: uuid.UUID,
    caller: Caller,
    kind: Kind,
    why: str,
    now: datetime,
    ask_first: bool = False,
) -> Help:
    """Ask one other to do one thing for the person of a hand-off the caller holds; it is theirs as before.

    `ask_first`: where the person has not agreed, it waits until they have; what they were asked before, and have
    not answered, is asked no more.
    Raises NoReferralError, NotFoundError, CannotHelpError, NotForYourselfError, NoConsentError.
    """
    await caseload.referral_of(session, handoff=handoff)
    helper = await may_help(session, handoff=handoff, helper_id=helper_id)
    talk = handoff.conversation_id
    agreed = await _agreed(session, talk, helper)
    if not agreed and not (ask_first and helper.role is Role.PROVIDER):
        raise NoConsentError
    if not agreed:
        for one in await _list(session, Help.conversation_id == talk, Help.status == Status.TO_AGREE):
            one.status, one.ended_at = moved(MOVES, one.status, Status.NOT_AGREED), now
            await _changed(session, one)
    status = Status.ASKED if agreed else Status.TO_AGREE
    made = await _make(session, talk, helper.id, caller.staff_id, kind, status, why, now)
    if agreed:
        await note_asked(session, made, now=now)
    return made


async def may_help(session: Session, *, handoff: Handoff, helper_id: uuid.UUID) -> Staff:
    """Find someone who may be asked to help the person of a hand-off, agreed or not.

    Raises NotFoundError, NotForYourselfError, CannotHelpError.
    """
    helper = await session.get(Staff, helper_id)
    if helper is None or helper.ended_at is not None:
        raise NotFoundError
    if helper.id == handoff.claimed_by:
        raise NotForYourselfError
    _check_may_help(helper, await conversations.find(session, handoff.conversation_id))
    return helper


async def note_asked(session: Session, made: Help, *, now: datetime) -> None:
    """Note as liaison that a helper was asked, while the referral is open."""
    referral = await referrals.open_referral(session, conversation_id=made.conversation_id)
    helper = await session.get(Staff, made.helper_id)
    if referral is None or helper is None or made.asked_by is None:
        return
    why = own_keys.unseal(session, made.why, f"help:why:{made.id}", made)
    await activities.log(
        session,
        referral_id=referral.id,
        staff_id=made.asked_by,
        kind=activities.Kind.LIAISON,
        minutes=0,
        note=f"Asked {helper.name} to help: {why}",
        now=now,
    )


async def offer(
    session: Session, *, help_id: uuid.UUID, caller: Caller, kind: Kind, why: str, now: datetime
) -> Help:
    """Offer one more thing, unasked, to someone the caller helps or has helped: whoever has them decides.

    `help_id`: the help by which the caller knows them. Raises NotFoundError, NoReferralError, NoConsentError.
    """
    known = await _own(session, help_id, caller)
    if known.status not in {Status.ACCEPTED, Status.DONE}:
        raise NotFoundError
    helper = await session.get(Staff, caller.staff_id)
    assert helper is not None  # noqa: S101
    await _check_agreed(session, known.conversation_id, helper)
    await _referral_id(session, known.conversation_id)
    return await _make(session, known.conversation_id, helper.id, None, kind, Status.OFFERED, why, now)


async def answer(
    session: Session, *, help_id: uuid.UUID, caller: Caller, yes: bool, version: int, now: datetime
) -> Help:
    """Accept or decline: the helper what they were asked, whoever has the person what was offered.

    Raises NotFoundError, StaleError, NoConsentError where the yes was taken back since, IllegalMoveError.
    """
    made = await find(session, help_id=help_id)
    if made.status is Status.OFFERED:
        await _check_has(session, made, caller)
    elif made.helper_id != caller.staff_id or made.status in HIDDEN:
        raise NotFoundError
    to = moved(MOVES, made.status, Status.ACCEPTED if yes else Status.DECLINED)
    _check_version(made, version)
    if yes:
        helper = await session.get(Staff, made.helper_id)
        assert helper is not None  # noqa: S101
        await _check_agreed(session, made.conversation_id, helper)
    made.status, made.answered_at = to, now
    if not yes:
        made.ended_at = now
    return await _changed(session, made)


async def finish(
    session: Session,
    *,
    help_id: uuid.UUID,
    caller: Caller,
    outcome: str,
    minutes: int,
    version: int,
    now: datetime,
) -> Help:
    """Note what came of it and how many minutes it took: an activity of the helper's. Only the helper may.

    Raises NotFoundError, StaleError, IllegalMoveError.
    """
    made = await _own(session, help_id, caller)
    to = moved(MOVES, made.status, Status.DONE)
    _check_version(made, version)
    made.status, made.ended_at, made.minutes = to, now, minutes
    own = await own_keys.of(session, made.conversation_id, made)
    made.outcome = own.seal(outcome, f"help:outcome:{made.id}")
    await _changed(session, made)
    referral = await referrals.open_referral(session, conversation_id=made.conversation_id)
    if referral is not None:
        await activities.log(
            session,
            referral_id=referral.id,
            staff_id=caller.staff_id,
            kind=activities.Kind.LIAISON,
            minutes=minutes,
            note=outcome,
            now=now,
        )
    return made


async def call_off(session: Session, *, help_id: uuid.UUID, caller: Caller, version: int, now: datetime) -> Help:
    """Call it off: the helper, whoever asked, or whoever has the person now.

    Raises NotFoundError, StaleError, IllegalMoveError.
    """
    made = await find(session, help_id=help_id)
    if not _is_theirs(made, caller):
        await _check_has(session, made, caller)
    off = Status.NOT_AGREED if made.status is Status.TO_AGREE else Status.CALLED_OFF
    to = moved(MOVES, made.status, off)
    _check_version(made, version)
    made.status, made.ended_at = to, now
    return await _changed(session, made)


async def find(session: Session, *, help_id: uuid.UUID) -> Help:
    """Find one and lock it. Raises NotFoundError."""
    found = await session.get(Help, help_id, with_for_update=True, populate_existing=True)
    if found is None:
        raise NotFoundError
    return found


async def colleagues(session: Session, *, hub_id: uuid.UUID | None) -> Sequence[Staff]:
    """List who may be asked to help, or to take over, from a hub: by name."""
    working: list[Any] = [col(Staff.ended_at).is_(None), col(Staff.role).in_(HELPS)]
    if hub_id is not None:
        working.append(or_(col(Staff.hub_id).is_(None), col(Staff.hub_id) == hub_id))
    return (await session.exec(select(Staff).where(*working).order_by(col(Staff.name), col(Staff.id)))).all()


async def mine(
    session: Session, *, staff_id: uuid.UUID, open_only: bool = True, limit: int = MOST
) -> list[Opened]:
    """List what one helper was asked for and offered, the newest first."""
    asked: list[Any] = [Help.helper_id == staff_id, col(Help.status).not_in(HIDDEN)]
    if open_only:
        asked.append(col(Help.status).in_([Status.ASKED, Status.OFFERED, Status.ACCEPTED]))
    return [await opened(session, one) for one in await _list(session, *asked, limit=limit)]


async def offered_to(session: Session, *, staff_id: uuid.UUID) -> list[tuple[Opened, uuid.UUID | None]]:
    """List what is offered for people whom `staff_id` has, each with the person's id, the newest first."""
    talks = select(Handoff.conversation_id).where(Handoff.claimed_by == staff_id, Handoff.status == "claimed")
    found = await _list(session, Help.status == Status.OFFERED, col(Help.conversation_id).in_(talks))
    told = []
    for one in found:
        talk = await conversations.find(session, one.conversation_id)
        told.append((await opened(session, one), talk.person_id))
    return told


async def of_talk(session: Session, *, conversation_id: uuid.UUID) -> list[Opened]:
    """List what others were asked to do for the person of a talk, or offered, the newest first."""
    return [await opened(session, one) for one in await _list(session, Help.conversation_id == conversation_id)]


async def look(session: Session, *, help_id: uuid.UUID, caller: Caller) -> Opened:
    """Open one of the caller's own, as its helper or the one who has the person. Raises NotFoundError."""
    made = await session.get(Help, help_id, populate_existing=True)
    if made is None:
        raise NotFoundError
    if not _is_theirs(made, caller):
        await _check_has(session, made, caller)
    return await opened(session, made)


async def opened(session: Session, made: Help) -> Opened:
    """Open one. Of the person it shows only what is shared, and only while it stands and they agree."""
    talk = await conversations.find(session, made.conversation_id)
    person = await session.get(Person, talk.person_id) if talk.person_id else None
    helper = await session.get(Staff, made.helper_id)
    asker = await session.get(Staff, made.asked_by) if made.asked_by else None
    assert helper is not None  # noqa: S101
    shown = person if person and made.status in STANDS and await _agreed(session, talk.id, helper) else None
    return Opened(
        help=made,
        why=_words(session, made, "why", made.why),
        outcome=_words(session, made, "outcome", made.outcome),
        helper=helper.name,
        asked_by=asker.name if asker else "",
        name=people.name_to_use(session, shown) if shown else "",
        code_word=readable(lambda: people.more(session, shown).code_word or "", "") if shown else "",
        reach=readable(lambda: people.safe_contact(session, shown), None) if shown else None,
    )


def _words(session: Session, made: Help, column: str, sealed: bytes | None) -> str:
    if sealed is None:
        return ""
    return readable(lambda: own_keys.unseal(session, sealed, f"help:{column}:{made.id}", made), "")


def organisation_of(helper: Staff) -> str:
    """Name the organisation a helper is of, as people know it; where none is set it is their own name."""
    return helper.organisation or helper.name


def _is_theirs(made: Help, caller: Caller) -> bool:
    """Say whether the caller asked for it, or is its helper and knows of it."""
    return caller.staff_id == made.asked_by or (caller.staff_id == made.helper_id and made.status not in HIDDEN)


def _check_may_help(helper: Staff, talk: Conversation) -> None:
    if helper.role not in HELPS or not hubs.is_mine(talk.hub_id, mine=helper.hub_id):
        raise CannotHelpError


async def _agreed(session: Session, talk: uuid.UUID, helper: Staff) -> bool:
    """Say whether the person's yes covers this helper: someone of ours, or of another organisation."""
    ours = (Purpose.REFERRAL, Recipient.LINK_WORKER)
    outside = (Purpose.SHARING, Recipient.SERVICE)
    purpose, recipient = outside if helper.role is Role.PROVIDER else ours
    which = organisation_of(helper) if helper.role is Role.PROVIDER else None
    return await consents.stands(session, conversation_id=talk, purpose=purpose, recipient=recipient, which=which)


async def _check_agreed(session: Session, talk: uuid.UUID, helper: Staff) -> None:
    if not await _agreed(session, talk, helper):
        raise NoConsentError


async def _check_has(session: Session, made: Help, caller: Caller) -> None:
    """Let in whoever has the person now, and nobody else."""
    has = select(Handoff).where(
        Handoff.conversation_id == made.conversation_id,
        Handoff.claimed_by == caller.staff_id,
        Handoff.status == "claimed",
    )
    if (await session.exec(has)).first() is None:
        raise NotFoundError


def _check_version(made: Help, version: int) -> None:
    if made.version != version:
        raise StaleError


async def _own(session: Session, help_id: uuid.UUID, caller: Caller) -> Help:
    made = await find(session, help_id=help_id)
    if made.helper_id != caller.staff_id or made.status in HIDDEN:
        raise NotFoundError
    return made


async def _referral_id(session: Session, talk: uuid.UUID) -> uuid.UUID:
    referral = await referrals.open_referral(session, conversation_id=talk)
    if referral is None:
        raise caseload.NoReferralError
    return referral.id


async def _make(
    session: Session,
    talk: uuid.UUID,
    helper_id: uuid.UUID,
    asked_by: uuid.UUID | None,
    kind: Kind,
    status: Status,
    why: str,
    now: datetime,
) -> Help:
    help_id = new_id()
    made = Help(
        id=help_id,
        conversation_id=talk,
        helper_id=helper_id,
        asked_by=asked_by,
        kind=kind,
        status=status,
        why=(await own_keys.of(session, talk)).seal(why, f"help:why:{help_id}"),
        asked_at=now,
    )
    session.add(made)
    await session.flush()
    return made


async def _changed(session: Session, made: Help) -> Help:
    made.version += 1
    session.add(made)
    await session.flush()
    return made


async def _list(session: Session, *asked: Any, limit: int = MOST) -> Sequence[Help]:
    listed = select(Help).where(*asked).order_by(col(Help.asked_at).desc(), col(Help.id)).limit(limit)
    return (await session.exec(listed.execution_options(populate_existing=True))).all()
