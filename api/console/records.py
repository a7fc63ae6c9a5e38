"""Records in the console: a readable copy of all that is held of someone, how long it is kept, and legal holds."""

import uuid
from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Form
from fastapi.responses import Response

from api.console import record_words
from api.console.access import sees
from api.console.done import finish
from api.console.pages import draw
from api.console.proof import does_proved
from api.staff.access import Deed, Visit
from api.staff.models import named
from api.staff.records import LONGEST_REASON
from bot import reading
from waitingroom import legal_holds, people, referrals, subject_access
from waitingroom.database import Session
from waitingroom.record_classes import RULES
from waitingroom.roles import Scope

router = APIRouter(tags=["console"], include_in_schema=False)

PAGE = "/staff/records"
HERE = {"here": "/staff/more"}
SHORTEST_REASON = 10
DONE: Mapping[str, str] = {
    "held": "From now on nothing of theirs is deleted.",
    "lifted": "The hold is lifted: what is due goes again.",
}
SAY_WHY = f"Say why, in {SHORTEST_REASON} to {LONGEST_REASON} characters."
Keeps = Annotated[Visit, sees(Scope.RECORD_WRITE)]
Does = Annotated[Deed, does_proved(Scope.RECORD_WRITE)]


@router.get(PAGE, operation_id="recordsPage")
async def records_page(visit: Keeps, done: str = "") -> Response:
    """Say how long each class of record is kept, and list the legal holds that stand."""
    async with visit.house.database.transaction() as session:
        found = await legal_holds.listed(session, hub_id=visit.caller.hub_id)
        holds = [(hold, legal_holds.reason_of(session, hold)) for hold in found]
    keeps = visit.house.desk.service.keeps
    rules = [(rule, rule.kept(keeps)) for rule in RULES.values()]
    return draw(visit, "records.html", {"holds": holds, "rules": rules, "done": DONE.get(done, "")} | HERE)


@router.get("/staff/people/{person_id}/record", operation_id="recordPage")
async def record_page(
    person_id: uuid.UUID, visit: Keeps, done: str = "", *, third_party: bool = False
) -> Response:
    """Show a copy of all that is held of someone, to read or print, and whether there is a legal hold."""
    return await _record(visit, person_id, third_party=third_party, done=DONE.get(done, ""))


@router.get("/staff/people/{person_id}/referrals", operation_id="referralsPage")
async def referrals_page(person_id: uuid.UUID, visit: Annotated[Visit, sees(Scope.PERSON_READ)]) -> Response:
    """List every referral of one person, the newest first."""
    async with visit.house.database.transaction() as session:
        about = people.about(session, await people.person(session, person_id))
        found = await referrals.of_person(session, person_id=person_id)
    needs = visit.house.desk.service.content.needs
    lines = [(one, ", ".join(need.label for need in named(one.needs, needs))) for one in found]
    return draw(visit, "referrals.html", {"name": about.name, "person_id": person_id, "lines": lines})


@router.post("/staff/people/{person_id}/legal-holds", operation_id="placeLegalHoldForm")
async def place(
    person_id: uuid.UUID, deed: Does, *, reason: Annotated[str, Form(max_length=4000)] = ""
) -> Response:
    """Have all that is held of someone kept. Asks for a fresh code."""
    why = reading.clean(reason)
    if not SHORTEST_REASON <= len(why) <= LONGEST_REASON:
        return await _record(deed, person_id, SAY_WHY, 422, typed=reason)

    async def work(session: Session) -> str:
        who = deed.caller.staff_id
        await legal_holds.place(session, person_id=person_id, reason=why, staff_id=who, now=deed.now)
        return f"/staff/people/{person_id}/record?done=held"

    return await finish(
        deed, work, again=lambda words, status: _record(deed, person_id, words, status, typed=reason)
    )


@router.post("/staff/legal-holds/{hold_id}/lift", operation_id="liftLegalHoldForm")
async def lift(hold_id: uuid.UUID, deed: Does, version: Annotated[int, Form(ge=1)]) -> Response:
    """Lift a legal hold. Asks for a fresh code."""
    async with deed.house.database.transaction() as session:
        person_id = (await legal_holds.find(session, hold_id=hold_id)).person_id

    async def work(session: Session) -> str:
        who = deed.caller.staff_id
        await legal_holds.lift(session, hold_id=hold_id, version=version, staff_id=who, now=deed.now)
        return f"{PAGE}?done=lifted"

    return await finish(deed, work, again=lambda words, status: _record(deed, person_id, words, status))


async def _record(
    visit: Visit,
    person_id: uuid.UUID,
    problem: str = "",
    status: int = 200,
    *,
    third_party: bool = False,
    typed: str = "",
    done: str = "",
) -> Response:
    async with visit.house.database.transaction() as session:
        about = people.about(session, await people.person(session, person_id))
        found = await subject_access.record(session, person_id=person_id, now=visit.now, third_party=third_party)
        held = await legal_holds.of_person(session, person_id=person_id)
    zone = visit.house.desk.service.zone
    facts = {
        "name": about.name,
        "found": found,
        "parts": [
            (part.title, [(row, record_words.lines(row, zone)) for row in part.rows], part.table)
            for part in found.parts
        ],
        "hold": next((hold for hold in held if hold.lifted_at is None), None),
        "third_party": third_party,
        "problem": problem,
        "typed": typed,
        "done": done,
    }
    return draw(visit, "record.html", facts | HERE, status=status)
