"""The page of one's caseload: whom one carries, when they are next; and for leads, what everyone carries."""

import uuid
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from api.console.access import does, sees
from api.console.done import Again, finish
from api.console.pages import draw
from api.console.tasks import day_of
from api.staff.access import Deed, HandoffId, Visit
from api.staff.caseload import usual_cap
from api.staff.to_dos import today_of
from api.staff.work_models import LONGEST_LINE
from bot import reading, transferring
from waitingroom import caseload, helping, loads, to_dos
from waitingroom.database import Session
from waitingroom.errors import RefusedError
from waitingroom.roles import Role, Scope

router = APIRouter(tags=["console"], include_in_schema=False)

PAGE = "/staff/caseload"
DONE = {
    "next": "The day is set.",
    "weight": "The weight is set.",
    "transferred": "They are with your colleague now, and will be told.",
}
WEIGHTS = {1: "1, light", 2: "2, usual", 3: "3, heavy"}
Reads = Annotated[Visit, sees(Scope.PERSON_READ)]
Changes = Annotated[Deed, does(Scope.REFERRAL_WRITE)]
Text = Annotated[str, Form(max_length=2000)]


class NoReasonError(RefusedError):
    """Write in one line why they go to a colleague."""


class NobodyChosenError(RefusedError):
    """Choose a colleague."""


@router.get(PAGE, operation_id="caseloadPage")
async def caseload_page(visit: Reads, done: str = "") -> Response:
    """Show whom you carry; to a lead, what everyone of the hub carries, by name."""
    return await _page(visit, done=DONE.get(done, ""))


@router.post("/staff/handoffs/{handoff_id}/next-contact", operation_id="nextContactForm")
async def contact_on(
    handoff_id: HandoffId, deed: Changes, on: Text = "", came: Annotated[str, Form(alias="from")] = ""
) -> Response:
    """Set the day someone is contacted next."""

    async def work(session: Session) -> str:
        me = deed.caller.staff_id
        held = await caseload.hold_mine(session, handoff_id=handoff_id, staff_id=me)
        await to_dos.contact_on(
            session, conversation_id=held.conversation_id, day=day_of(on), staff_id=me, now=deed.now
        )
        return f"/staff/handoffs/{handoff_id}?done=noted#to-dos" if came == "person" else f"{PAGE}?done=next"

    return await finish(deed, work, again=_again(deed))


@router.post("/staff/handoffs/{handoff_id}/weight", operation_id="weightForm")
async def weigh(request: Request, handoff_id: HandoffId, deed: Changes) -> Response:
    """Set what someone weighs in your caseload."""
    form = await request.form()
    told = str(form.get("weight", ""))

    async def work(session: Session) -> str:
        held = await caseload.hold(session, handoff_id=handoff_id)
        weight = int(told) if told in {"1", "2", "3"} else None
        version = _version(str(form.get("version", "")))
        await loads.weigh(session, handoff=held, weight=weight, caller=deed.caller, version=version)
        return f"{PAGE}?done=weight"

    return await finish(deed, work, again=_again(deed))


@router.post("/staff/handoffs/{handoff_id}/transfer", operation_id="transferForm")
async def transfer(
    handoff_id: HandoffId, deed: Changes, to: Text = "", why: Text = "", version: Text = ""
) -> Response:
    """Give someone to a colleague."""

    async def work(session: Session) -> str:
        line = reading.clean(why)
        if not line or len(line) > LONGEST_LINE:
            raise NoReasonError
        held = await caseload.hold(session, handoff_id=handoff_id)
        await transferring.transfer(
            session,
            deed.house.desk,
            handoff=held,
            to_id=_chosen(to),
            caller=deed.caller,
            version=_version(version),
            why=line,
            people_a_year=deed.house.settings.people_a_year,
            now=deed.now,
        )
        return f"{PAGE}?done=transferred"

    return await finish(deed, work, again=_again(deed))


def _chosen(told: str) -> uuid.UUID:
    try:
        return uuid.UUID(told)
    except ValueError:
        raise NobodyChosenError from None


def _version(told: str) -> int:
    return int(told) if told.isdecimal() and len(told) < 10 else 0


def _again(deed: Deed) -> Again:
    async def again(trouble: str, status: int) -> Response:
        return await _page(deed, trouble=trouble, status=status)

    return again


async def _page(visit: Visit, *, done: str = "", trouble: str = "", status: int = 200) -> Response:
    today, cap, who = today_of(visit), usual_cap(visit), visit.caller
    async with visit.house.database.transaction() as session:
        load = await loads.load(session, caller=who, cap=cap, today=today)
        cases = await loads.cases(session, staff_id=who.staff_id)
        leads = Scope.STAFF_WRITE in who.scopes
        team = await loads.team(session, hub_id=who.hub_id, cap=cap, today=today) if leads else []
        others = await helping.colleagues(session, hub_id=who.hub_id)
    needs = visit.house.desk.service.content.needs
    facts = {
        "load": load,
        "cases": cases,
        "team": team,
        "colleagues": [one for one in others if one.role is not Role.PROVIDER and one.id != who.staff_id],
        "needs": {key: need.label for key, need in needs.items()},
        "weights": WEIGHTS,
        "today": today,
        "trouble": trouble,
        "done": done,
        "may_write": Scope.REFERRAL_WRITE in who.scopes,
        "here": PAGE,
    }
    return draw(visit, "caseload.html", facts, status=status)
