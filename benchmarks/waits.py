"""Replays made-up services, and compares what people would have been told of their wait with what then happened.

Run: `python -m benchmarks.waits`, or `python -m benchmarks.waits 20` for twenty lives of each service.
"""

import sys
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from math import exp, inf
from random import Random
from statistics import mean

from waitingroom.estimates import ENOUGH, WATCHED, Cohort, Range, figures, left_to_wait
from waitingroom.survival import Lifetime, kaplan_meier, quantile
from waitingroom.waits import rounded

WARM_UP, ASKED_FOR, RUN_OUT = 364, 364, 728
"""Days: before anyone asks, while some ask every two weeks, and until everyone's wait is over."""
EVERY, MOST = 14, 10
LIVES = 10
WEEKDAYS = 5


@dataclass
class Someone:
    """One person of a made-up service, by the days of their life with it."""

    joined: int
    urgent: bool = False
    contacted: int | None = None
    left: int | None = None

    @property
    def ended(self) -> int | None:
        """The day their wait ended, if it did."""
        return self.contacted if self.contacted is not None else self.left

    def waits_on(self, day: int) -> bool:
        """Say whether they wait on a day."""
        return self.joined <= day and (self.ended is None or self.ended > day)


@dataclass(frozen=True)
class Town:
    """A service and its habits: how many come and how many are first met a week, by the day."""

    name: str
    come: Callable[[int], float]
    met: Callable[[int], float]
    before: int
    """how many wait on the first day"""
    urgent: float = 0.05
    """the share of those who come that is seen first"""
    untidy: float = 0.0
    """the share of first contacts in which it is not the next in turn"""
    bunched: float = 0.0
    """how unevenly weeks go: standard deviation of the logarithm of their pace"""
    leave: float = 0.01
    """the share of the list that leaves in a week"""


def always(a_week: float) -> Callable[[int], float]:
    """Say the same of every day."""
    return lambda _day: a_week


CHANGE = WARM_UP + ASKED_FOR // 2
TOWNS = (
    Town("steady", always(12), always(10.6), before=100),
    Town("small and steady", always(3), always(2.7), before=15),
    Town("large", always(120), always(105), before=1500),
    Town("growing list", lambda day: 12 + 6 * min(day / 728, 1), always(12), before=60),
    Town("a worker leaves half-way", always(12), lambda day: 12 if day < CHANGE else 8, before=80),
    Town("a worker joins half-way", always(14), lambda day: 12 if day < CHANGE else 18, before=120),
    Town("two weeks closed at Christmas", always(12), lambda day: 0 if day % 364 > 350 else 11.5, before=80),
    Town("one in four goes first", always(14), always(12), before=100, urgent=0.25),
    Town("half are seen out of turn", always(12), always(10.6), before=100, untidy=0.5),
    Town("very uneven weeks", always(12), always(10.6), before=100, bunched=0.6),
)


def live(town: Town, rng: Random, days: int) -> list[Someone]:
    """Let a service live for so many days; returns everyone who came."""
    people = [Someone(0) for _ in range(town.before)]
    waiting = list(people)
    pace = 1.0
    for day in range(1, days):
        if day % 7 == 0 and town.bunched:
            pace = exp(rng.gauss(-(town.bunched**2) / 2, town.bunched))
        for one in waiting:
            if rng.random() < town.leave / 7:
                one.left = day
        waiting = [one for one in waiting if one.left is None]
        at_work = day % 7 < WEEKDAYS
        for _ in range(_poisson(rng, town.met(day) * pace / WEEKDAYS) if at_work else 0):
            if waiting:
                one = _next(town, waiting, rng)
                one.contacted = day
                waiting.remove(one)
        for _ in range(_poisson(rng, town.come(day) / 7)):
            waiting.append(Someone(day, urgent=rng.random() < town.urgent))
            people.append(waiting[-1])
    return people


def _next(town: Town, waiting: Sequence[Someone], rng: Random) -> Someone:
    """Choose who is seen: danger first, then whoever has waited longest, unless this service does otherwise."""
    urgent = next((one for one in waiting if one.urgent), None)
    if urgent is not None:
        return urgent
    return rng.choice(waiting) if rng.random() < town.untidy else waiting[0]


def _poisson(rng: Random, of: float) -> int:
    below = exp(-of)
    product = rng.random()
    for number in count():
        if product <= below:
            return number
        product *= rng.random()
    raise AssertionError


def known_on(people: Sequence[Someone], day: int) -> list[Cohort]:
    """Count what the records of those seen in turn say on a day."""
    counted: dict[tuple[int, int | None, bool], int] = defaultdict(int)
    for one in people:
        if not one.urgent and one.joined <= day:
            ended = None if one.waits_on(day) else one.ended
            if ended is None or ended > day - WARM_UP:
                counted[one.joined, ended, ended is not None and one.contacted is not None] += 1
    return [Cohort(*facts, number) for facts, number in counted.items()]


Way = Callable[[Sequence[Cohort], int, Sequence[Someone]], list[Range | None]]
"""Says on a day, from the records, what each of some people has to wait still."""


def ours(cohorts: Sequence[Cohort], day: int, asking: Sequence[Someone]) -> list[Range | None]:
    """Say it as the product does."""
    known = figures(cohorts, today=day)
    return [left_to_wait(known, joined=one.joined) if known else None for one in asking]


