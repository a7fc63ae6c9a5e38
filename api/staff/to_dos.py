"""To-dos in the staff API: what link workers set themselves to do, by when, and for whom."""

import uuid
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Path, Query
from fastapi.responses import Response

from api.faults import documented
from api.staff.access import ChangesReferrals, Deed, HandoffId, IfMatch, ReadsPeople, Visit
from api.staff.handoffs import TAGGED
from api.staff.work_models import NextContact, Ticked, ToDoAsked, ToDoChange, ToDos, ToDoTold, to_do_told
from waitingroom import caseload, to_dos
from waitingroom.database import Session
from waitingroom.idempotency import Reply
from waitingroom.to_dos import ToDo, When

router = APIRouter()
ToDoId = Annotated[uuid.UUID, Path(description="The to-do's id.")]


@router.get("/to-dos", operation_id="listToDos", responses=documented(401, 403, 422, 503))
async def list_to_dos(
    visit: ReadsPeople,
    *,
    when: Annotated[When | None, Query(description="Only these.")] = None,
    limit: Annotated[int, Query(ge=1, le=to_dos.MOST, description="How many at most.")] = 100,
) -> ToDos:
    """List what you have still to do, the longest due first. Needs the scope `person:read`."""
    today = today_of(visit)
    async with visit.house.database.transaction() as session:
        found = await to_dos.mine(session, staff_id=visit.caller.staff_id, today=today, when=when, limit=limit)
    return ToDos(to_dos=[to_do_told(one, today=today) for one in found])


@router.post(
    "/to-dos",
    operation_id="addToDo",
    status_code=201,
    response_model=ToDoTold,
    responses=documented(400, 401, 403, 404, 409, 413, 422, 503),
)
async def add(deed: ChangesReferrals, asked: ToDoAsked) -> Response:
    """Set something to do that is about nobody, for yourself or a colleague. Needs the scope `referral:write`."""

    async def work(session: Session) -> Reply:
        return await _added(session, deed, asked, None)

    return await deed.do(work)


@router.post(
    "/handoffs/{handoff_id}/to-dos",
    operation_id="addToDoAbout",
    status_code=201,
    response_model=ToDoTold,
    responses=documented(400, 401, 403, 404, 409, 413, 422, 503),
)
async def add_about(handoff_id: HandoffId, deed: ChangesReferrals, asked: ToDoAsked) -> Response:
    """Set something to do about the person of a hand-off. Needs the scope `referral:write`."""

    async def work(session: Session) -> Reply:
        held = await caseload.hold(session, handoff_id=handoff_id)
        return await _added(session, deed, asked, held.conversation_id)

    return await deed.do(work)


@router.put(
    "/handoffs/{handoff_id}/next-contact",
    operation_id="setNextContact",
    response_model=ToDoTold,
    responses=documented(400, 401, 403, 404, 409, 413, 422, 503),
)
async def contact_on(handoff_id: HandoffId, deed: ChangesReferrals, following: NextContact) -> Response:
    """Set the day on which you contact someone next, in place of the one that stood. You have claimed them.

    Needs the scope `referral:write`.
    """

    async def work(session: Session) -> Reply:
        who = deed.caller
        held = await caseload.hold_mine(session, handoff_id=handoff_id, staff_id=who.staff_id)
        to_do = await to_dos.contact_on(
            session, conversation_id=held.conversation_id, day=following.on, staff_id=who.staff_id, now=deed.now
        )
        return await _reply(session, deed, to_do)

    return await deed.do(work)


@router.get("/to-dos/{to_do_id}", operation_id="getToDo", responses=TAGGED | documented(401, 403, 404, 422, 503))
async def get_to_do(to_do_id: ToDoId, visit: ReadsPeople, response: Response) -> ToDoTold:
    """Look at one; its ETag is what If-Match wants. Needs the scope `person:read`."""
    async with visit.house.database.transaction() as session:
        opened = await to_dos.look(session, to_do_id=to_do_id, caller=visit.caller)
    shown = to_do_told(opened, today=today_of(visit))
    response.headers["ETag"] = shown.etag
    return shown


@router.patch(
    "/to-dos/{to_do_id}",
    operation_id="changeToDo",
    response_model=ToDoTold,
    responses=TAGGED | documented(400, 401, 403, 404, 409, 412, 413, 422, 428, 503),
)
async def change(to_do_id: ToDoId, deed: ChangesReferrals, read: IfMatch, wanted: ToDoChange) -> Response:
    """Change the words or the day of one that is not done. Needs the scope `referral:write`."""

    async def work(session: Session) -> Reply:
        opened = await to_dos.look(session, to_do_id=to_do_id, caller=deed.caller)
        version = read.version(opened.to_do.version)
        to_do = await to_dos.change(
            session,
            to_do_id=to_do_id,
            caller=deed.caller,
            version=version,
            words=wanted.words,
            due_on=wanted.due_on,
        )
        return await _reply(session, deed, to_do)

    return await deed.do(work)


@router.post(
    "/to-dos/{to_do_id}/done",
    operation_id="tickOffToDo",
    response_model=ToDoTold,
    responses=TAGGED | documented(400, 401, 403, 404, 409, 412, 413, 422, 428, 503),
)
async def tick_off(
    to_do_id: ToDoId, deed: ChangesReferrals, read: IfMatch, ticked: Ticked | None = None
) -> Response:
    """Note that one is done, or that it is not after all. Needs the scope `referral:write`."""

    async def work(session: Session) -> Reply:
        opened = await to_dos.look(session, to_do_id=to_do_id, caller=deed.caller)
        to_do = await to_dos.tick_off(
            session,
            to_do_id=to_do_id,
            caller=deed.caller,
            version=read.version(opened.to_do.version),
            done=ticked.done if ticked else True,
            now=deed.now,
        )
        return await _reply(session, deed, to_do)

    return await deed.do(work)


def today_of(visit: Visit) -> date:
    """Return the day it is where the service works."""
    return visit.now.astimezone(visit.house.desk.service.zone).date()


async def _added(session: Session, deed: Deed, asked: ToDoAsked, talk: uuid.UUID | None) -> Reply:
    to_do = await to_dos.add(
        session,
        words=asked.words,
        due_on=asked.due_on,
        for_id=asked.for_id or deed.caller.staff_id,
        set_by=deed.caller.staff_id,
        conversation_id=talk,
        now=deed.now,
    )
    return await _reply(session, deed, to_do, status=201)


async def _reply(session: Session, deed: Deed, to_do: ToDo, *, status: int = 200) -> Reply:
    opened = await to_dos.look(session, to_do_id=to_do.id, caller=deed.caller)
    shown = to_do_told(opened, today=today_of(deed))
    return Reply(status, shown.etag, shown.model_dump_json())
