"""Appointments: times a link worker offers, the one the person takes, and what came of it."""

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ARRAY, Column, Index, SmallInteger, text
from sqlmodel import Field, SQLModel, col, select
from sqlmodel.sql.sqltypes import UTCDateTime

from waitingroom import activities, handoffs, hooks, own_keys, referrals
from waitingroom.columns import by_value, new_id
from waitingroom.conversations import Conversation
from waitingroom.database import Session
from waitingroom.errors import NotFoundError, RefusedError, StaleError
from waitingroom.handoffs import NotYoursError, Reason, Urgency
from waitingroom.moves import moved

MOST_OFFERED = 3
FURTHEST = timedelta(days=180)
TWICE = 2
"""After so many missed in a row staff are asked to think of another way. Nothing ends by itself."""
LOCK_WORKER = "SELECT 1 FROM staff WHERE id = $1 FOR NO KEY UPDATE"
"""One diary is written by one transaction at a time: so no two people get the same hour."""
OVERLAPS = """
SELECT EXISTS (SELECT 1 FROM appointment
               WHERE staff_id = $1 AND id <> $2 AND status = 'accepted' AND starts_at < $4 AND ends_at > $3)
"""
MISSED_IN_A_ROW = """
SELECT count(*) FROM appointment WHERE conversation_id = $1 AND status = 'missed' AND starts_at > COALESCE(
    (SELECT max(starts_at) FROM appointment WHERE conversation_id = $1 AND status = 'kept'), '-infinity')
"""
REPLACED = """
SELECT a.id FROM appointment a WHERE a.id = ANY($1) AND a.status = 'cancelled' AND EXISTS (
    SELECT 1 FROM appointment n WHERE n.conversation_id = a.conversation_id AND n.made_at = a.settled_at)
"""
DUE = "SELECT id FROM appointment WHERE next_at <= $1 ORDER BY next_at, id LIMIT $2"


class Way(StrEnum):
    """How the two meet."""

    CALL = "call"
    VIDEO = "video"
    VISIT = "visit"
    """at the person's home"""
    PLACE = "place"
    """somewhere else: the words say where"""


class Status(StrEnum):
    """Where an appointment stands."""

    OFFERED = "offered"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    """none of the times suits them"""
    LAPSED = "lapsed"
    """they did not answer before the last time was over"""
    CANCELLED = "cancelled"
    """staff took it back"""
    CALLED_OFF = "called_off"
    """the person cannot come"""
    KEPT = "kept"
    MISSED = "missed"


class Step(StrEnum):
    """The moments of an appointment."""

    OFFERED = "offered"
    TAKEN = "taken"
    """they took one of the times"""
    SETTLED = "settled"
    """it came to its end"""


MOVES: dict[Status, frozenset[Status]] = {
    Status.OFFERED: frozenset({Status.ACCEPTED, Status.DECLINED, Status.LAPSED, Status.CANCELLED}),
    Status.ACCEPTED: frozenset({Status.CANCELLED, Status.CALLED_OFF, Status.KEPT, Status.MISSED}),
    Status.DECLINED: frozenset(),
    Status.LAPSED: frozenset(),
    Status.CANCELLED: frozenset(),
    Status.CALLED_OFF: frozenset(),
    Status.KEPT: frozenset(),
    Status.MISSED: frozenset(),
}
"""The only steps an appointment can take."""
LIVE = (Status.OFFERED, Status.ACCEPTED)
DONE_BY = {
    Way.CALL: activities.Kind.CALL,
    Way.VIDEO: activities.Kind.VIDEO,
    Way.VISIT: activities.Kind.VISIT,
    Way.PLACE: activities.Kind.VISIT,
}
"""What an appointment that was kept counts as."""


class NotAheadError(RefusedError):
    """Offer one to three different times, all still to come and within half a year."""


class TimeTakenError(RefusedError):
    """There is another appointment at that time."""


class LiveAppointmentError(RefusedError):
    """They have an appointment, or an offer to answer. Move or cancel that one first."""


class NotBegunError(RefusedError):
    """That appointment has not begun yet."""


class Appointment(SQLModel, table=True):
    """One appointment of a person with a link worker. Where it is, is sealed."""

    id: uuid.UUID = Field(default_factory=new_id, primary_key=True)
    conversation_id: uuid.UUID = Field(foreign_key="conversation.id", index=True)
    staff_id: uuid.UUID = Field(foreign_key="staff.id")
    way: Way = Field(sa_column=Column(by_value(Way), nullable=False))
    place: bytes | None = Field(default=None, repr=False)
    minutes: int = Field(sa_type=SmallInteger)
    offered: list[datetime] = Field(sa_column=Column(ARRAY(UTCDateTime()), nullable=False))
    """when it could begin"""
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    status: Status = Field(sa_column=Column(by_value(Status), nullable=False))
    told: int = Field(default=0, sa_type=SmallInteger)
    """how many of its reminders, and of the words after it was missed, are behind it"""
    next_at: datetime | None = None
    """when the clock looks at it next; none: never again"""
    made_at: datetime
    answered_at: datetime | None = None
    settled_at: datetime | None = None
    settled_by: uuid.UUID | None = Field(default=None, foreign_key="staff.id")
    version: int = 1

    __table_args__ = (
        Index("ix_appointment_next", "next_at", postgresql_where=text("next_at IS NOT NULL")),
        Index("ix_appointment_diary", "staff_id", "starts_at", postgresql_where=text("status = 'accepted'")),
    )


