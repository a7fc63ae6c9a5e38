"""Estimates: how many weeks someone will still wait, worked out from how the list has moved lately.

Sums only, no records. How far the list has moved past someone is the number of first contacts since they joined
over the number of people who were before them then: where everyone is seen in turn it is 1 when theirs comes.
How it really goes (out of turn, some leave) is learned by the Kaplan-Meier estimator on that scale; the pace of
late turns it into weeks. docs/waits.md says why, and how well it does.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import exp, inf, sqrt
from statistics import mean, variance

from waitingroom.survival import Lifetime, Step, kaplan_meier, quantile

DAYS = 7
WATCHED = 91
"""Days looked back on: 13 weeks."""
ENOUGH = 10
"""Fewer first contacts than this in that time say nothing honest about a wait."""
HALF_LIFE = 28.0
"""Days after which a first contact says half as much about the pace."""
DRIFT = 0.03
"""By how much the pace may wander in a week, as a standard deviation of its logarithm; over n weeks, times √n."""
MOST_BUNCHED = 8.0
SEEN_OF_IT = 2.0
"""How much more contacts come in bunches than 13 weeks show: chosen by replay, as DRIFT: benchmarks/waits.py."""
SHARES = tuple((number + 0.5) / 20 for number in range(20))
"""Twenty equally likely fates."""
NORMAL = (-1.65, -1.04, -0.67, -0.39, -0.13, 0.13, 0.39, 0.67, 1.04, 1.65)
"""Ten equally likely values of a standard normal."""
LOW, HIGH = 0.1, 0.9
"""What is told is the middle eight in ten."""
FINE = 3
"""Decimals of a place on the curve: fewer steps where a list is long."""


@dataclass(frozen=True)
class Cohort:
    """How many joined on one day (a day's number) and ended on another; `ended` None: they still wait."""

    joined: int
    ended: int | None
    contacted: bool
    count: int


@dataclass(frozen=True)
class Figures:
    """How a list moves.

    `pace`: first contacts a week; `weight`: on how many that rests; `bunched`: variance over mean of a week's, 1
    where they come as if by chance. `curve`: the share still waiting by how far the list has moved past them. By
    the day someone joined: `ahead`, how many were before them; `moved`, how many first contacts there were since.
    """

    pace: float
    weight: float
    bunched: float
    curve: tuple[Step, ...]
    ahead: Mapping[int, float]
    moved: Mapping[int, float]


@dataclass(frozen=True)
class Range:
    """The middle eight in ten of what is likely, in weeks from now; `to_weeks` None: longer than can be seen."""

    from_weeks: float
    to_weeks: float | None


def figures(cohorts: Iterable[Cohort], *, today: int) -> Figures | None:
    """Work out how a list moves, from everyone who was on it in the time looked back on.

    `cohorts` must reach back to the day the one who has waited longest joined. None: too little is known.
    """
    told = list(cohorts)
    started = _count(told, lambda one: one.ended if one.contacted else None)
    lately = {day: count for day, count in started.items() if today - WATCHED < day <= today}
    if sum(lately.values()) < ENOUGH:
        return None
    days = range(min(one.joined for one in told), today + 1)
    ahead, so_far = _ahead(told, days), _so_far(started, days)
    began = max(today - WATCHED, days[0])

    def moved(one: Cohort, day: int) -> float:
        return round((so_far[day] - so_far[one.joined]) / (ahead[one.joined] + 1), FINE)

    watched = [
        Lifetime(
            end=moved(one, today if one.ended is None else one.ended),
            happened=one.contacted,
            entry=moved(one, began) if one.joined < began else -inf,
            count=one.count,
        )
        for one in told
        if one.ended is None or one.ended > began
    ]
    pace, weight = _pace(lately, today, since=began)
    return Figures(
        pace=pace,
        weight=weight,
        bunched=_bunched(lately, today, since=began),
        curve=tuple(kaplan_meier(watched)),
        ahead=ahead,
        moved={day: so_far[today] - so_far[day] for day in days},
    )


def left_to_wait(known: Figures, *, joined: int) -> Range | None:
    """Say how many weeks someone who joined on a day and waits still will wait from now; None: not known."""
    joined = min(max(joined, min(known.ahead)), max(known.ahead))
    before = known.ahead[joined] + 1
    here = known.moved[joined] / before
    weeks: list[float] = []
    for share in SHARES:
        there = quantile(known.curve, share, given=here)
        weeks += [inf] * len(NORMAL) if there is None else _weeks(known, (there - here) * before)
    weeks.sort()
    low, high = weeks[int(LOW * len(weeks))], weeks[int(HIGH * len(weeks)) - 1]
    return None if low == inf else Range(low, None if high == inf else high)


def _weeks(known: Figures, starts: float) -> Iterator[float]:
    """Give ten equally likely times, in weeks, until there have been so many more first contacts.

    Three things make them differ: the pace is only known so well, weeks come in bunches, and the pace may change.
    """
    starts = max(starts, 0.5)
    middle = starts / known.pace
    off = sqrt(known.bunched / known.weight + known.bunched / (starts + known.bunched) + DRIFT**2 * middle)
    yield from (middle * exp(off * one) for one in NORMAL)


def _count(cohorts: Sequence[Cohort], day_of: Callable[[Cohort], int | None]) -> dict[int, int]:
    counted: dict[int, int] = defaultdict(int)
    for one in cohorts:
        if (day := day_of(one)) is not None:
            counted[day] += one.count
    return counted


def _ahead(cohorts: Sequence[Cohort], days: range) -> dict[int, float]:
    """Say for each day how many were waiting before someone who joined in the middle of it."""
    joined, ended = _count(cohorts, lambda one: one.joined), _count(cohorts, lambda one: one.ended)
    waiting, ahead = 0, {}
    for day in days:
        ahead[day] = waiting + joined.get(day, 0) / 2
        waiting = max(waiting + joined.get(day, 0) - ended.get(day, 0), 0)
    return ahead


def _so_far(started: Mapping[int, int], days: range) -> dict[int, float]:
    """Say for each day how many first contacts there had been by the middle of it."""
    total, so_far = 0, {}
    for day in days:
        so_far[day] = total + started.get(day, 0) / 2
        total += started.get(day, 0)
    return so_far


def _pace(lately: Mapping[int, int], today: int, *, since: int) -> tuple[float, float]:
    """Say how many first contacts there are a week, the last ones counting most, and on how many that rests."""
    weights = {day: 0.5 ** ((today - day) / HALF_LIFE) for day in range(since + 1, today + 1)}
    starts = sum(count * weights.get(day, 0.0) for day, count in lately.items())
    squares = sum(count * weights.get(day, 0.0) ** 2 for day, count in lately.items())
    return starts * DAYS / sum(weights.values()), starts**2 / squares


def _bunched(lately: Mapping[int, int], today: int, *, since: int) -> float:
    weeks = max((today - since) // DAYS, 2)
    by_week = [sum(lately.get(today - DAYS * week - day, 0) for day in range(DAYS)) for week in range(weeks)]
    more_than_chance = max(variance(by_week) / mean(by_week) - 1.0, 0.0)
    return min(1.0 + SEEN_OF_IT * more_than_chance, MOST_BUNCHED)
