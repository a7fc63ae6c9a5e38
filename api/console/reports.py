"""Reports in the console: each table under its picture, as a spreadsheet too, and the quarter's page to print."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from fastapi.responses import Response
from markupsafe import Markup

from api import reports
from api.console.access import sees
from api.console.pages import draw
from api.report_charts import drawn
from api.staff.access import Visit
from api.staff.reports import SHEET, sheet_of
from waitingroom import hubs
from waitingroom.quarters import PATTERN, Quarter
from waitingroom.roles import Scope

router = APIRouter(prefix="/staff/reports", include_in_schema=False)
HERE = "/staff/reports"
BACK = 8
"""How many quarters can be chosen from the page; older ones by their address."""
TITLES = {
    "arrivals": "Who came",
    "waits": "Waiting",
    "work": "What link workers did",
    "outcomes": "Outcomes",
    "keeping": "How people were kept company",
    "equity": "Who comes, and how they fare",
    "delivery": "Messages",
    "unmet-need": "Needs with little near",
    "drop-off": "Where people stop",
}
PARTS = {
    "Who came": ("arrivals_",),
    "Waiting": ("waits_", "waiting_", "still_waiting", "met_"),
    "What link workers did": ("activities", "cases", "caseload_now", "answers", "endings"),
    "How people fared": ("outcomes",),
    "How people were kept company": ("kept_company", "pieces", "groups"),
    "Who we reach": ("equity_",),
    "Messages": ("messages", "ways", "cost"),
    "Needs with little near": ("needs_and_services",),
}
"""The chapters of the quarterly report, and how the keys of their tables begin."""
Reads = Annotated[Visit, sees(Scope.REPORT_READ)]
Name = Annotated[str, Path(max_length=40)]
InQuarter = Annotated[str, Query(pattern=f"^({PATTERN})?$")]
OfHub = Annotated[str, Query(max_length=40)]


@dataclass(frozen=True)
class Drawn:
    """One table as the page shows it."""

    table: reports.TableTold
    chart: Markup


def pictured(tables: Sequence[reports.TableTold]) -> list[Drawn]:
    """Draw each table that has a picture; what goes into one is escaped where it is drawn."""
    return [Drawn(one, Markup(drawn(one, one.chart, one.charted))) for one in tables]  # noqa: S704


@router.get("", operation_id="reportsPage")
async def reports_page(visit: Reads) -> Response:
    """Show which reports there are."""
    facts = await _choices(visit, "", "")
    return draw(visit, "reports.html", {**facts, "here": HERE, "titles": TITLES, "report": None, "tables": []})


@router.get("/quarterly", operation_id="quarterlyPage")
async def quarterly_page(visit: Reads, quarter: InQuarter = "", hub: OfHub = "") -> Response:
    """Show the quarterly report for a health and wellbeing board, as it prints."""
    told = await _made(visit, reports.QUARTERLY, quarter, hub)
    chapters = {
        title: pictured([one for one in told.tables if one.key.startswith(begins)])
        for title, begins in PARTS.items()
    }
    facts: dict[str, Any] = {"report": told, "chapters": chapters, "figures": _first_figures(told)}
    return draw(visit, "quarterly.html", {**facts, "here": HERE, **await _choices(visit, quarter, hub)})


@router.get("/{name}.csv", operation_id="reportSheet")
async def report_sheet(
    name: Name,
    visit: Reads,
    quarter: InQuarter = "",
    hub: OfHub = "",
    table: Annotated[str, Query(max_length=60)] = "",
) -> Response:
    """Give a report, or one of its tables, as a spreadsheet."""
    return sheet_of(await _made(visit, name.removesuffix(SHEET), quarter, hub), table or None)


@router.get("/{name}", operation_id="reportPage")
async def report_page(name: Name, visit: Reads, quarter: InQuarter = "", hub: OfHub = "") -> Response:
    """Show one report, each table under its picture."""
    told = await _made(visit, name, quarter, hub)
    facts = {"report": told, "tables": pictured(told.tables), "titles": TITLES, "here": HERE}
    return draw(visit, "reports.html", {**facts, **await _choices(visit, quarter, hub)})


async def _made(visit: Visit, name: str, quarter: str, hub: str) -> reports.ReportTold:
    async with visit.house.database.transaction() as session:
        made = await reports.made(session, visit, name, quarter=quarter or None, hub=_hub(hub))
    return reports.told(made, visit.house.desk.service)


async def _choices(visit: Visit, quarter: str, hub: str) -> dict[str, object]:
    """Give what can be chosen: quarters that are over, and hubs where more than one's own may be seen."""
    last = Quarter.last_full(visit.now, visit.house.desk.service.zone)
    async with visit.house.database.transaction() as session:
        every = await hubs.listed(session) if visit.caller.hub_id is None else []
    chosen = quarter or last.name
    return {
        "quarters": [last.before(back) for back in range(BACK)],
        "hubs": [(str(one.id), one.name) for one in every],
        "quarter": chosen,
        "hub": hub,
        "asked": f"quarter={chosen}" + (f"&hub={_hub(hub)}" if hub else ""),
    }


def _first_figures(told: reports.ReportTold) -> list[tuple[str, str]]:
    """Give the figures a board asks for first, each with its words."""
    tables = {one.key: one for one in told.tables}

    def figure(table: str, line: str, column: int = 0) -> str:
        found = next((one for one in tables[table].lines if one.key == line), None)
        return found.figures[column].in_words if found else "not told"

    return [
        ("New referrals", figure("arrivals_by_quarter", told.quarter)),
        ("Cases at the start of the quarter", figure("cases", "at_the_start")),
        ("Cases at the end", figure("cases", "at_the_end")),
        ("Support activities", figure("activities", "all")),
        ("Activities for each case", figure("activities", "all", 2)),
        ("Half of those first spoken with had waited up to (weeks)", figure("waits_of_those_met", "all", 1)),
        ("9 in 10 had waited up to (weeks)", figure("waits_of_those_met", "all", 2)),
        ("Still waiting when the quarter ended", figure("waiting_at_the_end", "all")),
    ]


def _hub(told: str) -> uuid.UUID | None:
    """Read a hub's id; what is none is a hub that is not there."""
    try:
        return uuid.UUID(told) if told else None
    except ValueError:
        return uuid.UUID(int=0)