own_keys.carry(Appointment, Appointment.place)


async def find(session: Session, *, appointment_id: uuid.UUID) -> Appointment:
    """Find an appointment as it is now. Raises NotFoundError."""
    found = await session.get(Appointment, appointment_id, populate_existing=True)
    if found is None:
        raise NotFoundError
    return found


async def hold(session: Session, *, appointment_id: uuid.UUID) -> Appointment:
    """Find an appointment and lock its talk first, as a turn does. Raises NotFoundError."""
    found = await find(session, appointment_id=appointment_id)
    await session.get(Conversation, found.conversation_id, with_for_update=True)
    return await find(session, appointment_id=appointment_id)


async def hold_mine(
    session: Session, *, appointment_id: uuid.UUID, staff_id: uuid.UUID, version: int
) -> Appointment:
    """Find and hold an appointment of one's own, or of someone whose talk one has taken over.

    Raises NotFoundError, NotYoursError, StaleError where it changed since `version` was read.
    """
    held = await hold(session, appointment_id=appointment_id)
    talk = await session.get(Conversation, held.conversation_id)
    if staff_id not in {held.staff_id, talk.owned_by if talk else None}:
        raise NotYoursError
    if held.version != version:
        raise StaleError
    return held


async def offer(
    session: Session,
    *,
    conversation_id: uuid.UUID,
    staff_id: uuid.UUID,
    starts: Sequence[datetime],
    minutes: int,
    way: Way,
    place: str,
    now: datetime,
    in_place_of: Appointment | None = None,
) -> Appointment:
    """Offer a person one to three times for an appointment of `minutes` minutes. Their talk's row must be locked.

    `in_place_of`: an appointment that is held and moved by this; it is cancelled.
    Raises NoReferralError, NotAheadError, TimeTakenError, LiveAppointmentError, IllegalMoveError.
    """
    times = sorted(starts)
    if not 1 <= len(set(times)) == len(times) <= MOST_OFFERED or times[0] <= now or times[-1] > now + FURTHEST:
        raise NotAheadError
    if await referrals.open_referral(session, conversation_id=conversation_id) is None:
        words = "They have no referral that is open."
        raise RefusedError(words)
    live = await live_of(session, conversation_id=conversation_id)
    if any(in_place_of is None or one.id != in_place_of.id for one in live):
        raise LiveAppointmentError
    own = in_place_of.id if in_place_of else new_id()
    await session.driver.execute(LOCK_WORKER, staff_id)
    for at in times:
        await check_free(session, staff_id=staff_id, besides=own, starts_at=at, minutes=minutes)
    if in_place_of is not None:
        await settle(session, in_place_of, to=Status.CANCELLED, staff_id=staff_id, now=now)
    appointment_id, key = new_id(), await own_keys.of(session, conversation_id)
    made = Appointment(
        id=appointment_id,
        conversation_id=conversation_id,
        staff_id=staff_id,
        way=way,
        place=key.seal(place, _where(appointment_id)) if place else None,
        minutes=minutes,
        offered=times,
        status=Status.OFFERED,
        next_at=times[-1],
        made_at=now,
    )
    session.add(made)
    await session.flush()
    await _tell_hooks(session, made, now)
    return made


async def accept(session: Session, appointment: Appointment, *, starts_at: datetime, now: datetime) -> Appointment:
    """Note that the person takes the time `starts_at` of an offer that is held: one diary, one person an hour.

    Raises TimeTakenError, NotAheadError where that time is over or was not offered, IllegalMoveError.
    """
    to = moved(MOVES, appointment.status, Status.ACCEPTED)
    if starts_at not in appointment.offered or starts_at <= now:
        raise NotAheadError
    await session.driver.execute(LOCK_WORKER, appointment.staff_id)
    minutes, staff_id = appointment.minutes, appointment.staff_id
    await check_free(session, staff_id=staff_id, besides=appointment.id, starts_at=starts_at, minutes=minutes)
    appointment.status, appointment.starts_at = to, starts_at
    appointment.ends_at = starts_at + timedelta(minutes=minutes)
    appointment.answered_at = appointment.next_at = now
    await _keep(session, appointment)
    await _tell_hooks(session, appointment, now)
    return appointment


