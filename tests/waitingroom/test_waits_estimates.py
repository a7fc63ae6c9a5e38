"""The estimator gives the figures of the textbook, and says honestly what it cannot know."""

from math import inf
from random import Random

import pytest

from waitingroom.estimates import ENOUGH, Cohort, Range, figures, left_to_wait
from waitingroom.survival import Lifetime, kaplan_meier, quantile, still_at
from waitingroom.waits import Wait, rounded

RELAPSED = (6, 6, 6, 7, 10, 13, 16, 22, 23)
STILL_WELL = (6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35)
"""Weeks in remission on 6-mercaptopurine (Freireich and others, Blood, 1963)."""
PUBLISHED = {6: 0.857, 7: 0.807, 10: 0.753, 13: 0.690, 16: 0.627, 22: 0.538, 23: 0.448}
"""Kaplan-Meier estimates of them, as in Cox and Oakes, Analysis of Survival Data (1984), and textbooks since."""


def remission() -> list[Lifetime]:
    return [Lifetime(week, True) for week in RELAPSED] + [Lifetime(week, False) for week in STILL_WELL]


def test_kaplan_meier_is_as_published_for_the_remission_of_freireich() -> None:
    steps = kaplan_meier(remission())
    assert {step.at: round(step.still, 3) for step in steps} == PUBLISHED
    assert [step.at_risk for step in steps] == [21, 17, 15, 12, 11, 7, 6]
    assert quantile(steps, 0.5) == 23
    assert quantile(steps, 0.9) is None


def test_leaving_out_those_who_still_wait_would_say_a_shorter_wait() -> None:
    only_those_seen = kaplan_meier(Lifetime(week, True) for week in RELAPSED)
    median = quantile(only_those_seen, 0.5)
    assert median is not None
    assert median < 23


def test_what_someone_has_waited_already_counts() -> None:
    steps = kaplan_meier(remission())
    assert still_at(steps, 5.9) == 1
    assert still_at(steps, 16) == pytest.approx(0.627, abs=0.001)
    assert quantile(steps, 0.1, given=16) == 22
    assert quantile(steps, 0.99, given=16) is None


def test_whoever_came_under_our_eyes_late_is_at_risk_only_from_then() -> None:
    late = [Lifetime(3, True), Lifetime(5, True, entry=4), Lifetime(6, False, entry=4)]
    steps = kaplan_meier(late)
    assert [(step.at, step.at_risk) for step in steps] == [(3, 1), (5, 2)]
    from_the_start = kaplan_meier(Lifetime(one.end, one.happened) for one in late)
    assert [step.at_risk for step in from_the_start] == [3, 2]


def test_people_counted_together_are_the_same_as_one_by_one() -> None:
    together = [Lifetime(6, True, count=3), Lifetime(6, False), Lifetime(7, True), Lifetime(9, False, count=16)]
    alone = [Lifetime(6, True)] * 3 + [Lifetime(6, False), Lifetime(7, True)] + [Lifetime(9, False)] * 16
    assert kaplan_meier(together) == kaplan_meier(alone)


def in_turn(*, a_week: int, ahead: int, days: int = 400) -> list[Cohort]:
    """A service where as many come as are seen, strictly in turn, one each so many days."""
    gap = 7 / a_week
    cohorts = []
    for number in range(int(days / gap)):
        joined, seen = int(number * gap) - int(ahead * gap), int(number * gap)
        cohorts.append(Cohort(joined, seen, contacted=True, count=1))
    cohorts += [Cohort(days - int(number * gap), None, contacted=False, count=1) for number in range(ahead)]
    return cohorts


def test_where_everyone_is_seen_in_turn_the_wait_is_those_before_over_the_pace() -> None:
    known = figures(in_turn(a_week=7, ahead=70), today=400)
    assert known is not None
    assert known.pace == pytest.approx(7, rel=0.05)
    said = left_to_wait(known, joined=400)
    assert said is not None
    assert said.to_weeks is not None
    assert said.from_weeks < 10 < said.to_weeks
    half_way = left_to_wait(known, joined=365)
    assert half_way is not None
    assert half_way.to_weeks is not None
    assert half_way.from_weeks < 5 < half_way.to_weeks < said.to_weeks


def test_with_too_few_first_contacts_nothing_is_said() -> None:
    few = [Cohort(day, day + 20, contacted=True, count=1) for day in range(100, 100 + ENOUGH - 1)]
    assert figures(few, today=150) is None
    assert figures([*few, Cohort(109, 129, contacted=True, count=1)], today=150) is not None


def test_those_who_left_are_no_first_contacts() -> None:
    left = [Cohort(day, day + 20, contacted=False, count=5) for day in range(100, 130)]
    assert figures(left, today=150) is None


def test_where_hardly_anyone_is_seen_it_is_longer_than_can_be_said() -> None:
    rng = Random(1)
    seen = [Cohort(rng.randrange(300, 380), 390, contacted=True, count=1) for _ in range(12)]
    passed_over = [Cohort(300, None, contacted=False, count=200)]
    known = figures([*seen, *passed_over], today=400)
    assert known is not None
    said = left_to_wait(known, joined=399)
    assert said is None or said.to_weeks is None


@pytest.mark.parametrize(
    ("weeks", "told"),
    [
        (Range(3.2, 5.4), Wait(from_weeks=3, to_weeks=5)),
        (Range(0.2, 0.3), Wait(to_weeks=1)),
        (Range(0.2, 3.6), Wait(to_weeks=4)),
        (Range(4.1, 4.3), Wait(from_weeks=4, to_weeks=5)),
        (Range(6.4, None), Wait(from_weeks=6)),
        (Range(0.1, None), Wait(from_weeks=1)),
        (Range(300, 900), Wait(from_weeks=104)),
    ],
)
def test_a_range_is_rounded_so_that_it_never_says_nought_and_never_one_number(weeks: Range, told: Wait) -> None:
    assert rounded(weeks) == told


def test_an_entry_left_out_is_the_very_beginning() -> None:
    assert Lifetime(0, True).entry == -inf
    assert kaplan_meier([Lifetime(0, True), Lifetime(1, False)])[0].at == 0
