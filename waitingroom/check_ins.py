"""Check-ins: when someone is asked how things are, and when they are left in peace."""

import uuid
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Literal
from zoneinfo import ZoneInfo

from sqlalchemy import func, text
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Field, SQLModel, col, select, update

from waitingroom import alarms, outcomes
from waitingroom.database import Session
from waitingroom.errors import RefusedError
from waitingroom.outcomes import SPEAKS_FOR_THEMSELVES
from waitingroom.programme import LONDON, next_due
from waitingroom.referrals import Referral
from waitingroom.waiting import Pace, Waiting

AT = time(14, 0)
PUT_OFF_FOR = timedelta(days=7)
ENOUGH = timedelta(days=28)
"""Whoever answered this lately is not asked again for now, unless staff set a day."""
FURTHEST = timedelta(days=366)
ON_DAY = "check_in_on_"
LAST_STEP = "check_in_end"
"""The name under which it is noted that someone was asked once more at the end."""

JUST_ENDED = text("""
SELECT r.id, r.conversation_id FROM referral r JOIN conversation v ON v.id = r.conversation_id
WHERE r.status = 'closed' AND r.ended_at > :since AND r.ended_at <= :until AND r.close_reason = ANY(:reasons)
  AND v.owner = 'bot' AND v.place = 'front_door'
  AND EXISTS (SELECT 1 FROM sitting s WHERE s.referral_id = r.id AND s.occasion <> 'end')
  AND NOT EXISTS (SELECT 1 FROM sitting s WHERE s.referral_id = r.id AND s.occasion = 'end')
  AND NOT EXISTS (SELECT 1 FROM sent_step t WHERE t.referral_id = r.id AND t.step = 'check_in_end')
ORDER BY r.ended_at LIMIT :limit FOR NO KEY UPDATE OF v SKIP LOCKED
""")
"""Those who answered before, and whose referral came to a good end lately."""
AFTER_END, UNTIL_END = timedelta(hours=20), timedelta(days=14)
GOOD_ENDS = ("goals_met", "other")
"""Reasons to close after which it is kind to ask once more: nobody died, nobody was turned away."""


class May(StrEnum):
    """Whether someone may be asked now."""

    YES = "yes"
    NOT_NOW = "not_now"
    LATELY = "lately"
    """they answered not long ago: this time is left out"""
    NEVER = "never"


class NotOnTheListError(RefusedError):
    """They are not on the list now, so no day can be set."""


class DayError(RefusedError):
    """Choose a day from tomorrow on, within a year."""


class NotForThemError(RefusedError):
    """They said they would rather not be asked, or someone else speaks for them. They can still send CHECK IN."""


class CheckIn(SQLModel, table=True):
    """What was settled on asking one person: a day, or that they would rather not."""

    __tablename__ = "check_in"

    referral_id: uuid.UUID = Field(foreign_key="referral.id", primary_key=True)
    due_on: date | None = None
    set_by: uuid.UUID | None = Field(default=None, foreign_key="staff.id")
    """who chose the day; none: the person did, by saying later"""
    declined_at: datetime | None = None


@dataclass(frozen=True)
class OnDay:
    """A step of the programme on a day that was chosen."""

    key: str
    day: int
    every_days: None = None
    at: time = AT
    catch_up: Literal["send"] = "send"


def on_day(due_on: date, *, joined_at: datetime, zone: ZoneInfo = LONDON) -> OnDay:
    """Make the step of a chosen day: one name a day, so nobody is asked twice for the same one."""
    return OnDay(f"{ON_DAY}{due_on:%Y_%m_%d}", (due_on - joined_at.astimezone(zone).date()).days)


async def find(session: Session, *, referral_id: uuid.UUID) -> CheckIn | None:
    """Find what was settled on asking someone."""
    return await session.get(CheckIn, referral_id, populate_existing=True)


async def may_ask(session: Session, *, referral_id: uuid.UUID, on_a_set_day: bool, now: datetime) -> May:
    """Say whether someone may be asked now. `on_a_set_day`: the day was chosen, whatever they answered before."""
    referral = await session.get(Referral, referral_id)
    settled = await find(session, referral_id=referral_id)
    if referral is None or referral.source not in SPEAKS_FOR_THEMSELVES or (settled and settled.declined_at):
        return May.NEVER
    if not on_a_set_day and await outcomes.lately(session, referral_id=referral_id, since=now - ENOUGH):
        return May.LATELY
    if await alarms.latest_real(session, conversation_id=referral.conversation_id, now=now):
        return May.NOT_NOW
    return May.YES


