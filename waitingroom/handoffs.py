"""Hand-offs: a person's story waiting for a link worker, claimed by exactly one."""

import uuid
from datetime import datetime
from enum import IntEnum, StrEnum

from sqlalchemy import ARRAY, Column, Index, SmallInteger, String, text
from sqlmodel import Field, SQLModel, col, select, update

from waitingroom import conversations, hooks, supervision
from waitingroom.columns import by_value, new_id
from waitingroom.database import Session
from waitingroom.errors import NotFoundError, RefusedError, StaleError
from waitingroom.moves import moved
from waitingroom.staff import Staff


class Reason(StrEnum):
    """Why a link worker is wanted."""

    NEW_REFERRAL = "new_referral"
    ASKED_FOR_PERSON = "asked_for_person"
    DANGER = "danger"
    STOPPED_MESSAGES = "stopped_messages"
    UNREACHABLE = "unreachable"
    """messages no longer arrive where they wrote from"""
    WORD_LEFT = "word_left"
    """someone waiting wrote something that was not a menu word"""
    YOUNG_PERSON = "young_person"
    """someone of 13 to 15: a person judges whether they can decide this for themselves"""
    YOUNG_PEOPLES_TEAM = "young_peoples_team"
    """someone of 16 or 17: for the young people's team"""
    CONSENT_ENDED = "consent_ended"
    """they took back a yes: what it allowed has stopped"""
    LANGUAGE_WANTED = "language_wanted"
    """they would rather talk in another language, or with an interpreter"""
    SOMEONE_TO_CALL = "someone_to_call"
    """they told us of someone who cannot be asked by text: a person calls"""
    INTRODUCTION_HELD = "introduction_held"
    """danger was heard where they told us of someone, whose phone stays silent until staff say it is safe"""
    AUTHORITY_TO_CHECK = "authority_to_check"
    """they say that by law they decide for someone: their papers must be checked"""
    FACT_CORRECTED = "fact_corrected"
    """they put right something about themselves: their name, where they live, how to reach them"""
    WITHDRAWN = "withdrawn"
    """they took their referral back after someone had picked it up, or while something else was open"""
    WRONG_NUMBER = "wrong_number"
    """whoever reads there says that it is not the person's number or chat: their way is wrong"""
    MAYBE_KNOWN = "maybe_known"
    """someone on record may be the same person: a person looks before anything is joined"""
    GETTING_WORSE = "getting_worse"
    """they said, when asked, that things are worse"""
    SILENT = "silent"
    """they answer nothing any more, not even whether to stay on the list: they stay on it"""
    NOT_REACHED = "not_reached"
    """calls or letters to someone who is not to be written to do not reach them"""
    HELP_WITH_COSTS = "help_with_costs"
    """they said that help with costs would make the difference"""
    SIGNPOSTED = "signposted"
    """they went to something nearby themselves, while something else than the referral was open"""
    OTHER_TIME = "other_time"
    """none of the times offered suits them, they let them pass, or cannot come after all: offer another"""
    SAME_AGAIN = "same_again"
    """the same words came again and again, as from a machine: the bot answers them no more for an hour"""
    MESSAGE_INSTEAD = "message_instead"
    """after a missed appointment they would rather have a message than a call"""
    MISSED_TWICE = "missed_twice"
    """two appointments in a row were missed: another way may suit them better"""
    UNANSWERED = "unanswered"
    """nobody has answered what they wrote for two working days"""
    NOT_SENT = "not_sent"
    """a message that was to go later could not: the talk was no longer its writer's, or they stopped messages"""
    COULD_NOT_REACH = "could_not_reach"
    """a message did not go after hours of trying, or its provider will not take it"""


class Urgency(IntEnum):
    """How soon a person must look: the lower, the sooner. It only ever rises."""

    URGENT = 0
    SOON = 1
    ROUTINE = 2


class Status(StrEnum):
    """Where a hand-off stands."""

    WAITING = "waiting"
    CLAIMED = "claimed"
    HANDED_BACK = "handed_back"
    CLOSED = "closed"


MOVES: dict[Status, frozenset[Status]] = {
    Status.WAITING: frozenset({Status.CLAIMED, Status.CLOSED}),
    Status.CLAIMED: frozenset({Status.WAITING, Status.HANDED_BACK, Status.CLOSED}),
    Status.HANDED_BACK: frozenset(),
    Status.CLOSED: frozenset(),
}
"""The only steps a hand-off can take."""

