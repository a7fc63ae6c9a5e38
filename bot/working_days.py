"""Working days: when a link worker is at work, without nights, weekends and bank holidays."""

from datetime import date, datetime, timedelta

from babel.dates import format_date

from bot.service import Service
from content.hours import clock

WEEKEND = 5
AHEAD = 30
"""No service is closed for longer."""


def works_on(service: Service, day: date) -> bool:
    """Say whether the service works on a day: no weekend, and no bank holiday of its nation."""
    return day.weekday() < WEEKEND and day not in service.content.bank_holidays.of(service.nation)


def at_work(service: Service, now: datetime) -> bool:
    """Say whether this is within the service's hours."""
    local = now.astimezone(service.zone)
    return works_on(service, local.date()) and service.opens <= local.time() < service.closes


def reads_next(service: Service, now: datetime, *, back_on: date | None = None) -> datetime:
    """Say when what is written now is read at the earliest: now, or at the next opening. `back_on`: not before."""
    local = now.astimezone(service.zone)
    if at_work(service, now) and (back_on is None or back_on <= local.date()):
        return now
    day = local.date() if local.time() < service.opens else local.date() + timedelta(days=1)
    day = max(day, back_on) if back_on else day
    for _day in range(AHEAD):
        if works_on(service, day):
            break
        day += timedelta(days=1)
    return _at(service, day)


def after(service: Service, now: datetime, *, days: int) -> datetime:
    """Give the moment `days` working days later, at the same time of day; counted from the next opening."""
    begins = reads_next(service, now)
    local = begins.astimezone(service.zone)
    day = local.date()
    for _turn in range(days):
        day += timedelta(days=1)
        while not works_on(service, day):
            day += timedelta(days=1)
    return datetime.combine(day, local.time(), tzinfo=service.zone).astimezone(begins.tzinfo)


def in_words(service: Service, at: datetime) -> str:
    """Say a day and the time of opening: Monday 30 November from 9am."""
    local = at.astimezone(service.zone)
    day = format_date(local.date(), "EEEE d MMMM", locale="en_GB")
    return f"{day} from {clock(local.hour * 60 + local.minute)}"


def _at(service: Service, day: date) -> datetime:
    return datetime.combine(day, service.opens, tzinfo=service.zone)
