"""The days a group meets, worked out from its rule: the same time on the wall on both sides of a clock change."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime, time, timedelta
from functools import lru_cache
from typing import Any

from content.groups import Meetings
from content.hours import ZONE

LOOK_AHEAD = timedelta(days=70)
"""How far ahead a next meeting is looked for: a group that meets once a month may leave one out."""


def starts_between(meetings: Meetings, after: datetime, before: datetime) -> tuple[datetime, ...]:
    """List when meetings begin, from `after` and up to `before`, aware, on the clock in the UK, in order."""
    found: Iterable[Any] = _recurring(meetings).between(after.astimezone(ZONE), before.astimezone(ZONE))
    begins = (one["DTSTART"].dt.astimezone(ZONE) for one in found)
    return tuple(sorted(at for at in begins if after <= at <= before))


def next_start(meetings: Meetings, at: datetime) -> datetime | None:
    """Give when the next meeting begins that is not over at `at`; None where there is none in the next weeks."""
    lasts = timedelta(minutes=meetings.minutes)
    coming = starts_between(meetings, at - lasts, at + LOOK_AHEAD)
    return next((start for start in coming if start + lasts > at), None)


def begins_by_rule(meetings: Meetings) -> bool:
    """Say whether the first day is one its rule gives: by RFC 5545 it is a meeting all the same."""
    if not meetings.rule.startswith("FREQ=MONTHLY") or "BY" not in meetings.rule:
        return True
    month_before = (meetings.first_on.replace(day=1) - timedelta(days=1)).replace(day=1)
    every_month = re.sub(r";INTERVAL=\d+", "", meetings.rule)
    whole = {"first_on": month_before, "rule": every_month, "except_on": (), "skip_bank_holidays": False}
    first = datetime.combine(meetings.first_on, meetings.at, tzinfo=ZONE)
    return bool(starts_between(meetings.model_copy(update=whole), first, first))


@lru_cache(maxsize=256)
def _recurring(meetings: Meetings) -> Any:
    """Make the calendar of a group. Its libraries take a third of a second to load: only where they are used."""
    import icalendar
    import recurring_ical_events  # type: ignore[import-untyped]

    def local(day: Any) -> datetime:
        return datetime.combine(day, meetings.at, tzinfo=ZONE)

    rule = icalendar.vRecur.from_ical(meetings.rule)
    if meetings.until is not None:
        rule["UNTIL"] = [datetime.combine(meetings.until, time(23, 59, 59), tzinfo=ZONE).astimezone(UTC)]
    event = icalendar.Event()
    event.add("uid", "group")
    event.add("dtstart", local(meetings.first_on))
    event.add("duration", timedelta(minutes=meetings.minutes))
    event.add("rrule", rule)
    left_out = {*meetings.except_on, *(meetings.holidays if meetings.skip_bank_holidays else ())}
    if left_out:
        event.add("exdate", [local(day) for day in sorted(left_out)])
    calendar = icalendar.Calendar()
    calendar.add_component(event)
    return recurring_ical_events.of(calendar)