OPEN = text("status IN ('waiting', 'claimed')")
QUEUE_CHANGED = "waitingroom_queue"
"""The notification that a hand-off was raised, claimed, changed or ended.

Its payload is JSON: the hand-off's id, of which hub and whose it is; where it was raised also whether it is `new`,
how urgent, and its reference: so that open pages of other hubs need not ask at all, nor two hundred at once.
"""
TELL = """
SELECT pg_notify($1, json_build_object('id', h.id, 'hub', v.hub_id, 'owner', h.claimed_by)::text)
FROM handoff h JOIN conversation v ON v.id = h.conversation_id WHERE h.id = $2
"""
RAISE = """
INSERT INTO handoff AS h (id, conversation_id, referral_id, reasons, urgency, status, raised_at, version)
VALUES ($1, $2, $3, ARRAY[$4::varchar], $5, 'waiting', $6, 1)
ON CONFLICT (conversation_id) WHERE status IN ('waiting', 'claimed') DO UPDATE
SET reasons = array_append(array_remove(h.reasons, $4::varchar), $4::varchar),
    urgency = LEAST(h.urgency, excluded.urgency),
    referral_id = COALESCE(excluded.referral_id, h.referral_id),
    version = h.version + 1
RETURNING id, pg_notify('waitingroom_queue', json_build_object(
    'id', h.id, 'owner', h.claimed_by, 'new', h.version = 1, 'urgency', h.urgency,
    'hub', (SELECT v.hub_id FROM conversation v WHERE v.id = h.conversation_id),
    'reference', (SELECT r.reference FROM referral r WHERE r.id = h.referral_id))::text)
"""
"""Opens a hand-off, or adds to the one that is open: it can only become more urgent."""


class AlreadyClaimedError(RefusedError):
    """Someone else has picked this up."""


class NotYoursError(RefusedError):
    """You have not claimed this hand-off."""


class Handoff(SQLModel, table=True):
    """One open hand-off a conversation; new reasons join it and can only make it more urgent."""

    id: uuid.UUID = Field(default_factory=new_id, primary_key=True)
    conversation_id: uuid.UUID = Field(foreign_key="conversation.id", index=True)
    referral_id: uuid.UUID | None = Field(default=None, foreign_key="referral.id")
    reasons: list[str] = Field(sa_column=Column(ARRAY(String), nullable=False))
    urgency: int = Field(sa_column=Column(SmallInteger, nullable=False))
    status: Status = Field(sa_column=Column(by_value(Status), nullable=False))
    raised_at: datetime
    claimed_by: uuid.UUID | None = Field(default=None, foreign_key="staff.id")
    claimed_at: datetime | None = None
    ended_at: datetime | None = None
    weight: int | None = Field(default=None, sa_type=SmallInteger)
    """how much of a caseload it is, where a person set that: 1 light, 2 usual, 3 heavy (`loads`)"""
    version: int = 1

    __table_args__ = (
        Index("uq_handoff_open", "conversation_id", unique=True, postgresql_where=OPEN),
        Index("ix_handoff_queue", "urgency", "raised_at", "id", postgresql_where=OPEN),
    )


async def raise_hand(
    session: Session,
    *,
    conversation_id: uuid.UUID,
    reason: Reason,
    urgency: Urgency,
    now: datetime,
    referral_id: uuid.UUID | None = None,
) -> uuid.UUID:
    """Ask for a link worker: opens a hand-off, or adds to the one already open. Returns its id."""
    handoff_id: uuid.UUID = await session.driver.fetchval(
        RAISE, new_id(), conversation_id, referral_id, reason.value, int(urgency), now
    )
    raised = hooks.Kind.HANDOFF_RAISED
    await hooks.tell(session, raised, conversation_id=conversation_id, handoff_id=handoff_id, now=now)
    return handoff_id


async def find(session: Session, *, handoff_id: uuid.UUID) -> Handoff:
    """Find a hand-off as it is now. Raises NotFoundError."""
    found = await session.get(Handoff, handoff_id, populate_existing=True)
    if found is None:
        raise NotFoundError
    return found


async def of_conversation(session: Session, *, conversation_id: uuid.UUID) -> Handoff:
    """Find the open hand-off of a conversation. Raises NotFoundError."""
    found = await session.exec(
        select(Handoff).where(
            Handoff.conversation_id == conversation_id,
            col(Handoff.status).in_([Status.WAITING, Status.CLAIMED]),
        )
    )
    handoff = found.first()
    if handoff is None:
        raise NotFoundError
    return handoff


