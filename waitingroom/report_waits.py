"""Waits: how long people wait until a link worker has spoken with them, and who still waits."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from datetime import datetime

from waitingroom.database import Session
from waitingroom.report_arrivals import BY, COLUMNS, OF, Arrival, listed
from waitingroom.report_tables import NONE_YET, Asked, Cell, Line, Report, Table, by_hub, count, guard, weeks
from waitingroom.small_numbers import FEWEST, WHOLE
from waitingroom.survival import Lifetime, kaplan_meier, still_at

CONTACTED = f"{COLUMNS} WHERE r.contacted_at >= $1 AND r.contacted_at < $2"
STILL_WAITED = f"""{COLUMNS}
WHERE r.joined_at < $1 AND (r.contacted_at IS NULL OR r.contacted_at >= $1)
  AND (r.ended_at IS NULL OR r.ended_at >= $1)
"""
JOINED = """
SELECT v.hub_id, extract(day FROM least(r.contacted_at, r.ended_at, $2) - r.joined_at)::int AS days,
       COALESCE(r.contacted_at <= least(r.ended_at, $2), false) AS met, count(*)
FROM referral r JOIN conversation v ON v.id = r.conversation_id
WHERE r.joined_at >= $1 AND r.joined_at < $2 GROUP BY 1, 2, 3
"""
A_YEAR = 3
"""How many quarters before this one are watched for how long waits are."""
MARKS = (1, 2, 4, 6, 8, 10, 12, 18, 26)
"""Weeks at which the share that still waits is told."""
HEADS = ("People", "Half waited up to (weeks)", "9 in 10 waited up to (weeks)", "Longest (weeks)")
NOTE = (
    "From the day of the referral to the first real talk with a link worker. Being picked up, or a call that "
    "nobody answered, does not end a wait."
)

Days = Callable[[Arrival], float]


async def report(session: Session, asked: Asked, *, needs: Iterable[str]) -> Report:
    """Report how long people waited who were first spoken with, and how long others have waited by now."""
    spoken = await contacted(session, asked)
    waits = await waiting_at(session, asked, min(asked.bounds[1], asked.now))
    now = await waiting_at(session, asked, asked.now)
    tables = [
        _sums(asked, "waits_of_those_met", "People first spoken with in the quarter", spoken, had),
        _sums(asked, "waiting_at_the_end", "People still waiting when the quarter ended", waits, _so_far(asked)),
        _sums(asked, "waiting_now", "People waiting now", now, lambda one: _days(one.joined_at, asked.now)),
        await chances(session, asked),
    ]
    known = list(needs)
    so_far = _so_far(asked)
    each = (of_each(asked, waits, by, so_far, "waiting", known if by == "need" else None) for by in BY)
    return Report("waits", "Waiting", (*tables, *each, of_each(asked, spoken, "source", had, "met")))


async def contacted(session: Session, asked: Asked) -> list[Arrival]:
    """List the referrals of people who were first spoken with in the quarter, in every hub."""
    return await listed(session, asked, CONTACTED, *asked.bounds)


async def waiting_at(session: Session, asked: Asked, at: datetime) -> list[Arrival]:
    """List the referrals of people who waited at a moment, in every hub."""
    return await listed(session, asked, STILL_WAITED, at)


def had(one: Arrival) -> float:
    """Give how many days someone waited who was spoken with."""
    assert one.contacted_at is not None  # noqa: S101
    return _days(one.joined_at, one.contacted_at)


def of_each(
    asked: Asked, ones: list[Arrival], by: str, days: Days, key: str, columns: list[str] | None = None
) -> Table:
    """Give how many there are, and their waits, by one thing about them: only where the number may be told."""
    given = {name for one in ones for name in BY[by](one)}
    every = [*columns, *sorted(given - set(columns))] if columns else None
    found = count(asked, ones, BY[by], every)
    lasted = defaultdict[str, list[float]](list)
    for one in asked.mine(ones):
        for name in BY[by](one):
            lasted[name].append(days(one))
    lines = [
        Line(name, (told, *(weeks(lasted[name])[:2] if told is not None and lasted[name] else (None, None))))
        for name, told in found.told(asked.hub).items()
    ]
    title = f"{'Still waiting' if key == 'waiting' else 'First spoken with'}: {OF[by].lower()}"
    return Table(f"{key}_by_{by}", title, OF[by], HEADS[:3], tuple(lines), chart="bars")


async def chances(session: Session, asked: Asked) -> Table:
    """Give the share that still waits after so many weeks, learned also from those who wait still."""
    begun = asked.quarter.before(A_YEAR).bounds(asked.zone)[0]
    upto = min(asked.bounds[1], asked.now)
    found = await session.driver.fetch(JOINED, begun, upto)
    counts = by_hub(Counter({(hub, f"{days} {met}"): number for hub, days, met, number in found}))
    told = guard(asked, {hub: Counter(all=one.total()) for hub, one in counts.items()}, ["all"]).sum_of(asked.hub)
    steps = kaplan_meier(Lifetime(days, met, count=number) for hub, days, met, number in found if asked.is_of(hub))
    lines = []
    for week in MARKS:
        seen = told is not None and any(step.at >= week * 7 and step.at_risk >= FEWEST for step in steps)
        share: Cell = round(100 * still_at(steps, week * 7)) if seen else (None if told is None else NONE_YET)
        lines.append(Line(str(week), (share,)))
    note = (
        "Of the people who came in the year up to the end of the quarter. Those who still wait are counted for as "
        "long as they have waited (Kaplan-Meier), so that long waits are not left out."
    )
    heads = ("Still waiting (of 100)",)
    return Table(
        "still_waiting", "How many still wait after so many weeks", "Weeks", heads, tuple(lines), note, "lines"
    )


def _sums(asked: Asked, key: str, title: str, ones: list[Arrival], days: Days) -> Table:
    """Give how many there are and how long they waited, for the hub that is asked of."""
    told = count(asked, ones, lambda _one: ("all",), ["all"]).sum_of(asked.hub)
    lasted = [days(one) for one in asked.mine(ones)]
    line = Line("all", (told, *(weeks(lasted) if told is not None else (None, None, None))))
    of = "Whole service" if asked.hub == WHOLE else "Hub"
    return Table(key, title, of, HEADS, (line,), NOTE)


def _so_far(asked: Asked) -> Days:
    upto = min(asked.bounds[1], asked.now)
    return lambda one: _days(one.joined_at, upto)


def _days(begun: datetime, ended: datetime) -> float:
    return max((ended - begun).total_seconds() / 86400, 0)
