"""Kept places: one that comes free goes to whoever has waited longest, and is kept until they answer."""

import uuid
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from waitingroom import groups, memberships
from waitingroom.database import Session
from waitingroom.memberships import TAKEN, Membership, Status
from waitingroom.programme import LONDON, next_waking
from waitingroom.safe_hours import QUIET

TO_ANSWER = timedelta(hours=48)
"""Waking hours someone has to take a place that came free: four days of 8am to 8pm."""
UNTOLD_FOR = timedelta(days=4)
"""A place is kept this long for someone who cannot be told of it."""
WANTED = "SELECT DISTINCT group_key FROM membership WHERE status IN ('listed', 'offered')"


async def wanted(session: Session) -> frozenset[str]:
    """Say in which groups anyone waits for a place, or has one kept."""
    return frozenset(row[0] for row in await session.driver.fetch(WANTED))


async def offer_free(session: Session, *, key: str, places: int, now: datetime) -> int:
    """Offer places that are free to those who have waited longest, and let offers lapse that nobody took.

    Returns how many were offered. While a group is paused nothing is offered, and nothing lapses.
    """
    group = await groups.hold(session, key=key)
    if group.paused_at is not None:
        return 0
    taken = await memberships.standing(session, key, TAKEN)
    for one in [one for one in taken if _has_lapsed(one, now)]:
        await memberships.settle(session, one, Status.LAPSED, now)
        taken.remove(one)
    free = max(0, places - len(taken))
    following = (await memberships.standing(session, key, (Status.LISTED,)))[:free]
    for one in following:
        await memberships.settle(session, one, Status.OFFERED, now)
    return len(following)


async def note_told(session: Session, *, membership_id: uuid.UUID, now: datetime, zone: ZoneInfo = LONDON) -> None:
    """Note that someone was told that a place is kept for them: from now on they have 48 waking hours."""
    found = await session.get(Membership, membership_id)
    if found is not None:
        found.answer_by = waking_hours_after(now, TO_ANSWER, zone)
        session.add(found)
        await session.flush()


def waking_hours_after(at: datetime, hours: timedelta, zone: ZoneInfo = LONDON) -> datetime:
    """Count so many hours on from `at`, the quiet hours left out: each day has the twelve from 8am to 8pm."""
    at, left = next_waking(at, zone), hours
    while True:
        local = at.astimezone(zone)
        day_ends = datetime.combine(local.date(), QUIET, tzinfo=zone).astimezone(at.tzinfo)
        if at + left <= day_ends:
            return at + left
        left -= day_ends - at
        at = next_waking(day_ends, zone)


def _has_lapsed(one: Membership, now: datetime) -> bool:
    if one.status is not Status.OFFERED:
        return False
    return one.answer_by < now if one.answer_by is not None else one.settled_at < now - UNTOLD_FOR
