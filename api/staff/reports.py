"""Reports in the staff API: each as JSON, or as a spreadsheet for whoever asks for one."""

import uuid
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response

from api import reports
from api.faults import documented
from api.safe_csv import TYPE, safe_csv
from api.staff.access import Visit, may
from waitingroom.quarters import PATTERN
from waitingroom.staff import Scope

router = APIRouter()
SHEET = ".csv"
ReadsReports = Annotated[Visit, may(Scope.REPORT_READ)]
Name = Annotated[
    str,
    Path(
        description=f"One of {', '.join(reports.MAKERS)}; with .csv at its end, as a spreadsheet.",
        examples=["arrivals", "waits.csv"],
    ),
]
InQuarter = Annotated[
    str | None,
    Query(
        pattern=f"^{PATTERN}$",
        description="A calendar quarter that has ended; without it, the last one.",
        examples=["2026-Q3"],
    ),
]
OfHub = Annotated[
    uuid.UUID | None, Query(description="A hub; without it the whole service, or the hub of whoever asks.")
]


@router.get(
    "/reports/{name}",
    operation_id="getReport",
    response_model=reports.ReportTold,
    responses={
        200: {"content": {"text/csv": {"schema": {"type": "string"}}}},
        **documented(401, 403, 404, 409, 422, 503),
    },
)
async def report(
    name: Name, visit: ReadsReports, request: Request, quarter: InQuarter = None, hub: OfHub = None
) -> Response:
    """Report on a whole quarter: numbers under 5 are not told, nor those that would give them away.

    As CSV with `Accept: text/csv`, or where the name ends in .csv. 409 for a quarter that has not ended. A hub
    that is not the caller's own is not there (404). Needs the scope `report:read`.
    """
    sheet = name.endswith(SHEET) or "text/csv" in request.headers.get("accept", "")
    async with visit.house.database.transaction() as session:
        made = await reports.made(session, visit, name.removesuffix(SHEET), quarter=quarter, hub=hub)
    told = reports.told(made, visit.house.desk.service)
    if sheet:
        return sheet_of(told)
    return Response(told.model_dump_json(), media_type="application/json")


def sheet_of(told: reports.ReportTold, only: str | None = None) -> Response:
    """Give a report, or `only` one of its tables, as a spreadsheet to keep. Raises NotFoundError."""
    name = "-".join(one for one in (told.name, only, told.quarter) if one)
    head = {"Content-Disposition": f'attachment; filename="{name}.csv"', "X-Content-Type-Options": "nosniff"}
    return Response(
        safe_csv(reports.as_rows(told, only)), media_type=TYPE, headers={**head, "Cache-Control": "no-store"}
    )
