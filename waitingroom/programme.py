"""The programme: what is due for someone waiting, worked out from when they joined and what they were sent."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Generic, Literal, Protocol, TypeVar
from zoneinfo import ZoneInfo

from waitingroom.safe_hours import DAYTIME, SafeHours

LONDON = ZoneInfo("Europe/London")
TOO_LATE = timedelta(days=1)
"""After this long a missed step that may be skipped is."""
LOOK_AHEAD = timedelta(days=8)
"""Someone who has no safe hour within a week is looked at again after this long, and sent nothing."""


class Tempo(StrEnum):
    """How often someone wants to hear from us, against what the programme says."""

    LESS = "less"
    USUAL = "usual"
    MORE = "more"


class Step(Protocol):
    """One step as the programme's file has it: on a day after joining, once or again every so many days."""

    @property
    def key(self) -> str: ...  # noqa: D102
    @property
    def day(self) -> int: ...  # noqa: D102
    @property
    def every_days(self) -> int | None: ...  # noqa: D102
    @property
    def at(self) -> time: ...  # noqa: D102
    @property
    def catch_up(self) -> Literal["send", "skip", "merge"]: ...  # noqa: D102


S = TypeVar("S", bound=Step)


@dataclass(frozen=True)
class Due(Generic[S]):
    """A step, the name it is sent under (a repeated step has one for each time) and the moment it falls due."""

    step: S
    name: str
    at: datetime


@dataclass(frozen=True)
class _Course:
    """One person's way through the programme."""

    joined_on: date
    sent: Collection[str]
    now: datetime
    zone: ZoneInfo
    hours: SafeHours
    tempo: Tempo
    spread: timedelta

    def turns(self, step: Step) -> Iterator[tuple[str, date, tuple[str, ...]]]:
        """Give the turns of a step that are left: its name, its day, and the names of the turns just before it."""
        first = self.joined_on + timedelta(days=step.day)
        if not step.every_days:
            yield step.key, first, ()
            return
        every = step.every_days
        half = (every + 1) // 2 if self.tempo is Tempo.MORE and every > 1 else None
        days_in = (self.now.astimezone(self.zone).date() - first).days
        turn = max(0, days_in // every)
        if half is None or days_in - turn * every < half:
            yield _named(step, turn), first + timedelta(days=turn * every), _before(step, turn)
        while True:
            if half is not None:
                yield f"{_named(step, turn)}h", first + timedelta(days=turn * every + half), ()
            turn += 1
            yield _named(step, turn), first + timedelta(days=turn * every), _before(step, turn)

    def at(self, day: date, step: Step) -> datetime:
        """Say when a turn on this day falls due: at its own time, or in the safe hours that follow.

        Where there are none it is not due yet.
        """
        at = _moment(day, step.at, self.zone) + self.spread
        never = not (self.hours.days and self.hours.windows)
        return next_waking(max(at, self.now) if never else at, self.zone, self.hours)


def next_due(
    steps: Sequence[S],
    *,
    joined_at: datetime,
    sent: Collection[str],
    now: datetime,
    zone: ZoneInfo = LONDON,
    hours: SafeHours = DAYTIME,
    tempo: Tempo = Tempo.USUAL,
    spread: timedelta = timedelta(0),
) -> Due[S] | None:
    """Say what comes next for someone who joined at `joined_at` and was sent the steps named in `sent`.

    Worked out afresh each time, never counted up. A step missed by more than a day (the service was down) is
    sent late, left out, or left out where a newer one that merges is due as well, as the step says; of a repeated
    step's missed turns only the latest is left. `hours`: when it is safe for them. `tempo`: a repeated step never
    comes right after a turn that was sent for who wants less, and half-way between two for who wants more.
    `spread`: how much later than the step's own time this person's turn is.
    """
    course = _Course(joined_at.astimezone(zone).date(), sent, now, zone, hours, tempo, spread)
    merged = max((at for step in steps if (at := _newest_merging(step, course))), default=None)
    coming = [due for step in steps if (due := _coming(step, course, merged))]
    return min(coming, key=lambda due: due.at, default=None)


def next_waking(at: datetime, zone: ZoneInfo = LONDON, hours: SafeHours = DAYTIME) -> datetime:
    """Return `at`, or where that is no safe hour the beginning of the next: by day unless they said more.

    Who has no safe hour at all is to be looked at again after eight days.
    """
    day = at.astimezone(zone).date()
    for on in (day + timedelta(days=offset) for offset in range(LOOK_AHEAD.days)):
        for window in hours.windows if on.weekday() in hours.days else ():
            if at < _moment(on, window.closes, zone):
                return max(at, _moment(on, window.opens, zone))
    return at + LOOK_AHEAD


def _newest_merging(step: Step, course: _Course) -> datetime | None:
    """Say when a step that merges was due last, sent or not; None where it was not yet, or does not merge."""
    if step.catch_up != "merge":
        return None
    _name, day, _before = next(course.turns(step))
    at = course.at(day, step)
    return at if at <= course.now else None


def _coming(step: S, course: _Course, merged: datetime | None) -> Due[S] | None:
    for name, day, before in course.turns(step):
        at = course.at(day, step)
        missed = step.catch_up == "skip" and at < course.now - TOO_LATE
        missed |= step.catch_up == "merge" and merged is not None and at < merged
        too_often = course.tempo is Tempo.LESS and any(one in course.sent for one in before)
        if name not in course.sent and not missed and not too_often:
            return Due(step, name, at)
    return None


def _named(step: Step, turn: int) -> str:
    return f"{step.key}:{turn}"


def _before(step: Step, turn: int) -> tuple[str, ...]:
    """Name the turns that come just before one: the one before it, and the one half-way."""
    return (_named(step, turn - 1), f"{_named(step, turn - 1)}h") if turn else ()


def _moment(day: date, at: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, at, tzinfo=zone).astimezone(ZoneInfo("UTC"))
