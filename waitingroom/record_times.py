"""When a directory's service is on: on which days of the week, and at what time."""

import re
from collections.abc import Iterator

from waitingroom.record_fields import Record, each
from waitingroom.services import days_in

CLOCK = re.compile(r"(\d{1,2}):(\d{2})")


def days_of(record: Record) -> int:
    """Give the days of the week it is on, one bit each, Monday the lowest; 0 where nothing is said of them."""
    return days_in(code for schedule in _schedules(record) for code in _days(schedule))


def _schedules(record: Record) -> Iterator[Record]:
    for name in ("schedules", "regular_schedules"):
        yield from each(record, name)
        for place in each(record, "service_at_locations"):
            yield from each(place, name)


def _days(schedule: Record) -> list[str]:
    told = schedule.get("byday") or schedule.get("weekday")
    return told.split(",") if isinstance(told, str) else []


def times_of(record: Record) -> str:
    """Say when it begins and ends, like '10am to midday', where every schedule says the same."""
    said = {
        f"{opens} to {closes}"
        for schedule in _schedules(record)
        if (opens := _clock(schedule.get("opens_at"))) and (closes := _clock(schedule.get("closes_at")))
    }
    return said.pop() if len(said) == 1 else ""


def _clock(told: object) -> str:
    met = CLOCK.match(told) if isinstance(told, str) else None
    if met is None or int(met[1]) > 23 or int(met[2]) > 59:
        return ""
    hour, minute = int(met[1]), int(met[2])
    if (hour, minute) == (12, 0):
        return "midday"
    return f"{hour % 12 or 12}{f':{minute:02}' if minute else ''}{'am' if hour < 12 else 'pm'}"
