"""More: the places of the console that need no tab of their own, and the keyboard shortcuts."""

from typing import Annotated

from fastapi import APIRouter, Response

from api.console.access import sees
from api.console.pages import Place, draw
from api.staff.access import Visit
from waitingroom.roles import Scope

router = APIRouter(tags=["console"], include_in_schema=False)

Anyone = Annotated[Visit, sees()]
PLACES = (
    Place("Find someone", "/staff/search", frozenset({Scope.PERSON_READ})),
    Place("Help asked of you", "/staff/help", frozenset({Scope.HELP_GIVE, Scope.PERSON_READ})),
    Place("Away days, and who reads for you", "/staff/away", frozenset({Scope.QUEUE_READ})),
    Place("May be one person", "/staff/matches", frozenset({Scope.QUEUE_READ})),
    Place("Complaints and requests", "/staff/complaints", frozenset({Scope.QUEUE_READ})),
    Place("Records and legal holds", "/staff/records", frozenset({Scope.RECORD_WRITE})),
    Place("Who saw and did what", "/staff/audit", frozenset({Scope.AUDIT_READ})),
    Place("Team, invitations and keys of programs", "/staff/team", frozenset({Scope.STAFF_WRITE})),
    Place("Programs that are told", "/staff/hooks", frozenset({Scope.HOOK_WRITE})),
    Place("Your account", "/staff/account"),
    Place("Keyboard shortcuts", "/staff/shortcuts"),
)


@router.get("/staff/more", operation_id="morePage")
async def more_page(visit: Anyone) -> Response:
    """List the other places one can go."""
    return draw(visit, "more.html", {"more": [one for one in PLACES if one.open_to(visit)], "here": "/staff/more"})


@router.get("/staff/shortcuts", operation_id="shortcutsPage")
async def shortcuts_page(visit: Anyone) -> Response:
    """Show the keyboard shortcuts on a page of their own."""
    return draw(visit, "shortcuts.html", {"here": "/staff/more"})
