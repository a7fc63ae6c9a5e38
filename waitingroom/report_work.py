"""Work: what link workers did in a quarter, how many cases they had, how soon they answered, how cases ended."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

from waitingroom.activities import Kind
from waitingroom.database import Session
from waitingroom.report_tables import NONE_YET, Asked, Cell, Line, Report, Table, breakdown_table, guard
from waitingroom.small_numbers import FEWEST, WHOLE, Row, near

ACTIVITIES = """
SELECT v.hub_id, a.kind, count(*), sum(a.minutes) FROM activity a
JOIN referral r ON r.id = a.referral_id JOIN conversation v ON v.id = r.conversation_id
WHERE a.done_at >= $1 AND a.done_at < $2 GROUP BY 1, 2
"""
CASES = """
SELECT v.hub_id, count(*) FILTER (WHERE r.joined_at < $1), count(*) FILTER (WHERE r.joined_at >= $1),
       count(*) FILTER (WHERE r.ended_at < $2), count(*) FILTER (WHERE r.ended_at IS NULL OR r.ended_at >= $2)
FROM referral r JOIN conversation v ON v.id = r.conversation_id
WHERE r.joined_at < $2 AND (r.ended_at IS NULL OR r.ended_at >= $1) GROUP BY 1
"""
ENDINGS = """
SELECT v.hub_id, count(*), CASE WHEN r.status IN ('withdrawn', 'signposted') THEN r.status
                                ELSE COALESCE(r.close_reason, 'other') END AS reason
FROM referral r JOIN conversation v ON v.id = r.conversation_id
WHERE r.ended_at >= $1 AND r.ended_at < $2 GROUP BY 1, 3
"""
LOADS = """
SELECT h.claimed_by, count(*) FROM handoff h JOIN conversation v ON v.id = h.conversation_id
WHERE h.status = 'claimed' AND ($1::uuid IS NULL OR v.hub_id = $1) GROUP BY 1
"""
ANSWERS = """
SELECT asked.at, m.created_at FROM message m
JOIN conversation v ON v.id = m.conversation_id
CROSS JOIN LATERAL (
    SELECT min(p.created_at) AS at FROM message p
    WHERE p.conversation_id = m.conversation_id AND p.id < m.id AND p.author = 'person' AND p.id > COALESCE((
        SELECT max(o.id) FROM message o
        WHERE o.conversation_id = m.conversation_id AND o.id < m.id AND o.author <> 'person'), 0)
) AS asked
WHERE m.author = 'link_worker' AND m.created_at >= $1 AND m.created_at < $2 AND asked.at IS NOT NULL
  AND ($3::uuid IS NULL OR v.hub_id = $3)
"""
"""For each message of a link worker's that answers someone: when they first wrote since anything was said."""
FRIDAY = 4
MONDAY = date(2000, 1, 3)


@dataclass(frozen=True)
class Hours:
    """When someone is at work: from `opens` to `closes` on weekdays that are no holiday, local to `zone`."""

    opens: time
    closes: time
    holidays: frozenset[date]
    zone: ZoneInfo

    def between(self, begun: datetime, ended: datetime) -> float:
        """Give how many working hours lie between two moments."""
        return self.between_each([(begun, ended)])[0]

    def between_each(self, spans: Sequence[tuple[datetime, datetime]]) -> list[float]:
        """Give how many working hours lie between the two moments of each span."""
        opens, closes = _hours(self.opens), _hours(self.closes)
        known: dict[date, tuple[float, bool]] = {}

        def since(moment: datetime) -> float:
            local = moment.astimezone(self.zone)
            day = local.date()
            if day not in known:
                known[day] = self._days_before(day) * (closes - opens), self._at_work(day)
            before, at_work = known[day]
            return before + (min(max(_hours(local), opens), closes) - opens if at_work else 0)

        return [since(ended) - since(begun) for begun, ended in spans]

    def _days_before(self, last: date) -> int:
        """Count the working days from a Monday long ago to the day before `last`."""
        weeks, rest = divmod((last - MONDAY).days, 7)
        closed = sum(MONDAY <= day < last and day.weekday() <= FRIDAY for day in self.holidays)
        return weeks * (FRIDAY + 1) + min(rest, FRIDAY + 1) - closed

    def _at_work(self, day: date) -> bool:
        return day.weekday() <= FRIDAY and day not in self.holidays


def _hours(at: time | datetime) -> float:
    return at.hour + at.minute / 60 + at.second / 3600


async def report(session: Session, asked: Asked, *, hours: Hours) -> Report:
    """Report what was done, for how many, and how soon people were answered."""
    cases = await session.driver.fetch(CASES, *asked.bounds)
    tables = (
        await done(session, asked, cases),
        caseload(asked, cases),
        await loads(session, asked),
        await answered(session, asked, hours),
        await endings(session, asked),
    )
    return Report("work", "What link workers did", tables)


