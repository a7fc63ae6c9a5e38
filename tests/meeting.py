"""A link worker in a test who has someone's talk: offers times, writes, lets days pass."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlmodel import col, select

from bot import appointing, later, relay, unanswered
from tests.at_the_desk import claims
from tests.talking import SHORTEST_REFERRAL, Speaker
from waitingroom import appointments, caseload, handoffs, messages
from waitingroom.appointments import Appointment, Status, Way
from waitingroom.handoffs import Handoff
from waitingroom.later import LaterMessage
from waitingroom.messages import Author, Message

LONDON = ZoneInfo("Europe/London")


def at(day: str, time: str) -> datetime:
    """A moment on the clock on the wall: at("2026-12-01", "10:00")."""
    return datetime.fromisoformat(f"{day}T{time}").replace(tzinfo=LONDON)


async def picked_up(who: Speaker, name: str = "Sam") -> Handoff:
    """Someone who waits and whom Sam has picked up."""
    await who.says(*SHORTEST_REFERRAL)
    return await claims(who, name)


async def offers(
    who: Speaker,
    held: Handoff,
    *starts: datetime,
    way: Way = Way.CALL,
    minutes: int = 30,
    place: str = "",
    agreed: bool = False,
    in_place_of: Appointment | None = None,
) -> Appointment:
    assert held.claimed_by is not None
    async with who.desk.database.transaction() as session:
        mine = await caseload.hold_mine(session, handoff_id=held.id, staff_id=held.claimed_by)
        moved = in_place_of and await appointments.hold(session, appointment_id=in_place_of.id)
        return await appointing.offer(
            session,
            who.desk,
            handoff=mine,
            staff_id=held.claimed_by,
            starts=starts,
            minutes=minutes,
            way=way,
            place=place,
            agreed=agreed,
            in_place_of=moved,
            now=who.now,
        )


async def writes(who: Speaker, held: Handoff, text: str) -> Message:
    assert held.claimed_by is not None
    async with who.desk.database.transaction() as session:
        mine = await caseload.hold_mine(session, handoff_id=held.id, staff_id=held.claimed_by)
        return await relay.write(session, who.desk, handoff=mine, staff_id=held.claimed_by, text=text, now=who.now)


async def ends(who: Speaker, made: Appointment, to: Status) -> None:
    async with who.desk.database.transaction() as session:
        held = await appointments.hold(session, appointment_id=made.id)
        await appointments.settle(session, held, to=to, staff_id=held.staff_id, now=who.now)
        await appointing.attend(session, who.desk, held, now=who.now)


async def clock(who: Speaker, now: datetime) -> list[str]:
    """Let it be `now`, run the clock twice as after a restart, and give all that was said unasked on the way."""
    who.now = now
    before = len(await sent(who))
    for _restart in range(2):
        for tick in (appointing.keep_appointments, later.send_later, unanswered.mind_the_unanswered):
            await tick(who.desk, now=now)
    return (await sent(who))[before:]


async def sent(who: Speaker) -> list[str]:
    """All that was said to someone, oldest first."""
    async with who.desk.database.transaction() as session:
        said = await messages.transcript(session, conversation_id=who.turns[-1].conversation_id)
        return [str(messages.said(session, one)["text"]) for one in said if one.author is not Author.PERSON]


async def found(who: Speaker, made: Appointment) -> Appointment:
    async with who.desk.database.transaction() as session:
        return await appointments.find(session, appointment_id=made.id)


async def handoffs_of(who: Speaker) -> Sequence[Handoff]:
    async with who.desk.database.transaction() as session:
        mine = select(Handoff).where(Handoff.conversation_id == who.turns[-1].conversation_id)
        return list(await session.exec(mine.order_by(col(Handoff.raised_at))))


async def planned(
    who: Speaker, held: Handoff, text: str, send_at: datetime, *, anyway: bool = False
) -> LaterMessage:
    assert held.claimed_by is not None
    async with who.desk.database.transaction() as session:
        mine = await caseload.hold_mine(session, handoff_id=held.id, staff_id=held.claimed_by)
        return await later.plan(
            session,
            who.desk,
            handoff=mine,
            staff_id=held.claimed_by,
            words=text,
            send_at=send_at,
            anyway=anyway,
            now=who.now,
        )


__all__ = [
    "at",
    "clock",
    "ends",
    "found",
    "handoffs",
    "handoffs_of",
    "offers",
    "picked_up",
    "planned",
    "sent",
    "writes",
]
