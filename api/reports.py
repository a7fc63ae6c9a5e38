"""Reports as they are given out: made for whoever asks, in words, as JSON or as a spreadsheet."""

import uuid
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from pydantic import BaseModel, Field

from api.report_words import TALKS, labels
from api.staff.access import Visit
from bot.drop_off import COUNTED
from bot.service import Service
from content.equality import questions_for
from waitingroom import (
    hubs,
    report_arrivals,
    report_drop_off,
    report_equity,
    report_keeping,
    report_outcomes,
    report_waits,
    report_work,
)
from waitingroom.database import Session
from waitingroom.errors import NotFoundError
from waitingroom.quarters import Quarter
from waitingroom.report_equity import Grouping
from waitingroom.report_outcomes import Question
from waitingroom.report_tables import Asked, Cell, Report, Table
from waitingroom.report_work import Hours
from waitingroom.small_numbers import UNTOLD, WHOLE

QUARTERLY = "quarterly"
COMPARED = "ons4", "satisfied"
"""The question whose change is compared between groups: satisfaction with life (ONS personal well-being)."""


class FigureTold(BaseModel):
    """One figure; null where it may not be told, or there is none."""

    value: int | float | None = Field(examples=[700])
    in_words: str = Field(examples=["700", "not told"])


class LineTold(BaseModel):
    """One line of a table, with a figure for each head."""

    key: str = Field(examples=["lonely"])
    label: str = Field(examples=["Feeling lonely or cut off"])
    figures: list[FigureTold]


class TableTold(BaseModel):
    """One table of a report."""

    key: str = Field(examples=["arrivals_by_need"])
    title: str = Field(examples=["New referrals: what they want help with"])
    of: str = Field(description="What its lines are of.", examples=["What they want help with"])
    heads: list[str] = Field(description="What its figures are.", examples=[["Referrals"]])
    lines: list[LineTold]
    note: str = Field(description="What must be known to read it.")
    chart: str = Field(default="", exclude=True)
    charted: int = Field(default=1, exclude=True)


class ReportTold(BaseModel):
    """A report on one quarter. Numbers under 5 are not told, nor those that would give them away."""

    name: str = Field(examples=["arrivals"])
    title: str = Field(examples=["Who came"])
    quarter: str = Field(examples=["2026-Q3"])
    quarter_in_words: str = Field(examples=["July to September 2026"])
    hub: uuid.UUID | None = Field(description="Null: the whole service.")
    hub_name: str = Field(examples=["North"])
    made_at: datetime
    tables: list[TableTold]


@dataclass(frozen=True)
class Made:
    """A report that was made, and what it is on."""

    report: Report
    asked: Asked
    hub_name: str


async def asked_for(
    session: Session, visit: Visit, quarter: str | None, hub: uuid.UUID | None
) -> tuple[Asked, str]:
    """Say what is reported on: without names, the last full quarter, and the caller's own hub if they have one.

    Returns it with the hub's name. Raises NotOverError; NotFoundError for a hub that is not there, or not theirs.
    """
    zone = visit.house.desk.service.zone
    which = Quarter.named(quarter) if quarter else Quarter.last_full(visit.now, zone)
    which.check_over(visit.now, zone)
    own = visit.caller.hub_id
    if own is not None and hub not in {None, own}:
        raise NotFoundError
    wanted = hub or own
    every = {one.id: one.name for one in await hubs.listed(session)}
    if wanted is not None and wanted not in every:
        raise NotFoundError
    asked = Asked(which, WHOLE if wanted is None else wanted, tuple(every), zone, visit.now)
    return asked, "Whole service" if wanted is None else every[wanted]


async def made(
    session: Session, visit: Visit, name: str, *, quarter: str | None = None, hub: uuid.UUID | None = None
) -> Made:
    """Make the report called `name`. Raises NotFoundError where there is none, and what `asked_for` raises."""
    if name not in MAKERS:
        raise NotFoundError
    asked, hub_name = await asked_for(session, visit, quarter, hub)
    return Made(await MAKERS[name](session, asked, visit), asked, hub_name)