def of_those_met(cohorts: Sequence[Cohort], day: int, asking: Sequence[Someone]) -> list[Range | None]:
    """Say what the middle eight in ten waited who were met in 13 weeks, less what each has waited: how it was."""
    lately = [one for one in cohorts if one.contacted and one.ended is not None and one.ended > day - WATCHED]
    waits = sorted((one.ended - one.joined) / 7 for one in lately for _ in range(one.count) if one.ended)
    if len(waits) < ENOUGH:
        return [None for _ in asking]
    low, high = waits[int(0.1 * len(waits))], waits[int(0.9 * len(waits))]
    had = [(day - one.joined) / 7 for one in asking]
    return [Range(max(low - one, 0), max(high - one, 0)) for one in had]


def in_weeks(cohorts: Sequence[Cohort], day: int, asking: Sequence[Someone]) -> list[Range | None]:
    """Say it by Kaplan-Meier on weeks waited, those who still wait censored, in 13 weeks."""
    began = day - WATCHED
    curve = kaplan_meier(
        Lifetime(
            end=((day if one.ended is None else one.ended) - one.joined) / 7,
            happened=one.contacted,
            entry=(began - one.joined) / 7 if one.joined < began else -inf,
            count=one.count,
        )
        for one in cohorts
        if one.ended is None or one.ended > began
    )
    said: list[Range | None] = []
    for one in asking:
        had = (day - one.joined) / 7
        low, high = (quantile(curve, share, given=had) for share in (0.1, 0.9))
        said.append(None if low is None else Range(low - had, None if high is None else high - had))
    return said


def ahead_over_pace(cohorts: Sequence[Cohort], day: int, asking: Sequence[Someone]) -> list[Range | None]:
    """Say how many are ahead over first contacts a week, a quarter less or more, as on the back of an envelope."""
    met = [one.count for one in cohorts if one.contacted and one.ended is not None and one.ended > day - WATCHED]
    pace = sum(met) / (WATCHED / 7)
    waiting = [one for one in cohorts if one.ended is None]
    ahead = [sum(one.count for one in waiting if one.joined < who.joined) + 1 for who in asking]
    return [Range(0.75 * one / pace, 1.25 * one / pace) if pace else None for one in ahead]


WAYS: Mapping[str, Way] = {
    "ours": ours,
    "of those met": of_those_met,
    "K-M in weeks": in_weeks,
    "ahead/pace": ahead_over_pace,
}


@dataclass
class Tally:
    """How often what was said held."""

    asked: int = 0
    said: int = 0
    held: int = 0
    wide: list[float] = field(default_factory=list)

    def add(self, said: Range | None, weeks: float) -> None:
        """Compare one range, as it would be told, with the weeks that came."""
        self.asked += 1
        if said is None:
            return
        told = rounded(said)
        least, most = told.from_weeks or 0, inf if told.to_weeks is None else told.to_weeks
        self.said += 1
        self.held += least <= weeks <= most
        if most < inf:
            self.wide.append(most - least)

    def __iadd__(self, other: "Tally") -> "Tally":
        """Add another's counts."""
        self.asked, self.said, self.held = self.asked + other.asked, self.said + other.said, self.held + other.held
        self.wide += other.wide
        return self

    @property
    def coverage(self) -> float:
        """The share of what was said that held."""
        return self.held / self.said if self.said else 0.0


def replay(town: Town, seed: int, ways: Mapping[str, Way] = WAYS) -> dict[str, Tally]:
    """Live through one town, have people ask every two weeks for a year, and see what became of what they heard.

    Those who leave before they are met are left out: nobody knows how long they would have waited.
    """
    rng = Random(f"{town.name} {seed}")
    people = live(town, rng, WARM_UP + ASKED_FOR + RUN_OUT)
    tallies = {name: Tally() for name in ways}
    for day in range(WARM_UP, WARM_UP + ASKED_FOR, EVERY):
        waiting = [one for one in people if not one.urgent and one.waits_on(day)]
        newest = [one for one in waiting if one.joined > day - 7][:MOST]
        asking = rng.sample(waiting, min(MOST, len(waiting))) + newest
        cohorts = known_on(people, day)
        for name, way in ways.items():
            for one, said in zip(asking, way(cohorts, day, asking), strict=True):
                if one.left is None:
                    tallies[name].add(said, inf if one.contacted is None else (one.contacted - day) / 7)
    return tallies


def main(lives: int) -> None:
    """Print, for each town and each way, the share of ranges that held, and how wide they were."""
    print(f"{'share that held (goal 0.75 to 0.90), weeks wide':46}", *(f"{name:>14}" for name in WAYS))
    whole = {name: Tally() for name in WAYS}
    for town in TOWNS:
        sums = {name: Tally() for name in WAYS}
        for seed in range(lives):
            for name, tally in replay(town, seed).items():
                sums[name] += tally
        for name, tally in sums.items():
            whole[name] += tally
        _print(town.name, sums)
    _print("all", whole)


def _print(name: str, tallies: Mapping[str, Tally]) -> None:
    shown = (f"{one.coverage:.2f}, {mean(one.wide or [0]):4.1f}" for one in tallies.values())
    print(f"{name:46}", *(f"{one:>14}" for one in shown), flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else LIVES)