async def put_off(session: Session, *, conversation_id: uuid.UUID, now: datetime, zone: ZoneInfo = LONDON) -> bool:
    """Ask someone again in a week. Returns False where they are on the list no more, and are not asked again."""
    place = await _place(session, conversation_id)
    if place is None:
        return False
    day = now.astimezone(zone).date() + PUT_OFF_FOR
    await _settle(session, place, due_on=day, set_by=None, now=now, zone=zone)
    return True


async def decline(session: Session, *, conversation_id: uuid.UUID, now: datetime) -> bool:
    """Note that someone would rather not be asked. Returns whether there is a referral to note it on."""
    newest = select(Referral).where(Referral.conversation_id == conversation_id)
    referral = (await session.exec(newest.order_by(col(Referral.joined_at).desc()).limit(1))).first()
    if referral is None:
        return False
    await _keep(session, referral.id, declined_at=now, due_on=None, set_by=None)
    return True


async def set_day(
    session: Session,
    *,
    person_id: uuid.UUID,
    due_on: date,
    staff_id: uuid.UUID,
    now: datetime,
    zone: ZoneInfo = LONDON,
) -> CheckIn:
    """Set the day on which someone is asked, in place of an earlier one.

    Raises DayError, NotOnTheListError, NotForThemError.
    """
    if not timedelta(0) < due_on - now.astimezone(zone).date() <= FURTHEST:
        raise DayError
    listed = (
        select(Waiting)
        .join(Referral, col(Referral.id) == col(Waiting.referral_id))
        .where(Referral.person_id == person_id, col(Waiting.pace) != Pace.LEFT)
        .with_for_update(of=Waiting)
    )
    place = (await session.exec(listed)).first()
    if place is None:
        raise NotOnTheListError
    if await may_ask(session, referral_id=place.referral_id, on_a_set_day=True, now=now) is May.NEVER:
        raise NotForThemError
    await _settle(session, place, due_on=due_on, set_by=staff_id, now=now, zone=zone)
    settled = await find(session, referral_id=place.referral_id)
    assert settled is not None  # noqa: S101
    return settled


async def just_ended(session: Session, *, now: datetime, limit: int = 200) -> list[tuple[uuid.UUID, uuid.UUID]]:
    """List referrals that ended lately, of people to ask once more, with their talks, which are locked."""
    facts = {"since": now - UNTIL_END, "until": now - AFTER_END, "reasons": list(GOOD_ENDS), "limit": limit}
    found = await session.run(JUST_ENDED, facts)
    return [(row.id, row.conversation_id) for row in found]


async def erase(session: Session, *, person_id: uuid.UUID) -> int:
    """Delete what was settled on asking a person. Returns how many rows went."""
    theirs = text(
        "DELETE FROM check_in c USING referral r WHERE r.id = c.referral_id AND r.person_id = :person_id"
    )
    return int((await session.run(theirs, {"person_id": person_id})).rowcount)


async def _place(session: Session, conversation_id: uuid.UUID) -> Waiting | None:
    listed = select(Waiting).where(Waiting.conversation_id == conversation_id, col(Waiting.pace) != Pace.LEFT)
    return (await session.exec(listed)).first()


async def _settle(
    session: Session, place: Waiting, *, due_on: date, set_by: uuid.UUID | None, now: datetime, zone: ZoneInfo
) -> None:
    """Keep a day, and have the programme look at this person no later than then."""
    await _keep(session, place.referral_id, due_on=due_on, set_by=set_by)
    step = on_day(due_on, joined_at=place.joined_at, zone=zone)
    due = next_due((step,), joined_at=place.joined_at, sent=(), now=now, zone=zone)
    if due is not None:
        soonest = func.least(col(Waiting.next_at), due.at)
        await session.run(
            update(Waiting).where(col(Waiting.referral_id) == place.referral_id).values(next_at=soonest)
        )


async def _keep(session: Session, referral_id: uuid.UUID, **facts: object) -> None:
    kept = insert(CheckIn).values(referral_id=referral_id, **facts)
    await session.run(kept.on_conflict_do_update(index_elements=["referral_id"], set_=facts))
