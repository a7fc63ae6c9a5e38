"""Arrivals: who came in a quarter, by what they need, where they live, how they write and who suggested it."""

import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from waitingroom.database import Session
from waitingroom.quarters import Quarter
from waitingroom.referrals import Source
from waitingroom.report_tables import Asked, Line, Report, Table, breakdown_table, count, guard
from waitingroom.small_numbers import Row

QUARTERS = 8
"""How many quarters the trend goes back."""

COLUMNS = """
SELECT r.id, r.person_id, v.hub_id, r.source, r.needs, p.area, COALESCE(v.language_wanted, p.language) AS language,
       COALESCE(c.channel, 'by hand') AS channel, r.joined_at, r.contacted_at, r.ended_at
FROM referral r JOIN conversation v ON v.id = r.conversation_id JOIN person p ON p.id = r.person_id
LEFT JOIN contact c ON c.id = v.contact_id
"""
ARRIVED = f"{COLUMNS} WHERE r.joined_at >= $1 AND r.joined_at < $2"
TREND = """
SELECT v.hub_id, to_char(date_trunc('quarter', r.joined_at AT TIME ZONE $3), 'YYYY"-Q"Q') AS quarter, count(*)
FROM referral r JOIN conversation v ON v.id = r.conversation_id
WHERE r.joined_at >= $1 AND r.joined_at < $2 GROUP BY 1, 2
"""
SERVED = """
SELECT need, count(*) FROM service s, unnest(s.needs) AS need
WHERE s.status = 'active'
  AND ($1::uuid IS NULL OR s.virtual OR s.outward = ANY((SELECT areas FROM hub WHERE id = $1)::varchar[]))
GROUP BY need
"""


@dataclass(frozen=True, slots=True)
class Arrival:
    """One referral, as far as it is counted by."""

    referral_id: uuid.UUID
    person_id: uuid.UUID
    hub_id: uuid.UUID | None
    source: str
    needs: list[str]
    area: str
    language: str
    channel: str
    joined_at: datetime
    contacted_at: datetime | None
    ended_at: datetime | None


BY: Mapping[str, Callable[[Arrival], Iterable[str]]] = {
    "need": lambda one: one.needs,
    "area": lambda one: (one.area,),
    "channel": lambda one: (one.channel,),
    "source": lambda one: (one.source,),
    "language": lambda one: (one.language,),
}
"""What people are counted by, and how each is told of a referral."""
OF = {
    "need": "What they want help with",
    "area": "Where they live",
    "channel": "How they write to us",
    "source": "Who suggested it",
    "language": "Language",
}
MORE_THAN_ONE = "Many people have more than one need, so these add up to more than the people who came."


async def arrived(session: Session, asked: Asked) -> list[Arrival]:
    """List the referrals made in the quarter, in every hub: only `count` may tell figures of them."""
    return await listed(session, asked, ARRIVED, *asked.bounds)


async def listed(session: Session, asked: Asked, statement: str, *facts: datetime) -> list[Arrival]:
    """List the referrals a statement finds; once for a report, however many of its parts ask."""
    key = f"{statement} {facts}"
    if key not in asked.fetched:
        asked.fetched[key] = [Arrival(*row) for row in await session.driver.fetch(statement, *facts)]
    found: list[Arrival] = asked.fetched[key]
    return found


async def report(session: Session, asked: Asked, *, needs: Iterable[str]) -> Report:
    """Report who came in the quarter. `needs`: every need there is."""
    came = await arrived(session, asked)
    tables = [await trend(session, asked), by_month(asked, came)]
    tables += [breakdown(asked, came, by, needs=needs) for by in BY]
    return Report("arrivals", "Who came", tuple(tables))


def by_month(asked: Asked, came: list[Arrival]) -> Table:
    """Count those who came by month."""
    found = count(
        asked,
        came,
        lambda one: (f"{(day := one.joined_at.astimezone(asked.zone)).year}-{day.month:02}",),
        columns=asked.quarter.months(),
    )
    table = Table("arrivals_by_month", "New referrals by month", "Month", ("Referrals",), (), chart="bars")
    return breakdown_table(asked, found, table)


def breakdown(asked: Asked, came: list[Arrival], by: str, *, needs: Iterable[str]) -> Table:
    """Count those who came by one thing about them."""
    known = {"need": list(needs), "source": [one.value for one in Source]}
    columns = known.get(by)
    if columns is not None:
        columns += sorted({name for one in came for name in BY[by](one)} - set(columns))
    found = count(asked, came, BY[by], columns)
    note = MORE_THAN_ONE if by == "need" else ""
    title = f"New referrals: {OF[by].lower()}"
    table = Table(f"arrivals_by_{by}", title, OF[by], ("Referrals",), (), note, chart="bars")
    return breakdown_table(asked, found, table)


async def trend(session: Session, asked: Asked) -> Table:
    """Count referrals by quarter, from two years ago on."""
    quarters = [asked.quarter.before(back) for back in reversed(range(QUARTERS))]
    found = await session.driver.fetch(TREND, *_bounds(asked, quarters), asked.zone.key)
    lines = []
    for quarter in quarters:
        counts: dict[Row, Counter[str]] = {hub: Counter(all=n) for hub, name, n in found if name == quarter.name}
        lines.append(Line(quarter.name, (guard(asked, counts, ["all"]).sum_of(asked.hub),)))
    title = "New referrals, quarter by quarter"
    return Table("arrivals_by_quarter", title, "Quarter", ("Referrals",), tuple(lines), chart="lines")


async def unmet(session: Session, asked: Asked, *, needs: Iterable[str]) -> Report:
    """Report for each need how many came with it, and how many services near the directory knows for it today."""
    came = await arrived(session, asked)
    wanted = breakdown(asked, came, "need", needs=needs)
    hub = asked.hub if isinstance(asked.hub, uuid.UUID) else None
    served = dict(await session.driver.fetch(SERVED, hub))
    lines = tuple(Line(line.key, (*line.cells, served.get(line.key, 0))) for line in wanted.lines)
    heads = ("Referrals", "Services known")
    note = f"{MORE_THAN_ONE} Services are those open in our directory today, of the hub's own areas or online."
    table = Table("needs_and_services", "Needs, and services for them", OF["need"], heads, lines, note)
    return Report("unmet-need", "Needs with little near", (table,))


def _bounds(asked: Asked, quarters: list[Quarter]) -> tuple[datetime, datetime]:
    return quarters[0].bounds(asked.zone)[0], quarters[-1].bounds(asked.zone)[1]
