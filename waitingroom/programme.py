"""The programme: what is due for someone waiting, worked out from when they joined and what they were sent."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Generic, Literal, Protocol, TypeVar
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")
QUIET_FROM = time(20, 0)
QUIET_UNTIL = time(8, 0)
"""Nothing unasked goes out between 8pm and 8am in the person's own zone."""
TOO_LATE = timedelta(days=1)
"""After this long a missed step that may be skipped is."""


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
    def catch_up(self) -> Literal["send", "skip"]: ...  # noqa: D102


S = TypeVar("S", bound=Step)


@dataclass(frozen=True)
class Due(Generic[S]):
    """A step, the name it is sent under (a repeated step has one for each time) and the moment it falls due."""

    step: S
    name: str
    at: datetime


def next_due(
    steps: Sequence[S], *, joined_at: datetime, sent: Collection[str], now: datetime, zone: ZoneInfo = LONDON
) -> Due[S] | None:
    """Say what comes next for someone who joined at `joined_at` and was sent the steps named in `sent`.

    Worked out afresh each time, never counted up. A step missed by more than a day (the service was down) is
    sent late or left out, as the step says; of a repeated step's missed turns only the latest is left.
    """
    coming = [due for step in steps if (due := _coming(step, joined_at, sent, now, zone))]
    return min(coming, key=lambda due: due.at, default=None)


def next_waking(at: datetime, zone: ZoneInfo = LONDON) -> datetime:
    """Return `at`, or the end of the quiet hours where `at` falls in them."""
    local = at.astimezone(zone)
    if QUIET_UNTIL <= local.time() < QUIET_FROM:
        return at
    day = local.date() if local.time() < QUIET_UNTIL else local.date() + timedelta(days=1)
    return _moment(day, QUIET_UNTIL, zone)


def _coming(step: S, joined_at: datetime, sent: Collection[str], now: datetime, zone: ZoneInfo) -> Due[S] | None:
    joined_on = joined_at.astimezone(zone).date()
    turn = 0
    if step.every_days:
        days_in = (now.astimezone(zone).date() - joined_on).days
        turn = max(0, (days_in - step.day) // step.every_days)
    while True:
        name = f"{step.key}:{turn}" if step.every_days else step.key
        day = joined_on + timedelta(days=step.day + turn * (step.every_days or 0))
        at = next_waking(_moment(day, step.at, zone), zone)
        missed = step.catch_up == "skip" and at < now - TOO_LATE
        if name not in sent and not missed:
            return Due(step, name, at)
        if not step.every_days:
            return None
        turn += 1


def _moment(day: date, at: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, at, tzinfo=zone).astimezone(ZoneInfo("UTC"))