async def settle(
    session: Session, appointment: Appointment, *, to: Status, now: datetime, staff_id: uuid.UUID | None = None
) -> Appointment:
    """Bring an appointment that is held to its end. `staff_id`: who says so; none: the person, or the clock.

    One that was kept is noted as an activity, which stops the clock of the wait where it is the first contact.
    After two missed in a row staff are asked to think of another way.
    Raises IllegalMoveError, NotBegunError for one kept or missed before it began.
    """
    status = moved(MOVES, appointment.status, to)
    begun = appointment.starts_at is not None and appointment.starts_at <= now
    if to in {Status.KEPT, Status.MISSED} and not begun:
        raise NotBegunError
    appointment.status, appointment.settled_at, appointment.settled_by = status, now, staff_id
    tells = to in {Status.MISSED, Status.CANCELLED}
    appointment.told, appointment.next_at = 0, now if tells else None
    await _keep(session, appointment)
    await _tell_hooks(session, appointment, now)
    if to is Status.KEPT:
        await _note_activity(session, appointment)
    if to is Status.MISSED:
        missed = await session.driver.fetchval(MISSED_IN_A_ROW, appointment.conversation_id)
        if missed >= TWICE:
            await raise_hand(session, appointment, reason=Reason.MISSED_TWICE, now=now)
    return appointment


async def due(session: Session, *, now: datetime, limit: int = 200) -> list[uuid.UUID]:
    """List the appointments the clock is to look at now, the longest due first."""
    return [row["id"] for row in await session.driver.fetch(DUE, now, limit)]


async def put_off(session: Session, appointment: Appointment, *, until: datetime | None, told: int) -> None:
    """Note when the clock looks again, and how much it has told them; this is no change that anyone read."""
    appointment.next_at, appointment.told = until, told
    session.add(appointment)
    await session.flush()


async def raise_hand(session: Session, appointment: Appointment, *, reason: Reason, now: datetime) -> None:
    """Have a link worker look at something about an appointment."""
    talk = appointment.conversation_id
    await handoffs.raise_hand(session, conversation_id=talk, reason=reason, urgency=Urgency.SOON, now=now)


async def check_free(
    session: Session, *, staff_id: uuid.UUID, besides: uuid.UUID, starts_at: datetime, minutes: int
) -> None:
    """Check that a link worker has no other appointment then. Raises TimeTakenError."""
    ends_at = starts_at + timedelta(minutes=minutes)
    if await session.driver.fetchval(OVERLAPS, staff_id, besides, starts_at, ends_at):
        raise TimeTakenError


def place_of(session: Session, appointment: Appointment) -> str:
    """Open where it is; empty where nothing was said."""
    where = _where(appointment.id)
    return own_keys.unseal(session, appointment.place, where, appointment) if appointment.place else ""


async def live_of(session: Session, *, conversation_id: uuid.UUID) -> list[Appointment]:
    """List the appointments of a talk that are offered or accepted, the newest first."""
    found = select(Appointment).where(
        Appointment.conversation_id == conversation_id, col(Appointment.status).in_(LIVE)
    )
    newest = found.order_by(col(Appointment.made_at).desc(), col(Appointment.id).desc())
    return list(await session.exec(newest.execution_options(populate_existing=True)))


async def of_talk(session: Session, *, conversation_id: uuid.UUID) -> list[Appointment]:
    """List every appointment of a talk, oldest first."""
    found = select(Appointment).where(Appointment.conversation_id == conversation_id)
    return list(await session.exec(found.order_by(col(Appointment.made_at), col(Appointment.id))))


async def replaced(session: Session, *, ids: Sequence[uuid.UUID]) -> set[uuid.UUID]:
    """Say in place of which of these appointments others were offered."""
    return {row["id"] for row in await session.driver.fetch(REPLACED, list(ids))}


async def diary(session: Session, *, staff_id: uuid.UUID, since: datetime, until: datetime) -> list[Appointment]:
    """List a link worker's appointments that someone took, by when they begin, and what came of them."""
    found = select(Appointment).where(
        Appointment.staff_id == staff_id,
        col(Appointment.starts_at) >= since,
        col(Appointment.starts_at) < until,
    )
    return list(await session.exec(found.order_by(col(Appointment.starts_at), col(Appointment.id))))


async def _note_activity(session: Session, appointment: Appointment) -> None:
    talk, began = appointment.conversation_id, appointment.starts_at
    referral = await referrals.open_referral(session, conversation_id=talk)
    if referral is not None and began is not None:
        await activities.log(
            session,
            referral_id=referral.id,
            staff_id=appointment.staff_id,
            kind=DONE_BY[appointment.way],
            minutes=appointment.minutes,
            attended=True,
            note="",
            now=began,
        )


async def _keep(session: Session, appointment: Appointment) -> Appointment:
    appointment.version += 1
    session.add(appointment)
    await session.flush()
    return appointment


async def _tell_hooks(session: Session, appointment: Appointment, now: datetime) -> None:
    """Have programs of others told how an appointment stands."""
    kind, talk = hooks.Kind(f"appointment.{appointment.status.value}"), appointment.conversation_id
    await hooks.tell(session, kind, conversation_id=talk, appointment_id=appointment.id, now=now)


def _where(appointment_id: uuid.UUID) -> str:
    return f"appointment:place:{appointment_id}"
