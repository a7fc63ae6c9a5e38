"""What there is to see in the made-up town: who waits, which groups meet this week, who answers the phone now."""

from datetime import datetime, timedelta

from sqlalchemy import func
from sqlmodel import col, select

from api.house import House
from content import Content
from content.meeting_days import next_start
from waitingroom.handoffs import Handoff, Status, Urgency
from waitingroom.referrals import UNDER_WAY, Referral
from waitingroom.services import Service

WEEK = timedelta(days=7)
MOST = 3


async def sights(house: House) -> list[str]:
    """Say in a few lines what there is to see, as the demo prints it."""
    now, service = house.clock.now(), house.desk.service
    async with house.database.transaction() as session:
        still = select(func.count()).where(
            col(Referral.status).in_(UNDER_WAY), col(Referral.contacted_at).is_(None)
        )
        waiting = (await session.exec(still)).one()
        urgent = select(func.count()).where(
            col(Handoff.status) == Status.WAITING, col(Handoff.urgency) == int(Urgency.URGENT)
        )
        first = (await session.exec(urgent)).one()
        services = (await session.exec(select(func.count()).select_from(Service))).one()
    meeting = groups_this_week(service.content, now)
    open_now = service.content.helplines_for((), at=now, nation=service.nation, most=MOST)
    return [
        f"In the waiting room   {waiting} people, {first} to be seen first",
        f"Groups this week      {'; '.join(meeting[:MOST]) or 'none'}",
        f"Helplines open now    {', '.join(line.name for line in open_now if line.is_open(now)) or 'none'}",
        f"In the directory      {services:,} services",
    ]


def groups_this_week(content: Content, now: datetime) -> list[str]:
    """Name the groups that meet in the week from `now` on, the next one first, with the day and time of each."""
    coming = [(next_start(group.meetings, now), group.name) for group in content.groups.values()]
    soon = sorted((starts, name) for starts, name in coming if starts is not None and starts < now + WEEK)
    return [f"{name} ({starts:%a %d %b, %H:%M})" for starts, name in soon]
