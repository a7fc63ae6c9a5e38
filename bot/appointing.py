"""Appointing: a link worker offers times, and the clock reminds of what was taken, once and in safe hours."""

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta

from bot import opening, unasked
from bot.appointment_words import BOOKED, when
from bot.beside import OFFERS
from bot.desk import Desk
from bot.starting import put, say, way_to
from bot.words import _, words_in
from waitingroom import appointments, conversations, looks, referrals, staff, staff_tasks
from waitingroom.appointments import Appointment, Status, Way
from waitingroom.database import Session
from waitingroom.errors import RefusedError
from waitingroom.handoffs import Handoff, Reason
from waitingroom.messages import Author, Kind
from waitingroom.programme import next_waking

OFFER, MISSED = "appointment", "missed_appointment"
LONG_AHEAD = timedelta(hours=3)
"""Who took a time that is nearer than this is not reminded of what they have just said."""
LAST_CALL = timedelta(hours=1)
TOO_LATE = timedelta(hours=2)
"""The reminder of the day before is no use any more so shortly before."""
OLD_NEWS = timedelta(days=7)
REMINDERS = 2
REMINDER = _("A reminder. {booked}")
CANCELLED = _("{staff} cannot make {when} after all, and is sorry. {staff} will offer you another time.")
TAKEN_BACK = _("{staff} has taken back the times that were offered, and will be in touch.")


class ByHandError(RefusedError):
    """They asked to be called or written letters. Agree a time with them, then note it as agreed."""


async def offer(
    session: Session,
    desk: Desk,
    *,
    handoff: Handoff,
    staff_id: uuid.UUID,
    starts: Sequence[datetime],
    minutes: int,
    way: Way,
    place: str,
    now: datetime,
    agreed: bool = False,
    in_place_of: Appointment | None = None,
) -> Appointment:
    """Offer times to the person of a hand-off that is held; they answer 1, 2, 3, with a day or hour, or none.

    `agreed`: they took the one time already, on the phone, so nothing is sent now. `in_place_of`: what this moves.
    Raises ByHandError, StoppedError, and what appointments.offer and accept raise.
    """
    talk = handoff.conversation_id
    if not agreed and await staff_tasks.kind_for(session, conversation_id=talk) is not None:
        raise ByHandError
    if agreed and len(starts) != 1:
        raise appointments.NotAheadError
    contact = None if agreed else await conversations.way_to_reach(session, conversation_id=talk)
    made = await appointments.offer(
        session,
        conversation_id=talk,
        staff_id=staff_id,
        starts=starts,
        minutes=minutes,
        way=way,
        place=place,
        now=now,
        in_place_of=in_place_of,
    )
    if in_place_of is not None:
        await appointments.put_off(session, in_place_of, until=None, told=1)
    await opening.leave(session, conversation_id=talk, flows=OFFERS)
    if contact is None:
        return await appointments.accept(session, made, starts_at=starts[0], now=now)
    words = await opening.open_talk(session, desk, contact, OFFER, now=now)
    dedupe = f"appointment:{made.id}"
    await put(session, desk, contact, words, author=Author.BOT, kind=Kind.STAFF, dedupe=dedupe, now=now)
    return made


async def keep_appointments(desk: Desk, *, now: datetime) -> int:
    """Do what is due about appointments: remind, tell what was cancelled or missed, let offers lapse.

    Returns how many were looked at. Each in a transaction of its own, with its talk locked first.
    """
    async with desk.database.transaction() as session:
        ids = await appointments.due(session, now=now)
    for appointment_id in ids:
        async with desk.database.transaction() as session:
            held = await appointments.hold(session, appointment_id=appointment_id)
            await attend(session, desk, held, now=now)
    return len(ids)


async def attend(session: Session, desk: Desk, held: Appointment, *, now: datetime) -> None:
    """Do what is due about one appointment that is held, and note when to look again."""
    if held.next_at is None or held.next_at > now:
        return
    if held.status is Status.OFFERED:
        await _lapse(session, held, now)
    elif held.status is Status.ACCEPTED:
        await _remind(session, desk, held, now)
    else:
        await _tell(session, desk, held, now)


async def _lapse(session: Session, held: Appointment, now: datetime) -> None:
    await appointments.settle(session, held, to=Status.LAPSED, now=now)
    await opening.leave(session, conversation_id=held.conversation_id, flows={OFFER})
    await appointments.raise_hand(session, held, reason=Reason.OTHER_TIME, now=now)


