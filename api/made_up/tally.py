"""The tally: what the records of a made-up service say of its weeks, counted as anyone's records would be."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from statistics import median, quantiles
from typing import Any

from sqlalchemy import text

from waitingroom.database import Session

WEEK = timedelta(weeks=1)
REFERRALS = text("SELECT joined_at, picked_up_at, contacted_at, ended_at, status FROM referral ORDER BY joined_at")
MESSAGES = text("SELECT author, kind, segments, created_at FROM message")
ALARMS = text("SELECT count(*) FROM alarm")
RAISED = text("SELECT count(*) FROM handoff WHERE :reason = ANY(reasons)")
STOPPED = text("SELECT count(*) FROM contact WHERE state = 'stopped'")


@dataclass(frozen=True)
class Week:
    """One week: who came, who was spoken with for the first time, who waited when it ended, what was sent.

    `waited`: the middle wait in weeks of those spoken with in it; none where nobody was.
    """

    begins_on: str
    came: int
    contacted: int
    waiting: int
    waited: float | None
    asked_for: int
    unasked: int
    by_staff: int
    from_people: int


@dataclass(frozen=True)
class Tally:
    """What came of all the weeks. Waits are in weeks, `parts` are text message parts, `pounds` what they cost."""

    weeks: Sequence[Week]
    came: int
    contacted: int
    waiting: int
    left: int
    median_wait: float | None
    ninetieth_wait: float | None
    alarms: int
    getting_worse: int
    silent: int
    stopped: int
    messages: int
    parts: int
    pounds: float

    def told(self) -> dict[str, Any]:
        """Return it as it is printed in JSON."""
        return asdict(self)


async def count(session: Session, *, begins: datetime, weeks: int, pence: float) -> Tally:
    """Count the weeks from `begins` on. `pence`: what one part of a text costs."""
    made = (await session.run(REFERRALS)).all()
    said = (await session.run(MESSAGES)).all()
    waits = sorted((one.contacted_at - one.joined_at) / WEEK for one in made if one.contacted_at)
    parts = sum(one.segments for one in said)
    return Tally(
        weeks=[_week(begins + number * WEEK, made, said) for number in range(weeks)],
        came=len(made),
        contacted=len(waits),
        waiting=sum(1 for one in made if one.contacted_at is None and one.ended_at is None),
        left=sum(1 for one in made if one.contacted_at is None and one.ended_at is not None),
        median_wait=median(waits) if waits else None,
        ninetieth_wait=quantiles(waits, n=10)[-1] if len(waits) > 1 else None,
        alarms=(await session.run(ALARMS)).scalar_one(),
        getting_worse=(await session.run(RAISED, {"reason": "getting_worse"})).scalar_one(),
        silent=(await session.run(RAISED, {"reason": "silent"})).scalar_one(),
        stopped=(await session.run(STOPPED)).scalar_one(),
        messages=len(said),
        parts=parts,
        pounds=round(parts * pence / 100, 2),
    )


def _week(begins: datetime, made: Sequence[Any], said: Sequence[Any]) -> Week:
    ends = begins + WEEK
    spoken = [one for one in made if one.contacted_at and begins <= one.contacted_at < ends]
    words = [one for one in said if begins <= one.created_at < ends]
    return Week(
        begins_on=f"{begins:%d %b}",
        came=sum(1 for one in made if begins <= one.joined_at < ends),
        contacted=len(spoken),
        waiting=sum(1 for one in made if one.joined_at < ends and _still_waits(one, ends)),
        waited=median((one.contacted_at - one.joined_at) / WEEK for one in spoken) if spoken else None,
        asked_for=sum(1 for one in words if one.author == "bot" and one.kind != "started"),
        unasked=sum(1 for one in words if one.kind == "started"),
        by_staff=sum(1 for one in words if one.author == "link_worker"),
        from_people=sum(1 for one in words if one.author == "person"),
    )


def _still_waits(one: Any, at: datetime) -> bool:
    return all(moment is None or moment >= at for moment in (one.contacted_at, one.ended_at))
