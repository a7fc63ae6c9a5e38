"""What the programme sends, when: worked out from the day someone joined, in their own clock's time."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Literal

import pytest

from waitingroom.programme import LONDON, next_due, next_waking


@dataclass(frozen=True)
class AStep:
    key: str
    day: int
    every_days: int | None = None
    at: time = time(10, 0)
    catch_up: Literal["send", "skip"] = "send"


STEPS = (AStep("second", 2), AStep("weekly", 7, every_days=7))


def local(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=LONDON)  # type: ignore[arg-type,misc]


def the_first_weeks(
    joined: datetime, until: datetime, steps: tuple[AStep, ...] = STEPS
) -> list[tuple[str, datetime]]:
    """Look every five minutes, as a sweep would, and send what is due."""
    sent: dict[str, datetime] = {}
    now = joined
    while now < until:
        due = next_due(steps, joined_at=joined, sent=sent, now=now)
        if due and due.at <= now:
            sent[due.name] = now.astimezone(LONDON)
        now += timedelta(minutes=5)
    return list(sent.items())


def test_someone_hears_on_day_2_and_every_7_days_at_ten_by_the_clock_on_the_wall() -> None:
    joined = local(2026, 10, 20, 15, 0)  # the clocks go back on the 25th
    assert the_first_weeks(joined, local(2026, 11, 5, 12, 0)) == [
        ("second", local(2026, 10, 22, 10, 0)),
        ("weekly:0", local(2026, 10, 27, 10, 0)),
        ("weekly:1", local(2026, 11, 3, 10, 0)),
    ]


def test_the_spring_clock_change_moves_nothing_on_the_wall() -> None:
    joined = local(2026, 3, 27, 19, 55)  # a Friday evening; the clocks go forward on the 29th
    assert the_first_weeks(joined, local(2026, 4, 4, 12, 0)) == [
        ("second", local(2026, 3, 29, 10, 0)),
        ("weekly:0", local(2026, 4, 3, 10, 0)),
    ]


@pytest.mark.parametrize(
    ("at", "then"),
    [
        (local(2026, 11, 23, 7, 59), local(2026, 11, 23, 8, 0)),
        (local(2026, 11, 23, 8, 0), local(2026, 11, 23, 8, 0)),
        (local(2026, 11, 23, 19, 59), local(2026, 11, 23, 19, 59)),
        (local(2026, 11, 23, 20, 0), local(2026, 11, 24, 8, 0)),
        (local(2026, 10, 24, 23, 0), local(2026, 10, 25, 8, 0)),
        (local(2026, 3, 28, 21, 0), local(2026, 3, 29, 8, 0)),
    ],
)
def test_nothing_goes_out_between_eight_in_the_evening_and_eight_in_the_morning(
    at: datetime, then: datetime
) -> None:
    assert next_waking(at) == then


def test_after_three_weeks_of_silence_one_weekly_message_is_due_and_not_three() -> None:
    joined = datetime(2026, 11, 2, 12, 0, tzinfo=UTC)
    sent = {"second", "weekly:0"}
    now = joined + timedelta(days=30)
    due = next_due(STEPS, joined_at=joined, sent=sent, now=now)
    assert due is not None
    assert due.name == "weekly:3"
    after = next_due(STEPS, joined_at=joined, sent=sent | {due.name}, now=now)
    assert after is not None
    assert after.at > now


def test_a_missed_step_is_sent_late_or_skipped_as_it_says() -> None:
    joined = datetime(2026, 11, 2, 12, 0, tzinfo=UTC)
    now = joined + timedelta(days=10)
    late = next_due((AStep("a", 2),), joined_at=joined, sent=set(), now=now)
    assert late is not None
    assert late.name == "a"
    assert next_due((AStep("a", 2, catch_up="skip"),), joined_at=joined, sent=set(), now=now) is None


def test_a_programme_that_is_done_has_nothing_due() -> None:
    joined = datetime(2026, 11, 2, 12, 0, tzinfo=UTC)
    assert next_due((AStep("a", 2),), joined_at=joined, sent={"a"}, now=joined) is None
