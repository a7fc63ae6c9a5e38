"""Requests about one's own data in the staff API: the queue and its clock, and what was done."""

import uuid
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from fastapi.responses import Response

from api.faults import documented
from api.staff.access import ChangesReferrals, Deed, IfMatch, Read, ReadsPeople, ReadsQueue, Visit
from api.staff.complaints import TAGGED, today
from api.staff.rights_models import EndingRequest, Requests, RequestTold, request_line, request_told
from bot import answering
from waitingroom import data_requests, rights
from waitingroom.data_requests import DataRequest, Status
from waitingroom.database import Session
from waitingroom.idempotency import Reply

router = APIRouter()
DELETED = "deleted"
RequestId = Annotated[uuid.UUID, Path(description="The request's id.")]


@router.get("/data-requests", operation_id="listDataRequests", responses=documented(401, 403, 422, 503))
async def list_requests(
    visit: ReadsQueue,
    *,
    ended: Annotated[bool, Query(description="Those that ended, in place of those that stand.")] = False,
) -> Requests:
    """List what people asked about their own data, the one due soonest first, 200 at most.

    The law gives one calendar month (UK GDPR, article 12(3)). No words are shown. Needs `queue:read`.
    """
    async with visit.house.database.transaction() as session:
        found = await data_requests.queue(session, ended=ended, hub_id=visit.caller.hub_id)
    lines = [request_line(one, today(visit)) for one in found]
    return Requests(requests=lines, overdue=sum(line.overdue for line in lines))


@router.get(
    "/data-requests/{request_id}",
    operation_id="getDataRequest",
    responses=TAGGED | documented(401, 403, 404, 422, 503),
)
async def get_request(request_id: RequestId, visit: ReadsPeople, response: Response) -> RequestTold:
    """Read one request, with what the person wrote to it. Needs the scope `person:read`."""
    async with visit.house.database.transaction() as session:
        found = await data_requests.find(session, request_id=request_id)
        told = _told(session, visit, found)
    response.headers["ETag"] = f'"{told.version}"'
    return told


@router.post(
    "/data-requests/{request_id}/end",
    operation_id="endDataRequest",
    response_model=RequestTold,
    responses=TAGGED | documented(400, 401, 403, 404, 409, 412, 413, 422, 428, 503),
)
async def end(request_id: RequestId, deed: ChangesReferrals, read: IfMatch, ending: EndingRequest) -> Response:
    """Say that a request was done, or refused, and tell the person so.

    With `deleted` all that is held of them goes, but for what tells them so, which goes within the hour. Where
    they cannot be written to the answer is 409: tell them another way, and say so. Needs `referral:write`.
    """

    async def work(session: Session) -> Reply:
        ended, talk_id = await _end(session, deed, request_id, read, ending)
        if not ending.told_another_way:
            await answering.tell(
                session,
                deed.house.desk,
                conversation_id=talk_id,
                words=ending.text,
                staff_id=deed.caller.staff_id,
                now=deed.now,
            )
        told = _told(session, deed, ended)
        return Reply(200, f'"{told.version}"', told.model_dump_json())

    return await deed.do(work)


async def _end(
    session: Session, deed: Deed, request_id: uuid.UUID, read: Read, ending: EndingRequest
) -> tuple[DataRequest, uuid.UUID | None]:
    found = await data_requests.find(session, request_id=request_id)
    facts: dict[str, Any] = {
        "request_id": request_id,
        "staff_id": deed.caller.staff_id,
        "version": read.version(found.version),
        "now": deed.now,
    }
    if ending.outcome == DELETED:
        talk_id = await rights.meet_erasure(session, **facts)
        return await data_requests.find(session, request_id=request_id), talk_id
    ended = await data_requests.end(session, **facts, to=Status(ending.outcome))
    return ended, ended.conversation_id


def _told(session: Session, visit: Visit, request: DataRequest) -> RequestTold:
    return request_told(request, data_requests.words_of(session, request), today(visit))