def told(one: Made, service: Service) -> ReportTold:
    """Put a report in words."""
    hub = one.asked.hub
    return ReportTold(
        name=one.report.name,
        title=one.report.title,
        quarter=one.asked.quarter.name,
        quarter_in_words=one.asked.quarter.words,
        hub=hub if isinstance(hub, uuid.UUID) else None,
        hub_name=one.hub_name,
        made_at=one.asked.now,
        tables=[_table(table, service) for table in one.report.tables],
    )


def as_rows(report: ReportTold, only: str | None = None) -> Iterator[list[Cell]]:
    """Write a report as rows of a spreadsheet, table under table; `only` one of them. Raises NotFoundError."""
    tables = [table for table in report.tables if only in {None, table.key}]
    if not tables:
        raise NotFoundError
    yield [report.title, report.quarter_in_words, report.hub_name]
    for table in tables:
        yield []
        yield [table.title]
        yield [table.of, *table.heads]
        for line in table.lines:
            yield [line.label, *(one.in_words if one.value is None else one.value for one in line.figures)]
        if table.note:
            yield [table.note]


def _table(table: Table, service: Service) -> TableTold:
    named = labels(service, table.key, [line.key for line in table.lines])
    lines = [
        LineTold(key=line.key, label=words, figures=[_figure(cell) for cell in line.cells])
        for words, line in zip(named, table.lines, strict=True)
    ]
    title = TALKS.get(table.title, table.title) if table.key.startswith("drop_off_") else table.title
    return TableTold(
        key=table.key,
        title=title,
        of=table.of,
        heads=list(table.heads),
        lines=lines,
        note=table.note,
        chart=table.chart,
        charted=table.charted,
    )


def _figure(cell: Cell) -> FigureTold:
    if cell is None or isinstance(cell, str):
        return FigureTold(value=None, in_words=UNTOLD if cell is None else cell)
    whole = float(cell).is_integer()
    return FigureTold(value=cell, in_words=f"{cell:,.0f}" if whole else f"{cell:,}")


def _questions(service: Service) -> list[Question]:
    measures = service.content.measures
    return [
        Question(name, one.key, one.better == "higher")
        for name, measure in measures.items()
        for one in measure.questions
        if one.kind != "words" and one.better
    ]


def _groupings(service: Service) -> list[Grouping]:
    asked = questions_for(service.content.equality, service.nation).questions()
    return [Grouping(one.key, one.asks, tuple(one.counted)) for one in asked if not one.after]


def _hours(service: Service) -> Hours:
    holidays = service.content.bank_holidays.of(service.nation)
    return Hours(service.opens, service.closes, holidays, service.zone)


Maker = Callable[[Session, Asked, Visit], Awaitable[Report]]


async def _equity(session: Session, asked: Asked, visit: Visit) -> Report:
    service = visit.house.desk.service
    compared = next((one for one in _questions(service) if (one.measure, one.key) == COMPARED), None)
    return await report_equity.report(session, asked, groupings=_groupings(service), change=compared)


async def _quarterly(session: Session, asked: Asked, visit: Visit) -> Report:
    """Put together what a health and wellbeing board reads: every other report's tables, in its order."""
    parts = [await MAKERS[name](session, asked, visit) for name in BOARD]
    tables = tuple(table for part in parts for table in part.tables)
    return Report(QUARTERLY, "Quarterly report", tables)


MAKERS: Mapping[str, Maker] = {
    "arrivals": lambda s, a, v: report_arrivals.report(s, a, needs=v.house.desk.service.content.needs),
    "waits": lambda s, a, v: report_waits.report(s, a, needs=v.house.desk.service.content.needs),
    "work": lambda s, a, v: report_work.report(s, a, hours=_hours(v.house.desk.service)),
    "outcomes": lambda s, a, v: report_outcomes.report(s, a, questions=_questions(v.house.desk.service)),
    "keeping": lambda s, a, _v: report_keeping.report(s, a),
    "delivery": lambda s, a, v: report_keeping.delivery(s, a, pence=v.house.settings.sms_pence),
    "equity": _equity,
    "unmet-need": lambda s, a, v: report_arrivals.unmet(s, a, needs=v.house.desk.service.content.needs),
    "drop-off": lambda s, a, _v: report_drop_off.report(s, a, flows=COUNTED),
    QUARTERLY: _quarterly,
}
"""Every report there is, by its name."""
BOARD = ("arrivals", "waits", "work", "outcomes", "keeping", "equity", "delivery", "unmet-need")
"""What the quarterly report is made of."""
