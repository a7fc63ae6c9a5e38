"""The caseload in the staff API: what each carries, what a case weighs, and who takes over from whom."""

import uuid
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Path
from fastapi.responses import Response

from api.faults import documented
from api.staff.access import (
    ChangesReferrals,
    Deed,
    HandoffId,
    IfMatch,
    ReadsPeople,
    ReadsQueue,
    Visit,
    may,
    may_do,
)
from api.staff.handoffs import TAGGED
from api.staff.models import HandoffLine, line, named
from api.staff.work_models import (
    Capped,
    Capping,
    Caseload,
    Colleague,
    Colleagues,
    Team,
    Transferring,
    Weighing,
    case_told,
    load_told,
)
from bot import sharing, transferring
from waitingroom import caseload, helping, loads
from waitingroom.database import Session
from waitingroom.idempotency import Reply
from waitingroom.roles import Role, Scope

router = APIRouter()
SeesTeam = Annotated[Visit, may(Scope.STAFF_WRITE)]
SetsCaps = Annotated[Deed, may_do(Scope.STAFF_WRITE)]


@router.get("/caseload", operation_id="getCaseload", responses=documented(401, 403, 503))
async def get_caseload(visit: ReadsPeople) -> Caseload:
    """List whom you carry: whose next contact is due first, then those with none. Needs `person:read`."""
    today = _today(visit)
    async with visit.house.database.transaction() as session:
        load = await loads.load(session, caller=visit.caller, cap=usual_cap(visit), today=today)
        found = await loads.cases(session, staff_id=visit.caller.staff_id)
    needs = visit.house.desk.service.content.needs
    cases = [case_told(case, named(list(case.needs), needs), today=today) for case in found]
    return Caseload(load=load_told(load), cases=cases)


@router.get("/caseload/team", operation_id="getTeam", responses=documented(401, 403, 503))
async def get_team(visit: SeesTeam) -> Team:
    """Show what everyone of your hub carries, in numbers, by name and never by rank. Needs `staff:write`."""
    async with visit.house.database.transaction() as session:
        found = await loads.team(session, hub_id=visit.caller.hub_id, cap=usual_cap(visit), today=_today(visit))
    return Team(team=[load_told(load) for load in found])


@router.get("/colleagues", operation_id="listColleagues", responses=documented(401, 403, 503))
async def list_colleagues(visit: ReadsQueue) -> Colleagues:
    """List who works with people of your hub: whom to transfer to, or to ask for help. Needs `queue:read`."""
    async with visit.house.database.transaction() as session:
        found = await helping.colleagues(session, hub_id=visit.caller.hub_id)
    return Colleagues(
        colleagues=[
            Colleague(
                id=one.id,
                name=one.name,
                role=one.role,
                organisation=one.organisation,
                read_out=sharing.wording(one) if one.role is Role.PROVIDER else None,
            )
            for one in found
        ]
    )


@router.put(
    "/handoffs/{handoff_id}/weight",
    operation_id="setWeight",
    response_model=HandoffLine,
    responses=TAGGED | documented(400, 401, 403, 404, 409, 412, 413, 422, 428, 503),
)
async def weigh(handoff_id: HandoffId, deed: ChangesReferrals, read: IfMatch, weighing: Weighing) -> Response:
    """Set what someone you have weighs in your caseload. Needs the scope `referral:write`."""

    async def work(session: Session) -> Reply:
        held = await caseload.hold(session, handoff_id=handoff_id)
        version = read.version(held.version)
        await loads.weigh(session, handoff=held, weight=weighing.weight, caller=deed.caller, version=version)
        return await _reply(session, deed, handoff_id)

    return await deed.do(work)


@router.put(
    "/staff/{staff_id}/cap",
    operation_id="setCap",
    response_model=Capped,
    responses=documented(400, 401, 403, 404, 409, 413, 422, 503),
)
async def set_cap(
    staff_id: Annotated[uuid.UUID, Path(description="A member of staff's id.")], deed: SetsCaps, capping: Capping
) -> Response:
    """Set how much weight someone of your hub should carry at once. Needs the scope `staff:write`."""

    async def work(session: Session) -> Reply:
        await loads.set_cap(session, staff_id=staff_id, weight=capping.weight, caller=deed.caller, now=deed.now)
        return Reply(200, None, Capped(weight=capping.weight).model_dump_json())

    return await deed.do(work)


@router.post(
    "/handoffs/{handoff_id}/transfer",
    operation_id="transferHandoff",
    response_model=HandoffLine,
    responses=TAGGED | documented(400, 401, 403, 404, 409, 412, 413, 422, 428, 503),
)
async def transfer(
    handoff_id: HandoffId, deed: ChangesReferrals, read: IfMatch, transferring_: Transferring
) -> Response:
    """Give someone you have to a colleague of the hub; the person is told in one sentence.

    409 where that is more than the colleague should carry, unless a lead does it. Needs `referral:write`.
    """

    async def work(session: Session) -> Reply:
        held = await caseload.hold(session, handoff_id=handoff_id)
        await transferring.transfer(
            session,
            deed.house.desk,
            handoff=held,
            to_id=transferring_.to,
            caller=deed.caller,
            version=read.version(held.version),
            why=transferring_.why,
            people_a_year=deed.house.settings.people_a_year,
            now=deed.now,
        )
        return await _reply(session, deed, handoff_id)

    return await deed.do(work)


def usual_cap(visit: Visit) -> int:
    """Return how much weight anyone here should carry at once who has no cap of their own."""
    return loads.usual_cap(visit.house.settings.people_a_year)


def _today(visit: Visit) -> date:
    return visit.now.astimezone(visit.house.desk.service.zone).date()


async def _reply(session: Session, deed: Deed, handoff_id: uuid.UUID) -> Reply:
    found = await caseload.look(session, handoff_id=handoff_id)
    service = deed.house.desk.service
    shown = line(found, service.content.needs, target_weeks=service.target_weeks, now=deed.now)
    return Reply(200, shown.etag, shown.model_dump_json())
