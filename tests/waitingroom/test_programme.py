"""What the programme sends, when: worked out from the day someone joined, in their own clock's time."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Literal

import pytest

from waitingroom.programme import LONDON, Tempo, next_due, next_waking
from waitingroom.safe_hours import DAYTIME, NEVER, SafeHours, as_said, read


@dataclass(frozen=True)
class AStep:
    key: str
    day: int
    every_days: int | None = None
    at: time = time(10, 0)
    catch_up: Literal["send", "skip", "merge"] = "send"


STEPS = (AStep("second", 2), AStep("weekly", 7, every_days=7))


def local(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=LONDON)  # type: ignore[arg-type,misc]


def the_first_weeks(
    joined: datetime,
    until: datetime,
    steps: tuple[AStep, ...] = STEPS,
    *,
    hours: SafeHours = DAYTIME,
    tempo: Tempo = Tempo.USUAL,
    had: tuple[str, ...] = (),
    since: datetime | None = None,
) -> list[tuple[str, datetime]]:
    """Look every five minutes, as a sweep would, and send what is due."""
    sent: dict[str, datetime] = dict.fromkeys(had, joined)
    now = since or joined
    while now < until:
        due = next_due(steps, joined_at=joined, sent=sent, now=now, hours=hours, tempo=tempo)
        if due and due.at <= now:
            sent[due.name] = now.astimezone(LONDON)
        now += timedelta(minutes=5)
    return [(name, at) for name, at in sent.items() if name not in had]


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


FRIDAY_EVENING = local(2026, 3, 27, 19, 55)
"""The clocks go forward that Sunday; Good Friday and Easter Monday are the week after."""
WHOLE = (
    AStep("second_piece", 2),
    AStep("check_in", 4, at=time(14, 0)),
    AStep("help_is_near", 7),
    AStep("weekly", 14, every_days=7, catch_up="skip"),
)
AFTERNOONS, MORNINGS = as_said("afternoon"), as_said("morning")
WEEKDAYS = as_said("weekdays, 9 to 12")


@pytest.mark.parametrize(
    ("hours", "dates"),
    [
        (
            DAYTIME,
            {
                "second_piece": local(2026, 3, 29, 10, 0),  # summer time began at one that night
                "check_in": local(2026, 3, 31, 14, 0),
                "help_is_near": local(2026, 4, 3, 10, 0),  # Good Friday: we write on bank holidays too
                "weekly:0": local(2026, 4, 10, 10, 0),
            },
        ),
        (
            MORNINGS,
            {
                "second_piece": local(2026, 3, 29, 10, 0),
                "check_in": local(2026, 4, 1, 8, 0),
                "help_is_near": local(2026, 4, 3, 10, 0),
                "weekly:0": local(2026, 4, 10, 10, 0),
            },
        ),
        (
            AFTERNOONS,
            {
                "second_piece": local(2026, 3, 29, 12, 0),
                "check_in": local(2026, 3, 31, 14, 0),
                "help_is_near": local(2026, 4, 3, 12, 0),
                "weekly:0": local(2026, 4, 10, 12, 0),
            },
        ),
        (
            WEEKDAYS,
            {
                "second_piece": local(2026, 3, 30, 9, 0),
                "check_in": local(2026, 4, 1, 9, 0),
                "help_is_near": local(2026, 4, 3, 10, 0),
                "weekly:0": local(2026, 4, 10, 10, 0),
            },
        ),
    ],
    ids=["any time", "mornings", "afternoons", "weekday mornings"],
)
def test_someone_who_joins_on_a_friday_evening_before_a_clock_change_and_a_bank_holiday_hears_on_these_days(
    hours: SafeHours, dates: dict[str, datetime]
) -> None:
    assert dict(the_first_weeks(FRIDAY_EVENING, local(2026, 4, 13, 0, 0), WHOLE, hours=hours)) == dates


def test_the_autumn_clock_change_and_christmas_move_nothing_on_the_wall_either() -> None:
    joined = local(2026, 10, 23, 19, 55)  # a Friday; the clocks go back on the Sunday
    heard = the_first_weeks(joined, local(2027, 1, 2, 0, 0), WHOLE)
    assert heard[0] == ("second_piece", local(2026, 10, 25, 10, 0))
    assert ("weekly:7", local(2026, 12, 25, 10, 0)) in heard
    assert {(at.hour, at.minute) for _, at in heard} == {(10, 0), (14, 0)}


def test_one_steps_messages_are_spread_and_still_go_by_day() -> None:
    joined = local(2026, 10, 20, 15, 0)
    late = (AStep("second", 2, at=time(19, 0)),)
    found = [
        next_due(late, joined_at=joined, sent=(), now=joined, spread=timedelta(minutes=minutes))
        for minutes in range(150)
    ]
    moments = {due.at.astimezone(LONDON) for due in found if due}
    assert len(moments) == 61, "one a minute until eight in the evening, the rest at eight the next morning"
    assert max(moments) == local(2026, 10, 23, 8, 0)
    assert min(moments) == local(2026, 10, 22, 19, 0)


def test_nothing_goes_to_someone_whose_safe_hours_we_could_not_read() -> None:
    assert the_first_weeks(FRIDAY_EVENING, local(2026, 5, 1, 0, 0), WHOLE, hours=NEVER) == []


WEEKLY = (AStep("weekly", 7, every_days=7),)


def test_less_is_half_as_often_from_the_turn_after_the_one_they_had() -> None:
    joined = local(2026, 4, 6, 12, 0)
    heard = the_first_weeks(
        joined,
        local(2026, 6, 2, 0, 0),
        WEEKLY,
        tempo=Tempo.LESS,
        had=("weekly:0", "weekly:1"),
        since=local(2026, 4, 20, 13, 0),
    )
    assert [name for name, _ in heard] == ["weekly:3", "weekly:5", "weekly:7"]


def test_more_often_is_twice_as_often_and_changes_no_name() -> None:
    joined = local(2026, 4, 6, 12, 0)
    heard = the_first_weeks(joined, local(2026, 4, 29, 0, 0), WEEKLY, tempo=Tempo.MORE)
    assert [(name, at.day) for name, at in heard] == [
        ("weekly:0", 13),
        ("weekly:0h", 17),
        ("weekly:1", 20),
        ("weekly:1h", 24),
        ("weekly:2", 27),
    ]


def test_after_silence_someone_who_wants_more_hears_once_and_not_twice() -> None:
    joined = local(2026, 4, 6, 12, 0)
    now = local(2026, 4, 25, 12, 0)
    due = next_due(WEEKLY, joined_at=joined, sent=(), now=now, tempo=Tempo.MORE)
    assert due is not None
    assert due.name == "weekly:1h"
    then = next_due(WEEKLY, joined_at=joined, sent=(due.name,), now=now, tempo=Tempo.MORE)
    assert then is not None
    assert then.at > now


MERGING = (AStep("a", 2, catch_up="merge"), AStep("b", 3, catch_up="merge"), AStep("c", 5, catch_up="merge"))


def test_of_missed_steps_that_merge_only_the_newest_is_sent() -> None:
    joined = local(2026, 4, 6, 12, 0)
    assert the_first_weeks(joined, local(2026, 4, 20, 0, 0), MERGING, since=local(2026, 4, 10, 8, 0)) == [
        ("b", local(2026, 4, 10, 8, 0)),
        ("c", local(2026, 4, 11, 10, 0)),
    ]


def test_steps_that_merge_are_all_sent_where_none_was_missed() -> None:
    joined = local(2026, 4, 6, 12, 0)
    assert [name for name, _ in the_first_weeks(joined, local(2026, 4, 20, 0, 0), MERGING)] == ["a", "b", "c"]


def test_a_step_that_is_sent_late_is_not_merged_away() -> None:
    joined = local(2026, 4, 6, 12, 0)
    steps = (AStep("must", 1), *MERGING)
    heard = the_first_weeks(joined, local(2026, 4, 20, 0, 0), steps, since=local(2026, 4, 15, 8, 0))
    assert [name for name, _ in heard] == ["must", "c"]


@pytest.mark.parametrize(
    ("words", "days", "windows"),
    [
        ("any", "0123456", [(8, 20)]),
        ("Any time in the day", "0123456", [(8, 20)]),
        ("mornings only please", "0123456", [(8, 12)]),
        ("any morning", "0123456", [(8, 12)]),
        ("afternoon", "0123456", [(12, 18)]),
        ("after 4pm", "0123456", [(16, 20)]),
        ("after 4 on weekdays", "01234", [(16, 20)]),
        ("Monday to Friday 9-5", "01234", [(9, 17)]),
        ("between 9 and 12", "0123456", [(9, 12)]),
        ("2 to 4pm", "0123456", [(14, 16)]),
        ("weekends", "56", [(8, 20)]),
        ("fri to mon", "0456", [(8, 20)]),
        ("Tuesdays and Thursdays", "13", [(8, 20)]),
        ("mornings or evenings", "0123456", [(8, 12), (17, 20)]),
        ("7am to 11pm", "0123456", [(8, 20)]),
    ],
)
def test_safe_hours_are_read_as_people_write_them(words: str, days: str, windows: list[tuple[int, int]]) -> None:
    hours = read(words)
    assert hours is not None
    assert hours.days == {int(day) for day in days}
    assert [(one.opens.hour, one.closes.hour) for one in hours.windows] == windows


@pytest.mark.parametrize(
    "words",
    [
        *("not when he is home", "after six but never on Fridays", "when the kids are at school", "after 9pm"),
        *("mornings after 10", "mon 9-12, tue 2-4", "4pm", "25 to 3", "tomorrow", "9-99", "except weekends"),
        "weekday mornings or evenings",
    ],
)
def test_safe_hours_that_are_not_wholly_understood_are_no_hours_at_all(words: str) -> None:
    assert read(words) is None
    assert as_said(words) == NEVER


def test_someone_who_said_nothing_of_when_is_written_to_by_day() -> None:
    assert as_said(" ") == DAYTIME
