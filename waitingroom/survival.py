"""Survival: how long it takes until something happens, learned also from those for whom it has not yet."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from math import inf

A_HAIR = 1e-9


@dataclass(frozen=True)
class Lifetime:
    """People who were watched until `end` on one scale, and whether it happened to them then.

    `entry`: where they stood when we began to watch, where that was after their beginning (left truncation). Not
    `happened`: they are still waiting, or left before it could happen (censored). `count`: how many people it is.
    """

    end: float
    happened: bool
    entry: float = -inf
    count: float = 1.0


@dataclass(frozen=True)
class Step:
    """From `at` on, the share `still` has not had it happen; `at_risk` were being watched just before."""

    at: float
    still: float
    at_risk: float


def kaplan_meier(lifetimes: Iterable[Lifetime]) -> list[Step]:
    """Estimate the share for whom it has not happened yet, at each place where it happened to someone.

    The product-limit estimator (Kaplan and Meier, 1958): whoever is censored at a place still counts as watched
    there. With entries, only those who have entered are watched (Tsai, Jewell and Wang, 1987).
    """
    watched = sorted((one for one in lifetimes if one.count > 0 and one.end > one.entry), key=lambda one: one.end)
    entries = sorted(((one.entry, one.count) for one in watched), reverse=True)
    steps: list[Step] = []
    entered, gone, still = 0.0, 0.0, 1.0
    for at, group in groupby(watched, key=lambda one: one.end):
        while entries and entries[-1][0] < at:
            entered += entries.pop()[1]
        ending = list(group)
        happened = sum(one.count for one in ending if one.happened)
        if happened:
            at_risk = entered - gone
            still *= max(1 - happened / at_risk, 0.0)
            steps.append(Step(at, still, at_risk))
        gone += sum(one.count for one in ending)
    return steps


def still_at(steps: Sequence[Step], at: float) -> float:
    """Give the share for whom it has not happened by `at`."""
    passed = bisect_right(steps, at, key=lambda step: step.at)
    return steps[passed - 1].still if passed else 1.0


def quantile(steps: Sequence[Step], share: float, *, given: float = -inf) -> float | None:
    """Say by when it has happened to `share` of those to whom it had not by `given`; None: that was not seen."""
    left = still_at(steps, given)
    if left <= A_HAIR:
        return None
    wanted = left * (1 - share) + A_HAIR
    place = bisect_left(steps, -wanted, key=lambda step: -step.still)
    return steps[place].at if place < len(steps) else None