async def claim(
    session: Session, *, handoff_id: uuid.UUID, staff_id: uuid.UUID, version: int, now: datetime
) -> Handoff:
    """Pick a hand-off up: one winner, and the talk is theirs; the bot falls silent.

    Raises AlreadyClaimedError naming the winner, StaleError where it changed since `version` was read,
    NotFoundError, IllegalMoveError where it has ended.
    """
    won = await session.exec(
        update(Handoff)
        .where(
            col(Handoff.id) == handoff_id,
            col(Handoff.status) == Status.WAITING,
            col(Handoff.version) == version,
        )
        .values(status=Status.CLAIMED, claimed_by=staff_id, claimed_at=now, version=version + 1)
        .returning(col(Handoff.conversation_id))
    )
    conversation_id = won.scalars().first()
    handoff = await find(session, handoff_id=handoff_id)
    if conversation_id is None:
        await _say_why_lost(session, handoff)
    await conversations.give_to(session, conversation_id=handoff.conversation_id, staff_id=staff_id)
    await _tell(session, handoff)
    await _tell_hooks(session, handoff, hooks.Kind.HANDOFF_CLAIMED, now)
    return handoff


async def calm(session: Session, *, handoff_id: uuid.UUID, urgency: Urgency, now: datetime) -> Handoff:
    """Take danger off a hand-off after a person has looked: it is as urgent as the rest of it, or closed.

    Only for one that waits, or is held by whoever looked. Raises NotFoundError, IllegalMoveError.
    """
    handoff = await find(session, handoff_id=handoff_id)
    others = [reason for reason in handoff.reasons if reason != Reason.DANGER]
    if not others and handoff.status is Status.WAITING:
        handoff.status = moved(MOVES, handoff.status, Status.CLOSED)
        handoff.ended_at = now
    elif others:
        handoff.reasons = others
        handoff.urgency = int(urgency)
    handoff.version += 1
    session.add(handoff)
    await session.flush()
    await _tell(session, handoff)
    if handoff.status is Status.CLOSED:
        await _tell_hooks(session, handoff, hooks.Kind.HANDOFF_ENDED, now)
    return handoff


async def end(
    session: Session, *, handoff_id: uuid.UUID, staff_id: uuid.UUID, version: int, to: Status, now: datetime
) -> Handoff:
    """Hand the talk back to the bot, release it to the queue, or close it: only the one who claimed it may.

    `to` is HANDED_BACK, WAITING (released) or CLOSED.
    Raises NotYoursError, StaleError, IllegalMoveError, NotFoundError.
    """
    handoff = await session.get(Handoff, handoff_id, with_for_update=True, populate_existing=True)
    if handoff is None:
        raise NotFoundError
    status = moved(MOVES, handoff.status, to)
    if handoff.claimed_by != staff_id:
        raise NotYoursError
    if handoff.version != version:
        raise StaleError
    handoff.status = status
    handoff.version += 1
    if to is Status.WAITING:
        handoff.claimed_by = handoff.claimed_at = None
    else:
        handoff.ended_at = now
    session.add(handoff)
    await session.flush()
    await conversations.give_to(session, conversation_id=handoff.conversation_id, staff_id=None)
    if handoff.ended_at is not None and Reason.DANGER in handoff.reasons:
        await supervision.prompt(session, conversation_id=handoff.conversation_id, staff_id=staff_id, now=now)
    await _tell(session, handoff)
    released = to is Status.WAITING
    kind = hooks.Kind.HANDOFF_RELEASED if released else hooks.Kind.HANDOFF_ENDED
    await _tell_hooks(session, handoff, kind, now)
    return handoff


async def _tell_hooks(session: Session, handoff: Handoff, kind: hooks.Kind, now: datetime) -> None:
    await hooks.tell(session, kind, conversation_id=handoff.conversation_id, handoff_id=handoff.id, now=now)


async def _tell(session: Session, handoff: Handoff) -> None:
    """Tell open pages of the queue, once this is committed, that a hand-off changed."""
    await session.driver.execute(TELL, QUEUE_CHANGED, handoff.id)


async def _say_why_lost(session: Session, handoff: Handoff) -> None:
    if handoff.status is Status.CLAIMED:
        winner = await session.get(Staff, handoff.claimed_by)
        words = f"{winner.name if winner else 'A colleague'} has picked this up."
        raise AlreadyClaimedError(words)
    moved(MOVES, handoff.status, Status.CLAIMED)
    raise StaleError
