"""Complaints in the staff API: the queue and its clock, acknowledging, answering and closing."""

import uuid
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from fastapi.responses import Response

from api.faults import documented
from api.staff.access import ChangesReferrals, Deed, IfMatch, Read, ReadsPeople, ReadsQueue, Visit, WritesToPeople
from api.staff.rights_models import (
    Acknowledging,
    Answering,
    ClosingComplaint,
    Complaints,
    ComplaintTold,
    complaint_line,
    complaint_told,
)
from bot import answering
from waitingroom import complaints
from waitingroom.complaints import Complaint, Outcome, Status
from waitingroom.database import Session
from waitingroom.idempotency import Reply

router = APIRouter()
ComplaintId = Annotated[uuid.UUID, Path(description="The complaint's id.")]
TAGGED: dict[int | str, dict[str, Any]] = {
    200: {"headers": {"ETag": {"description": "Its version, for If-Match.", "schema": {"type": "string"}}}}
}
CHANGED = TAGGED | documented(401, 403, 404, 409, 412, 413, 422, 428, 503)


@router.get("/complaints", operation_id="listComplaints", responses=documented(401, 403, 422, 503))
async def list_complaints(
    visit: ReadsQueue,
    *,
    closed: Annotated[bool, Query(description="Those that ended, in place of those that stand.")] = False,
) -> Complaints:
    """List complaints with the day each must be acknowledged by, overdue first, 200 at most.

    The law gives 30 days (Data Protection Act 2018, section 164A). No words are shown. Needs `queue:read`.
    """
    async with visit.house.database.transaction() as session:
        found = await complaints.queue(session, closed=closed, hub_id=visit.caller.hub_id)
    lines = [complaint_line(one, today(visit)) for one in found]
    return Complaints(complaints=lines, overdue=sum(line.overdue for line in lines))


@router.get(
    "/complaints/{complaint_id}",
    operation_id="getComplaint",
    responses=TAGGED | documented(401, 403, 404, 422, 503),
)
async def get_complaint(complaint_id: ComplaintId, visit: ReadsPeople, response: Response) -> ComplaintTold:
    """Read a complaint in the person's own words. Needs the scope `person:read`."""
    async with visit.house.database.transaction() as session:
        found = await complaints.find(session, complaint_id=complaint_id)
        told = _told(session, visit, found)
    response.headers["ETag"] = f'"{told.version}"'
    return told


@router.post(
    "/complaints/{complaint_id}/acknowledge",
    operation_id="acknowledgeComplaint",
    response_model=ComplaintTold,
    responses=CHANGED,
)
async def acknowledge(
    complaint_id: ComplaintId, deed: WritesToPeople, read: IfMatch, how: Acknowledging | None = None
) -> Response:
    """Tell the person that you have read their complaint: a text goes out that names no complaint.

    Where they cannot be written to the answer is 409: tell them another way, and say so. Needs `message:send`.
    """

    async def work(session: Session) -> Reply:
        moved = await _move(session, deed, complaint_id, read, Status.ACKNOWLEDGED)
        if not (how and how.told_another_way):
            await answering.acknowledge(
                session,
                deed.house.desk,
                complaint=moved,
                staff=deed.caller.name,
                staff_id=deed.caller.staff_id,
                now=deed.now,
            )
        return _reply(session, deed, moved)

    return await deed.do(work)


@router.post(
    "/complaints/{complaint_id}/answer",
    operation_id="answerComplaint",
    response_model=ComplaintTold,
    responses=CHANGED | documented(400),
)
async def answer(complaint_id: ComplaintId, deed: WritesToPeople, read: IfMatch, told: Answering) -> Response:
    """Answer a complaint where the person last wrote; that acknowledges it too. Needs `message:send`."""

    async def work(session: Session) -> Reply:
        moved = await _move(session, deed, complaint_id, read, Status.ANSWERED)
        if not told.told_another_way:
            await answering.tell(
                session,
                deed.house.desk,
                conversation_id=moved.conversation_id,
                words=told.text,
                staff_id=deed.caller.staff_id,
                now=deed.now,
            )
        return _reply(session, deed, moved)

    return await deed.do(work)


@router.post(
    "/complaints/{complaint_id}/close",
    operation_id="closeComplaint",
    response_model=ComplaintTold,
    responses=CHANGED | documented(400),
)
async def close(
    complaint_id: ComplaintId, deed: ChangesReferrals, read: IfMatch, closing: ClosingComplaint
) -> Response:
    """Close a complaint that was answered, or that the person took back. Needs the scope `referral:write`."""

    async def work(session: Session) -> Reply:
        moved = await _move(session, deed, complaint_id, read, Status.CLOSED, closing.outcome)
        return _reply(session, deed, moved)

    return await deed.do(work)


def today(visit: Visit) -> date:
    """Give the day it is where the service is."""
    return visit.now.astimezone(visit.house.desk.service.zone).date()


async def _move(
    session: Session,
    deed: Deed,
    complaint_id: uuid.UUID,
    read: Read,
    to: Status,
    outcome: Outcome | None = None,
) -> Complaint:
    found = await complaints.find(session, complaint_id=complaint_id)
    return await complaints.move(
        session,
        complaint_id=complaint_id,
        staff_id=deed.caller.staff_id,
        version=read.version(found.version),
        to=to,
        outcome=outcome,
        now=deed.now,
    )


def _told(session: Session, visit: Visit, complaint: Complaint) -> ComplaintTold:
    return complaint_told(complaint, complaints.words_of(session, complaint), today(visit))


def _reply(session: Session, deed: Deed, complaint: Complaint) -> Reply:
    told = _told(session, deed, complaint)
    return Reply(200, f'"{told.version}"', told.model_dump_json())
