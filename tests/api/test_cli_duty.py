"""The duty commands: how days and hours are written."""

import uuid
from datetime import time

import pytest
from typer import BadParameter

from api.cli_duty import clock_in, days_in, told
from waitingroom.duty import EVERY_DAY, Duty

NOBODY = uuid.UUID(int=0)


@pytest.mark.parametrize(
    ("written", "days"),
    [
        ("mon-sun", EVERY_DAY),
        ("mon-fri", 0b0011111),
        ("Sat, Sun", 0b1100000),
        ("fri-mon", 0b1110001),
        ("wednesday", 0b0000100),
    ],
)
def test_days_are_read_as_people_write_them(written: str, days: int) -> None:
    assert days_in(written) == days


@pytest.mark.parametrize(("written", "at"), [("09:00", time(9)), ("9.30", time(9, 30)), ("1745", time(17, 45))])
def test_hours_are_read_as_people_write_them(written: str, at: time) -> None:
    assert clock_in(written) == at


@pytest.mark.parametrize("written", ["", "someday", "mon-", "mon..fri"])
def test_days_that_are_none_are_refused(written: str) -> None:
    with pytest.raises(BadParameter):
        days_in(written)


@pytest.mark.parametrize("written", ["", "25:00", "noon"])
def test_hours_that_are_none_are_refused(written: str) -> None:
    with pytest.raises(BadParameter):
        clock_in(written)


def test_a_turn_is_told_in_plain_words() -> None:
    assert (
        told(Duty(staff_id=NOBODY, contact_id=NOBODY, days=EVERY_DAY, starts=time(0), ends=time(0)))
        == "every day, all day"
    )
    assert (
        told(Duty(staff_id=NOBODY, contact_id=NOBODY, days=0b0000011, starts=time(9), ends=time(17)))
        == "mon tue, 09:00 to 17:00"
    )
