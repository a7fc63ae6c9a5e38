"""The page of a search: someone found by reference, phone number or name."""

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import Response

from api.console.access import sees
from api.console.pages import draw
from api.staff.access import Visit
from api.staff.search import find
from waitingroom.people_search import Found
from waitingroom.roles import Scope

router = APIRouter(tags=["console"], include_in_schema=False)

SHORTEST = 2
STATES = {
    "waiting": "Waiting",
    "picked_up": "Picked up",
    "closed": "Closed",
    "withdrawn": "Taken back by them",
    "signposted": "Went somewhere themselves",
}


@router.get("/staff/search", operation_id="searchPage")
async def search_page(
    visit: Annotated[Visit, sees(Scope.PERSON_READ)], q: Annotated[str, Query(max_length=100)] = ""
) -> Response:
    """Show who was found, by name."""
    found = await find(visit, q) if len(q.strip()) >= SHORTEST else Found([])
    facts = {"q": q.strip(), "found": found, "states": STATES, "here": "/staff/more"}
    return draw(visit, "search.html", facts)
