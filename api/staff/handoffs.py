"""Hand-offs in the staff API: the queue, picking up, putting back, handing back and closing."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response

from api.cursors import cursor, place_of
from api.faults import documented
from api.staff.access import ChangesReferrals, Deed, HandoffId, IfMatch, Read, ReadsQueue, Visit
from api.staff.models import Closing, Found, HandoffEnded, HandoffLine, Handoffs, QueueStatus, UrgencyName, line
from api.staff.seeking import Order, Seeking, seeking
from bot import relay
from waitingroom import caseload, handoffs, hubs, loads, referrals
from waitingroom.alarms import Verdict
from waitingroom.caseload import After
from waitingroom.database import Session
from waitingroom.handoffs import Handoff, Status
from waitingroom.idempotency import Reply

router = APIRouter()
TAGGED: dict[int | str, dict[str, Any]] = {
    200: {"headers": {"ETag": {"description": "Its version, for If-Match.", "schema": {"type": "string"}}}}
}


@router.get("/handoffs", operation_id="listHandoffs", responses=documented(401, 403, 422, 503))
async def list_handoffs(
    request: Request,
    visit: ReadsQueue,
    *,
    status: Annotated[QueueStatus | None, Query(description="Only these.")] = None,
    urgency: Annotated[UrgencyName | None, Query(description="Only these.")] = None,
    mine: Annotated[bool, Query(description="Only those you have claimed.")] = False,
    sought: Annotated[Seeking, Depends(seeking)],
    order: Annotated[Order, Query(description="Which come first.")] = Order.URGENT,
    limit: Annotated[int, Query(ge=1, le=200, description="How many at most.")] = 50,
    cursor_: Annotated[str | None, Query(alias="cursor", max_length=400, description="As `next` gave it.")] = None,
) -> Handoffs:
    """List the hand-offs that wait or are claimed, the most urgent first and of those the oldest.

    What waits for anyone to claim it is `status=waiting`. Needs the scope `queue:read`.
    """
    keys = visit.house.database.keys
    of = f"handoffs:{visit.caller.staff_id if mine else ''}:{status or ''}:{urgency or ''}:{order}:{sought.name}"
    async with visit.house.database.transaction() as session:
        found = await caseload.queue(
            session,
            status=Status(status) if status else None,
            urgency=urgency.level if urgency else None,
            claimed_by=visit.caller.staff_id if mine else None,
            after=place_of(keys, cursor_, of=of) if cursor_ else None,
            limit=limit + 1,
            where=(*sought.conditions, hubs.of_mine(visit.caller.hub_id, owner=visit.caller.staff_id)),
            oldest_first=order is Order.OLDEST,
        )
    service = visit.house.desk.service
    target = service.target_weeks
    lines = [line(waits, service.content.needs, target_weeks=target, now=visit.now) for waits in found[:limit]]
    following = None
    if len(found) > limit:
        last = found[limit - 1].handoff
        place = cursor(keys, After(last.urgency, last.raised_at, last.id), of=of)
        url = request.url.include_query_params(cursor=place)
        following = f"{url.path}?{url.query}"
    return Handoffs(handoffs=lines, next=following)


@router.get(
    "/handoffs/{handoff_id}",
    operation_id="getHandoff",
    responses=TAGGED | documented(401, 403, 404, 422, 503),
)
async def get_handoff(handoff_id: HandoffId, visit: ReadsQueue, response: Response) -> HandoffLine:
    """Look at one hand-off; its ETag is what If-Match wants. Needs the scope `queue:read`."""
    async with visit.house.database.transaction() as session:
        shown = await _line(session, visit, handoff_id)
    response.headers["ETag"] = shown.etag
    return shown


@router.post(
    "/handoffs/{handoff_id}/claim",
    operation_id="claimHandoff",
    response_model=HandoffLine,
    responses=TAGGED | documented(401, 403, 404, 409, 412, 413, 422, 428, 503),
)
async def claim(
    handoff_id: HandoffId,
    deed: ChangesReferrals,
    read: IfMatch,
    *,
    over_cap: Annotated[bool, Query(description="Yes, though it is more than you should carry at once.")] = False,
) -> Response:
    """Pick a hand-off up, and its referral with it: the talk is yours, and the bot falls silent.

    One wins: 409 tells the others who. Where your caseload is full it is 409 too, unless you say `over_cap`.
    Needs the scope `referral:write`.
    """

    async def work(session: Session) -> Reply:
        held = await caseload.hold(session, handoff_id=handoff_id)
        version = read.version(held.version)
        if held.status is Status.WAITING and not over_cap:
            cap = loads.usual_cap(deed.house.settings.people_a_year)
            await loads.check_room(session, staff_id=deed.caller.staff_id, handoff=held, cap=cap)
        await caseload.pick_up(session, handoff=held, staff_id=deed.caller.staff_id, version=version, now=deed.now)
        return _reply(await _line(session, deed, handoff_id))

    return await deed.do(work)


@router.post(
    "/handoffs/{handoff_id}/release",
    operation_id="releaseHandoff",
    response_model=HandoffLine,
    responses=TAGGED | documented(401, 403, 404, 409, 412, 413, 422, 428, 503),
)
async def release(handoff_id: HandoffId, deed: ChangesReferrals, read: IfMatch) -> Response:
    """Put a hand-off you claimed back in the queue. Needs the scope `referral:write`."""

    async def work(session: Session) -> Reply:
        released = await _end(session, deed, handoff_id, read, to=Status.WAITING)
        await caseload.put_back(session, handoff=released, now=deed.now)
        return _reply(await _line(session, deed, handoff_id))

    return await deed.do(work)


@router.post(
    "/handoffs/{handoff_id}/danger",
    operation_id="settleDanger",
    response_model=HandoffLine,
    responses=TAGGED | documented(400, 401, 403, 404, 409, 412, 413, 422, 428, 503),
)
async def settle_danger(handoff_id: HandoffId, deed: ChangesReferrals, read: IfMatch, found: Found) -> Response:
    """Say in one step what danger that was heard came to. It calls nobody any more; what is more than that stays.

    For a hand-off that waits, or that you claimed: 403 where someone else has it.
    Needs the scope `referral:write`.
    """

    async def work(session: Session) -> Reply:
        held = await caseload.hold(session, handoff_id=handoff_id)
        version = read.version(held.version)
        await caseload.dismiss(
            session,
            handoff=held,
            staff_id=deed.caller.staff_id,
            version=version,
            verdict=Verdict(found.verdict),
            now=deed.now,
        )
        return _reply(await _line(session, deed, handoff_id))

    return await deed.do(work)


@router.post(
    "/handoffs/{handoff_id}/hand-back",
    operation_id="handBackHandoff",
    response_model=HandoffEnded,
    responses=TAGGED | documented(401, 403, 404, 409, 412, 413, 422, 428, 503),
)
async def hand_back(handoff_id: HandoffId, deed: ChangesReferrals, read: IfMatch) -> Response:
    """Hand the person back to the bot, and tell them so. Needs the scope `referral:write`."""

    async def work(session: Session) -> Reply:
        handoff = await _end(session, deed, handoff_id, read, to=Status.HANDED_BACK)
        return await _tell(session, deed, handoff, referral_closed=False)

    return await deed.do(work)


@router.post(
    "/handoffs/{handoff_id}/close",
    operation_id="closeHandoff",
    response_model=HandoffEnded,
    responses=TAGGED | documented(400, 401, 403, 404, 409, 412, 413, 422, 428, 503),
)
async def close(
    handoff_id: HandoffId, deed: ChangesReferrals, read: IfMatch, closing: Closing | None = None
) -> Response:
    """Close a hand-off you claimed, and its referral too where you say so; the person is told.

    Needs the scope `referral:write`.
    """

    async def work(session: Session) -> Reply:
        handoff = await _end(session, deed, handoff_id, read, to=Status.CLOSED)
        if closing and closing.close_referral:
            referral = await caseload.referral_of(session, handoff=handoff)
            await referrals.close(session, referral_id=referral.id, reason=closing.reason, now=deed.now)
        return await _tell(session, deed, handoff, referral_closed=bool(closing and closing.close_referral))

    return await deed.do(work)


async def _line(session: Session, visit: Visit, handoff_id: HandoffId) -> HandoffLine:
    found = await caseload.look(session, handoff_id=handoff_id)
    service = visit.house.desk.service
    return line(found, service.content.needs, target_weeks=service.target_weeks, now=visit.now)


def _reply(shown: HandoffLine) -> Reply:
    return Reply(200, shown.etag, shown.model_dump_json())


async def _end(session: Session, deed: Deed, handoff_id: HandoffId, read: Read, *, to: Status) -> Handoff:
    held = await caseload.hold(session, handoff_id=handoff_id)
    version = read.version(held.version)
    return await handoffs.end(
        session, handoff_id=held.id, staff_id=deed.caller.staff_id, version=version, to=to, now=deed.now
    )


async def _tell(session: Session, deed: Deed, handoff: Handoff, *, referral_closed: bool) -> Reply:
    heard = await relay.tell_ended(
        session,
        deed.house.desk,
        handoff=handoff,
        staff=deed.caller.name,
        referral_closed=referral_closed,
        now=deed.now,
    )
    shown = await _line(session, deed, handoff.id)
    return _reply(HandoffEnded(**shown.model_dump(), person_told=heard))
