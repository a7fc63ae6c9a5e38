"""The audit in the console: what one did oneself, what was done in the hub, who opened one person."""

import uuid
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from api.console.access import sees
from api.console.pages import draw
from api.staff.access import Visit
from api.staff.audit import AuditLines, lines_of, opened_from_elsewhere
from waitingroom import unusual
from waitingroom.roles import Scope
from waitingroom.unusual import Unusual, Why

router = APIRouter(tags=["console"], include_in_schema=False)
SHOWN = 50
Sees = Annotated[Visit, sees()]
Cursor = Annotated[str | None, Query(alias="cursor", max_length=400)]
WHY = {
    Why.FROM_ELSEWHERE: "opened from another hub, with a reason",
    Why.SAME_SURNAME: "has the same last name",
    Why.NOT_THEIR_CASE: "never picked them up, wrote to them or did anything for them",
}


@router.get("/staff/audit", operation_id="auditPage")
async def audit_page(request: Request, visit: Sees, *, mine: bool = False, cursor_: Cursor = None) -> Response:
    """Show what was seen and done: by whoever visits, and to leads and auditors by others."""
    for_others = Scope.AUDIT_READ in visit.caller.scopes
    own = mine or not for_others
    lines = await lines_of(request, visit, mine=own, limit=SHOWN, told_cursor=cursor_)
    week: list[Unusual] = []
    if for_others and not own:
        async with visit.house.database.transaction() as session:
            week = await unusual.of_week(session, hub_id=visit.caller.hub_id, now=visit.now)
    facts: dict[str, object] = {
        "own": own,
        "for_others": for_others,
        "unusual": week,
        "why": WHY,
        "opened": await opened_from_elsewhere(visit) if for_others and not own else [],
    }
    return _drawn(visit, lines, "What you did" if own else "Who saw and did what", facts)


@router.get("/staff/people/{person_id}/audit", operation_id="personAuditPage")
async def person_audit_page(
    person_id: uuid.UUID, request: Request, visit: Sees, *, cursor_: Cursor = None
) -> Response:
    """Show who opened one person, and what was done for them."""
    lines = await lines_of(request, visit, person_id=person_id, limit=SHOWN, told_cursor=cursor_)
    return _drawn(visit, lines, "Who opened this person", {"person_id": person_id})


def _drawn(visit: Visit, lines: AuditLines, title: str, facts: dict[str, object]) -> Response:
    zone = visit.house.desk.service.zone
    shown = [(line, line.at.astimezone(zone)) for line in lines.entries]
    every = {"title": title, "lines": shown, "next": lines.next, "zone": zone}
    return draw(visit, "audit.html", {"person_id": None, "own": True, "for_others": False, **every, **facts})
