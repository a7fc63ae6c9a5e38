"""Opening hours hold across weekdays, nights, clock changes and bank holidays."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content.hours import Hours, clock

LONDON = ZoneInfo("Europe/London")
CHRISTMAS = frozenset({date(2026, 12, 25), date(2026, 12, 28)})


def hours(written, holidays=CHRISTMAS):
    return Hours.model_validate(written).model_copy(update={"holidays": holidays})


OFFICE = hours({"mon-fri": "09:00-17:00", "bank_holidays": "closed"})
EVENINGS = hours({"daily": "17:00-24:00", "bank_holidays": "as_usual"})
NIGHTS = hours({"fri-sat": "22:00-06:00", "bank_holidays": "10:00-12:00"})
WEDNESDAY_OFF = hours({"mon-fri": "09:00-17:00", "wed": "closed", "bank_holidays": "closed"})
LUNCH = hours({"mon": "09:00-12:00, 13:00-17:00", "bank_holidays": "closed"})
ALWAYS = hours("24/7")


def at(*moment):
    return datetime(*moment, tzinfo=LONDON)


OPEN = [
    (OFFICE, at(2026, 11, 23, 9), True),
    (OFFICE, at(2026, 11, 23, 8, 59), False),
    (OFFICE, at(2026, 11, 23, 17), False),
    (OFFICE, at(2026, 11, 22, 12), False),
    (OFFICE, at(2026, 12, 28, 12), False),
    (OFFICE, datetime(2026, 7, 1, 8, 30, tzinfo=UTC), True),
    (OFFICE, datetime(2026, 12, 1, 8, 30, tzinfo=UTC), False),
    (OFFICE, datetime(2027, 3, 29, 8, 30, tzinfo=UTC), True),
    (EVENINGS, at(2026, 12, 25, 23, 59), True),
    (EVENINGS, at(2026, 12, 26, 0), False),
    (NIGHTS, at(2026, 11, 28, 3), True),
    (NIGHTS, at(2026, 11, 27, 3), False),
    (NIGHTS, at(2026, 11, 29, 5, 59), True),
    (NIGHTS, at(2026, 11, 29, 6), False),
    (NIGHTS, at(2026, 12, 25, 23), False),
    (NIGHTS, at(2026, 12, 25, 11), True),
    (LUNCH, at(2026, 11, 23, 12, 30), False),
    (ALWAYS, at(2026, 12, 25, 3), True),
]


@pytest.mark.parametrize(("line", "moment", "is_open"), OPEN)
def test_a_line_is_open_when_it_says_so(line, moment, is_open):
    assert line.is_open(moment) is is_open


NEXT = [
    (OFFICE, at(2026, 11, 20, 18), at(2026, 11, 23, 9)),
    (OFFICE, at(2026, 11, 23, 7), at(2026, 11, 23, 9)),
    (OFFICE, at(2026, 12, 24, 17), at(2026, 12, 29, 9)),
    (OFFICE, at(2027, 3, 26, 17), at(2027, 3, 29, 9)),
    (OFFICE, at(2026, 10, 23, 17), at(2026, 10, 26, 9)),
    (LUNCH, at(2026, 11, 23, 12), at(2026, 11, 23, 13)),
    (NIGHTS, at(2026, 11, 28, 7), at(2026, 11, 28, 22)),
    (OFFICE, at(2026, 11, 23, 10), None),
    (ALWAYS, at(2026, 11, 23, 10), None),
]


@pytest.mark.parametrize(("line", "moment", "opens"), NEXT)
def test_a_person_is_told_when_a_closed_line_opens(line, moment, opens):
    assert line.opens_next(moment) == opens


@pytest.mark.parametrize("day", [date(2027, 3, 28), date(2026, 10, 25)])
def test_a_line_keeps_the_clock_on_the_wall_through_a_clock_change(day):
    line = hours({"daily": "09:00-17:00", "bank_holidays": "as_usual"})
    midnight = datetime(day.year, day.month, day.day, tzinfo=LONDON).astimezone(UTC)
    opened = [n for n in range(23 * 60) if line.is_open(midnight + timedelta(minutes=n))]
    walls = [
        (midnight + timedelta(minutes=n)).astimezone(LONDON).strftime("%H:%M") for n in (opened[0], opened[-1])
    ]
    assert walls == ["09:00", "16:59"]
    assert len(opened) == 8 * 60


def test_a_line_open_at_night_is_open_an_hour_longer_when_the_clocks_go_back():
    line = hours({"sat": "22:00-04:00", "bank_holidays": "as_usual"})
    start = datetime(2026, 10, 24, 12, tzinfo=UTC)
    assert sum(line.is_open(start + timedelta(minutes=n)) for n in range(24 * 60)) == 7 * 60


@given(st.integers(0, 2 * 366 * 24 * 60))
def test_a_line_is_open_at_the_moment_it_was_said_to_open(minutes):
    moment = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    for line in (OFFICE, EVENINGS, NIGHTS, LUNCH):
        opens = line.opens_next(moment)
        assert (opens is None) == line.is_open(moment)
        if opens is not None:
            assert opens > moment
            assert line.is_open(opens)
            assert not line.is_open(opens - timedelta(minutes=1))


def test_a_moment_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="time zone"):
        OFFICE.is_open(datetime(2026, 11, 23, 9))  # noqa: DTZ001


WORDS = [
    (OFFICE, "Monday to Friday 9am to 5pm, closed on bank holidays"),
    (EVENINGS, "every day 5pm to midnight"),
    (NIGHTS, "Friday and Saturday 10pm to 6am, bank holidays 10am to midday"),
    (LUNCH, "Monday 9am to midday and 1pm to 5pm, closed on bank holidays"),
    (WEDNESDAY_OFF, "Monday and Tuesday 9am to 5pm, Thursday and Friday 9am to 5pm, closed on bank holidays"),
    (ALWAYS, "24 hours a day, every day"),
]


@pytest.mark.parametrize(("line", "words"), WORDS)
def test_hours_are_told_as_people_say_them(line, words):
    assert line.in_words() == words


def test_times_are_told_in_the_style_of_the_nhs():
    assert [clock(n) for n in (0, 30, 540, 720, 1050, 1440)] == [
        "midnight",
        "12:30am",
        "9am",
        "midday",
        "5:30pm",
        "midnight",
    ]
