"""Search in the staff API: someone found by reference, phone number or name. What was asked is kept nowhere."""

from typing import Annotated

from fastapi import APIRouter, Query

from api.faults import documented
from api.staff.access import ReadsPeople, Visit
from api.staff.work_models import PeopleFound, person_line
from bot.reading.searches import searched
from waitingroom import people_search
from waitingroom.name_words import parts
from waitingroom.people_search import Asked, Found

router = APIRouter()


@router.get("/people", operation_id="searchPeople", responses=documented(401, 403, 422, 503))
async def search_people(
    visit: ReadsPeople,
    q: Annotated[
        str,
        Query(
            min_length=2,
            max_length=100,
            description="A reference, a phone number, or words of a name (three letters of one at least), with a "
            "year of birth or without.",
            examples=["ann 1954"],
        ),
    ],
) -> PeopleFound:
    """Find someone of your hub. Needs the scope `person:read`."""
    found = await find(visit, q)
    return PeopleFound(
        people=[person_line(line) for line in found.lines], more=found.more, elsewhere=found.elsewhere
    )


async def find(visit: Visit, told: str) -> Found:
    """Read what was typed, and look for it."""
    asked = searched(told, allow_drama_numbers=visit.house.desk.service.drama_numbers)
    sought = Asked(reference=asked.reference, phone=asked.phone, words=parts(asked.name), born=asked.born)
    async with visit.house.database.transaction() as session:
        return await people_search.search(session, asked=sought, hub_id=visit.caller.hub_id)
