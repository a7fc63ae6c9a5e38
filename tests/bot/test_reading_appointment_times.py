"""Which time someone means, in the words people use."""

import random
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from bot.reading.appointment_times import NONE_OF_THEM, which

LONDON = ZoneInfo("Europe/London")
NOW = datetime(2026, 11, 23, 10, 0, tzinfo=LONDON)
TIMES = [
    datetime(2026, 11, 24, 10, 0, tzinfo=LONDON),
    datetime(2026, 12, 1, 14, 30, tzinfo=LONDON),
    datetime(2026, 12, 3, 10, 0, tzinfo=LONDON),
]


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("1", 0),
        ("2 please", 1),
        ("the third one", 2),
        ("Three", 2),
        ("last one please", 2),
        ("tomorrow", 0),
        ("tomorrow at 10am please", 0),
        ("thursday", 2),
        ("Thurs works for me thanks", 2),
        ("tues 1 dec", 1),
        ("1st december", 1),
        ("December 3rd", 2),
        ("the 24th", 0),
        ("half past two", 1),
        ("half two", 1),
        ("2.30pm", 1),
        ("14:30", 1),
        ("at 2:30", 1),
        ("in the afternoon please", 1),
        ("Thu 3 Dec, 10am", 2),
        ("none of these", NONE_OF_THEM),
        ("None", NONE_OF_THEM),
        ("sorry cant do any of them", NONE_OF_THEM),
        ("can I have another day", NONE_OF_THEM),
        ("no", NONE_OF_THEM),
        ("no thanks", NONE_OF_THEM),
    ],
)
def test_people_take_a_time_in_their_own_words(said: str, meant: int | str) -> None:
    assert which(said, TIMES, now=NOW) == meant


@pytest.mark.parametrize(
    "said",
    [
        "",
        "yes",
        "tuesday",
        "10am",
        "morning",
        "not thursday",
        "thursday or tuesday",
        "thursday but not at ten",
        "after 10 on thursday",
        "friday",
        "9am",
        "4",
        "my sister died on thursday",
        "what is it about",
        "is that by phone",
        "2 people came",
        "3pm tomorrow",
        "thursday if the bus comes",
    ],
)
def test_what_could_mean_something_else_takes_no_time(said: str) -> None:
    assert which(said, TIMES, now=NOW) is None


def test_yes_takes_the_only_time_there_is() -> None:
    for said in ("yes", "aye", "yes please", "that works", "ok"):
        assert which(said, TIMES[:1], now=NOW) in {0, None}, said
    assert which("yes please", TIMES[:1], now=NOW) == 0
    assert which("yes 3pm", TIMES[:1], now=NOW) is None


def test_random_words_never_raise_and_take_no_time_that_they_do_not_name() -> None:
    words = [
        "i",
        "feel",
        "low",
        "today",
        "maybe",
        "thing",
        "bus",
        "dog",
        "77",
        "tea",
        "really",
        "on",
        "at",
        "not",
        "the",
        "help",
        "no-one",
        "12th",
        "pm",
        "am",
        "dec",
        "to",
    ]
    chance = random.Random(7)
    for _turn in range(5000):
        said = " ".join(chance.choices(words, k=chance.randint(1, 6)))
        assert which(said, TIMES, now=NOW) in {None, NONE_OF_THEM}, said


def test_at_the_clock_changes_the_hour_on_the_wall_counts() -> None:
    for day, month in ((28, 3), (24, 10)):
        times = [datetime(2027, month, day + n, 10, 0, tzinfo=LONDON) for n in range(3)]
        for place, at in enumerate(times):
            assert which(f"{at:%A} 10am", times, now=NOW) == place
