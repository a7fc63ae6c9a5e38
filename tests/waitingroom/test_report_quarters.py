"""Quarters never overlap, and working hours are those in which someone is at work."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from waitingroom.quarters import NotOverError, Quarter
from waitingroom.report_work import Hours

LONDON = ZoneInfo("Europe/London")
QUARTERS = st.builds(Quarter, st.integers(1990, 2100), st.integers(1, 4))


@given(QUARTERS)
def test_one_quarter_ends_as_the_next_begins(quarter: Quarter) -> None:
    assert quarter.bounds(LONDON)[1] == quarter.before(-1).bounds(LONDON)[0]
    assert quarter.before(1).before(-1) == quarter == Quarter.named(quarter.name)
    assert quarter.bounds(LONDON)[0].astimezone(LONDON).date() == date(quarter.year, quarter.first_month, 1)


def test_someone_who_comes_at_midnight_in_summer_is_counted_on_the_new_day() -> None:
    begun = Quarter(2026, 3).bounds(LONDON)[0]
    assert begun.astimezone(UTC) == datetime(2026, 6, 30, 23, tzinfo=UTC)


def test_the_last_full_quarter_is_over() -> None:
    now = datetime(2026, 9, 30, 22, 59, tzinfo=UTC)
    assert Quarter.last_full(now, LONDON) == Quarter(2026, 2)
    assert Quarter.last_full(now + timedelta(minutes=1), LONDON) == Quarter(2026, 3)
    Quarter(2026, 2).check_over(now, LONDON)
    with pytest.raises(NotOverError):
        Quarter(2026, 3).check_over(now, LONDON)


@pytest.mark.parametrize("name", ["2026-09", "2026-Q0", "2026-Q5", "26-Q1", "2026-q1", "2026-Q1\n", ""])
def test_what_is_no_quarter_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=f"^{name}$"):
        Quarter.named(name)


def test_a_quarter_is_said_in_months() -> None:
    assert Quarter(2026, 3).words == "July to September 2026"
    assert Quarter(2026, 1).months() == ["2026-01", "2026-02", "2026-03"]


HOURS = Hours(time(9), time(17), frozenset({date(2026, 8, 31)}), LONDON)


@pytest.mark.parametrize(
    ("wrote", "answered", "hours"),
    [
        ((2026, 11, 20, 16), (2026, 11, 23, 10), 2),
        ((2026, 11, 20, 10), (2026, 11, 20, 10), 0),
        ((2026, 11, 21, 10), (2026, 11, 22, 10), 0),
        ((2026, 11, 19, 20), (2026, 11, 20, 9), 0),
        ((2026, 11, 16, 9), (2026, 11, 20, 17), 40),
    ],
)
def test_an_answer_after_a_weekend_took_the_hours_someone_was_at_work(
    wrote: tuple[int, int, int, int], answered: tuple[int, int, int, int], hours: float
) -> None:
    assert HOURS.between(datetime(*wrote, tzinfo=LONDON), datetime(*answered, tzinfo=LONDON)) == hours


def test_nobody_is_at_work_on_a_bank_holiday() -> None:
    friday, tuesday = (datetime(2026, 8, day, 16, tzinfo=LONDON) for day in (28, 31))
    assert HOURS.between(friday, tuesday + timedelta(days=1)) == 1 + 7