async def done(session: Session, asked: Asked, cases: Sequence[Sequence[Any]]) -> Table:
    """Count support activities by kind, with their minutes, and how many there were for each case."""
    found = await session.driver.fetch(ACTIVITIES, *asked.bounds)
    counts: dict[Row, Counter[str]] = defaultdict(Counter)
    minutes = Counter[str]()
    for hub, kind, number, spent in found:
        counts[hub][kind] += number
        if asked.is_of(hub):
            minutes[kind] += spent
    shown = guard(asked, counts, [one.value for one in Kind])
    whole = shown.sum_of(asked.hub)
    people = _people(asked, cases)
    lines = [
        Line(kind, (told, None if told is None else round(minutes[kind] / 60), _each(told, people)))
        for kind, told in shown.told(asked.hub).items()
    ]
    hours: Cell = None if whole is None else round(minutes.total() / 60)
    lines.append(Line("all", (whole, hours, _each(whole, people))))
    note = (
        "A case is anyone on the list or with a link worker at some time in the quarter. Activities are what link "
        "workers noted: what was not noted is not here."
    )
    heads = ("Activities", "Hours", "For each case")
    return Table("activities", "Support activities", "Kind", heads, tuple(lines), note, "bars")


def caseload(asked: Asked, cases: Sequence[Sequence[Any]]) -> Table:
    """Count cases: how many there were at the start, came, ended and were there at the end, to the nearest 5.

    Exact figures would give a small one away: what there was and came, less what ended, is what there is.
    """
    names = ("at_the_start", "came", "ended", "at_the_end")
    sums = [sum(numbers[place] for hub, *numbers in cases if asked.is_of(hub)) for place in range(len(names))]
    told = _people(asked, cases) is not None
    lines = tuple(
        Line(name, (near(number) if told and number >= FEWEST else None,))
        for name, number in zip(names, sums, strict=True)
    )
    note = "Everyone on the list or with a link worker, to the nearest 5."
    return Table("cases", "Cases", "When", ("Cases",), lines, note, "bars")


async def loads(session: Session, asked: Asked) -> Table:
    """Say how many cases link workers have now, with no names."""
    found = await session.driver.fetch(LOADS, None if asked.hub == WHOLE else asked.hub)
    each = sorted(number for _, number in found)
    figures: tuple[Cell, ...] = (len(each), *((median(each), each[-1]) if each else (NONE_YET, NONE_YET)))
    heads = ("Link workers with cases", "Half have up to", "Most")
    return Table("caseload_now", "Cases of each link worker, now", "Now", heads, (Line("all", figures),))


async def answered(session: Session, asked: Asked, hours: Hours) -> Table:
    """Say how soon people who wrote were answered by a link worker, by the clock and in working hours."""
    found = await session.driver.fetch(ANSWERS, *asked.bounds, None if asked.hub == WHOLE else asked.hub)
    clock = [(answer - wrote).total_seconds() / 3600 for wrote, answer in found]
    working = hours.between_each([(wrote, answer) for wrote, answer in found])
    lines = (Line("clock", _spread(clock)), Line("working", _spread(working)))
    note = "From someone's message to a link worker's answer. What the bot answered at once is not counted."
    heads = ("Answers", "Half within (hours)", "9 in 10 within (hours)")
    return Table("answers", "How soon link workers answered", "Counted in", heads, lines, note)


async def endings(session: Session, asked: Asked) -> Table:
    """Count why cases came to an end."""
    counts: dict[Row, Counter[str]] = defaultdict(Counter)
    for hub, number, reason in await session.driver.fetch(ENDINGS, *asked.bounds):
        counts[hub][reason] += number
    table = Table("endings", "How cases ended", "Reason", ("Cases",), (), chart="bars")
    return breakdown_table(asked, guard(asked, counts), table)


def _people(asked: Asked, cases: Sequence[Sequence[Any]]) -> int | None:
    counts: dict[Row, Counter[str]] = {}
    for hub, before, came, *_ in cases:
        counts[hub] = Counter(all=before + came)
    return guard(asked, counts, ["all"]).sum_of(asked.hub)


def _each(number: int | None, people: int | None) -> Cell:
    return None if number is None or not people else round(number / near(people), 1)


def _spread(hours: list[float]) -> tuple[Cell, ...]:
    if len(hours) < FEWEST:
        return None, None, None
    ranked = sorted(hours)
    return len(ranked), round(median(ranked), 1), round(ranked[int(0.9 * (len(ranked) - 1))], 1)
