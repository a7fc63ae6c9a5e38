"""Calls and letters in the staff API: who is told by hand, what to say, the letters to print, what came of it."""

import uuid
from contextlib import suppress
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Path, Query
from fastapi.responses import HTMLResponse, Response

from api import access_paths
from api.faults import documented
from api.pages import page
from api.staff.access import ChangesReferrals, IfMatch, ReadsPeople, ReadsQueue, Visit
from api.staff.handoffs import TAGGED
from api.staff.task_models import (
    ReachedBy,
    ReachedByTold,
    Settling,
    TaskLine,
    Tasks,
    TaskTold,
    task_line,
    task_told,
)
from bot.flows.blocks import in_words
from waitingroom import staff_tasks
from waitingroom.columns import UnreadableError
from waitingroom.database import Session
from waitingroom.how_are_you import Answer
from waitingroom.idempotency import Reply
from waitingroom.staff_tasks import Kind

router = APIRouter()
TaskId = Annotated[uuid.UUID, Path(description="The call's or letter's id.")]
DueBy = Annotated[date | None, Query(description="Only what is due by this day.", examples=["2026-11-27"])]
MOST = 200


@router.get("/tasks", operation_id="listTasks", responses=documented(401, 403, 422, 503))
async def list_tasks(
    visit: ReadsQueue,
    *,
    kind: Annotated[Kind | None, Query(description="Only these.")] = None,
    due_by: DueBy = None,
    limit: Annotated[int, Query(ge=1, le=MOST, description="How many at most.")] = 50,
) -> Tasks:
    """List the calls to make and letters to post to those who wait without messages, the longest due first.

    Needs the scope `queue:read`.
    """
    async with visit.house.database.transaction() as session:
        found = await staff_tasks.to_do(session, kind=kind, due_by=due_by, hub_id=visit.caller.hub_id, limit=limit)
    return Tasks(tasks=[task_line(task, today=_today(visit)) for task in found])


@router.get("/tasks/{task_id}", operation_id="getTask", responses=TAGGED | documented(401, 403, 404, 422, 503))
async def get_task(task_id: TaskId, visit: ReadsPeople, response: Response) -> TaskTold:
    """Open one: who, how it is safe to reach them, what to say. Needs the scope `person:read`."""
    async with visit.house.database.transaction() as session:
        opened = await staff_tasks.look(session, task_id=task_id)
    shown = task_told(opened, today=_today(visit))
    response.headers["ETag"] = shown.etag
    return shown


@router.get(
    "/letters", operation_id="printLetters", response_class=HTMLResponse, responses=documented(401, 403, 422, 503)
)
async def print_letters(visit: ReadsPeople, *, due_by: DueBy = None) -> Response:
    """Draw the letters to post as one page to print, one letter a sheet, addressed for a window envelope.

    Nothing but the name and address shows in the window. Needs the scope `person:read`.
    """
    async with visit.house.database.transaction() as session:
        found = await staff_tasks.to_do(
            session, kind=Kind.LETTER, due_by=due_by, hub_id=visit.caller.hub_id, limit=MOST
        )
        letters = []
        for task in found:
            with suppress(UnreadableError):  # one whose key is gone keeps no other letter back
                letters.append(await staff_tasks.opened(session, task))
        told_to = [one.task.referral_id for one in letters]
        await access_paths.note_each(session, "printLetters", told_to, visit.caller, now=visit.now)
    service = visit.house.desk.service
    facts = {"service": service, "letters": letters, "day": in_words(_today(visit))}
    return page("letters.html", facts)


@router.post(
    "/tasks/{task_id}/settle",
    operation_id="settleTask",
    response_model=TaskLine,
    responses=TAGGED | documented(400, 401, 403, 404, 409, 412, 413, 422, 428, 503),
)
async def settle(task_id: TaskId, deed: ChangesReferrals, read: IfMatch, settling: Settling) -> Response:
    """Note that they were told, or could not be reached: then it is due again tomorrow, three times at most.

    Needs the scope `referral:write`.
    """

    async def work(session: Session) -> Reply:
        opened = await staff_tasks.look(session, task_id=task_id)
        task = await staff_tasks.settle(
            session,
            task_id=task_id,
            reached=settling.reached,
            answer=Answer(settling.answer.value) if settling.answer else None,
            staff_id=deed.caller.staff_id,
            version=read.version(opened.task.version),
            now=deed.now,
        )
        shown = task_line(task, today=_today(deed))
        return Reply(200, shown.etag, shown.model_dump_json())

    return await deed.do(work)


@router.put(
    "/people/{person_id}/by-hand",
    operation_id="reachByHand",
    response_model=ReachedByTold,
    responses=documented(400, 401, 403, 404, 409, 413, 422, 503),
)
async def reach_by(
    person_id: Annotated[uuid.UUID, Path(description="The person's id.")], deed: ChangesReferrals, way: ReachedBy
) -> Response:
    """Have someone who asked for it called, or written letters to an address, in place of messages.

    What they ask for in a chat is still answered there. Needs the scope `referral:write`.
    """

    async def work(session: Session) -> Reply:
        reach = await staff_tasks.reach_by(session, person_id=person_id, kind=way.how, address=way.address)
        told = ReachedByTold(how=Kind(reach.how), address=list(reach.address))
        return Reply(200, None, told.model_dump_json())

    return await deed.do(work)


def _today(visit: Visit) -> date:
    return visit.now.astimezone(visit.house.desk.service.zone).date()