async def _remind(session: Session, desk: Desk, held: Appointment, now: datetime) -> None:
    """Send the reminder that is due, if any is left, and note when the next one is."""
    told, plan = held.told, await _reminders(session, desk, held)
    while told < REMINDERS:
        at, until = plan[told]
        if at is not None and now < min(at, until):
            await appointments.put_off(session, held, until=at, told=told)
            return
        told += 1
        if at is not None and now < until:
            await _send_reminder(session, desk, held, told, now)
    await appointments.put_off(session, held, until=None, told=told)


async def _reminders(
    session: Session, desk: Desk, held: Appointment
) -> tuple[tuple[datetime | None, datetime], tuple[datetime | None, datetime]]:
    """Say when each of the two reminders is due, none where it is not wanted, and until when it is any use."""
    starts, taken, zone = held.starts_at, held.answered_at, desk.service.zone
    assert starts is not None  # noqa: S101
    assert taken is not None  # noqa: S101
    hours = await looks.hours_of_talk(session, conversation_id=held.conversation_id)
    before = starts.astimezone(zone) - timedelta(days=1)
    day_before = next_waking(before, zone, hours)
    last = starts - LAST_CALL
    early = taken <= before - LONG_AHEAD and day_before < starts - TOO_LATE
    late = starts - taken >= LONG_AHEAD and next_waking(last, zone, hours) == last
    return (day_before if early else None, starts - TOO_LATE), (last if late else None, starts)


async def _send_reminder(session: Session, desk: Desk, held: Appointment, number: int, now: datetime) -> None:
    """Remind by message, unless their referral has ended, they are reached by hand, or this is no safe hour."""
    talk = held.conversation_id
    if await referrals.open_referral(session, conversation_id=talk) is None or held.starts_at is None:
        return
    booked = BOOKED[held.way]
    values = {"staff": await _name(session, held), "when": when(held.starts_at, desk.service)}
    language = words_in((await conversations.find(session, talk)).language)
    words = language.say(REMINDER, booked=language.say(booked, **values))
    await _say(session, desk, held, words, f"reminder{number}", now)


async def _tell(session: Session, desk: Desk, held: Appointment, now: datetime) -> None:
    """Tell, in their safe hours, that an appointment was cancelled, or that the two missed each other."""
    told_by = held.starts_at if held.status is Status.CANCELLED and held.starts_at else None
    if (told_by is not None and now >= told_by) or now - (held.settled_at or now) > OLD_NEWS:
        await appointments.put_off(session, held, until=None, told=0)
        return
    safe_at = await unasked.safe(session, desk, conversation_id=held.conversation_id, at=now)
    if safe_at > now:
        await appointments.put_off(session, held, until=safe_at, told=0)
        return
    await appointments.put_off(session, held, until=None, told=1)
    if held.status is Status.CANCELLED:
        await opening.leave(session, conversation_id=held.conversation_id, flows={OFFER})
        words = words_in((await conversations.find(session, held.conversation_id)).language)
        at = when(held.starts_at, desk.service) if held.starts_at else ""
        said = words.say(CANCELLED if at else TAKEN_BACK, staff=await _name(session, held), when=at)
        await _say(session, desk, held, said, "cancelled", now)
    elif held.status is Status.MISSED:
        await _rescue(session, desk, held, now)


async def _rescue(session: Session, desk: Desk, held: Appointment, now: datetime) -> None:
    """After a missed appointment: no blame, and two ways on. Nothing ends by itself."""
    talk = held.conversation_id
    if await staff_tasks.kind_for(session, conversation_id=talk) is not None:
        return
    if await referrals.open_referral(session, conversation_id=talk) is None:
        return
    contact = await way_to(session, desk, talk, now)
    if contact is not None:
        await opening.leave(session, conversation_id=talk, flows=OFFERS)
        words = await opening.open_talk(session, desk, contact, MISSED, now=now)
        dedupe = f"appointment:{held.id}:missed"
        await put(session, desk, contact, words, author=Author.BOT, kind=Kind.STARTED, dedupe=dedupe, now=now)


async def _say(session: Session, desk: Desk, held: Appointment, words: str, name: str, now: datetime) -> None:
    """Say something about an appointment, where they may be written to now."""
    talk = held.conversation_id
    safe = await unasked.safe(session, desk, conversation_id=talk, at=now) <= now
    if not safe or await staff_tasks.kind_for(session, conversation_id=talk) is not None:
        return
    contact = await way_to(session, desk, talk, now)
    if contact is not None:
        await say(session, desk, contact, words, dedupe=f"appointment:{held.id}:{name}", now=now)


async def _name(session: Session, held: Appointment) -> str:
    return (await staff.names(session, ids={held.staff_id})).get(held.staff_id, "")
