"""Absence in the staff API: who waits for an answer, who is away until when, and who reads for them."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import Response

from api.faults import documented
from api.staff.access import ChangesReferrals, HandoffId, ReadsQueue, Visit
from api.staff.meeting_models import AnsweredTold, Away, AwayTold, UnansweredLine, UnansweredList
from waitingroom import away, caseload, unanswered
from waitingroom.database import Session
from waitingroom.idempotency import Reply

router = APIRouter()


@router.get("/unanswered", operation_id="listUnanswered", responses=documented(401, 403, 422, 503))
async def list_unanswered(
    visit: ReadsQueue,
    *,
    mine: Annotated[bool, Query(description="Only your own, and those of whom you read for.")] = False,
) -> UnansweredList:
    """List who wrote to their link worker and has no answer yet, the longest first. Needs `queue:read`."""
    who = visit.caller
    async with visit.house.database.transaction() as session:
        rows = await unanswered.listed(
            session, staff_id=who.staff_id if mine else None, hub_id=who.hub_id, today=_today(visit)
        )
    lines = [
        UnansweredLine(
            handoff_id=row["handoff_id"],
            unanswered_since=row["since_at"],
            stage=row["stage"],
            claimed_by=row["name"],
            cover=row["cover"],
        )
        for row in rows
    ]
    return UnansweredList(unanswered=lines)


@router.post(
    "/handoffs/{handoff_id}/answered",
    operation_id="noteAnswered",
    response_model=AnsweredTold,
    responses=documented(400, 401, 403, 404, 409, 413, 422, 503),
)
async def note_answered(handoff_id: HandoffId, deed: ChangesReferrals) -> Response:
    """Note that what a person last wrote wants no answer, or had one. You have claimed them.

    Needs the scope `referral:write`.
    """

    async def work(session: Session) -> Reply:
        held = await caseload.hold_mine(session, handoff_id=handoff_id, staff_id=deed.caller.staff_id)
        waited = await unanswered.answered(session, conversation_id=held.conversation_id)
        return Reply(200, None, AnsweredTold(waited=waited).model_dump_json())

    return await deed.do(work)


@router.get("/me/away", operation_id="getAway", responses=documented(401, 403, 422, 503))
async def get_away(visit: ReadsQueue) -> AwayTold:
    """Say whether you are away, until when, and who reads for you. Needs the scope `queue:read`."""
    async with visit.house.database.transaction() as session:
        return await _told(session, visit)


@router.put(
    "/me/away",
    operation_id="setAway",
    response_model=AwayTold,
    responses=documented(400, 401, 403, 404, 409, 413, 422, 503),
)
async def set_away(deed: ChangesReferrals, wanted: Away) -> Response:
    """Say when you are back and who reads for you, or that you are at work: people who write are told so.

    Needs the scope `referral:write`.
    """

    async def work(session: Session) -> Reply:
        who = deed.caller.staff_id
        if wanted.back_on is None:
            await away.come_back(session, staff_id=who)
        else:
            await away.leave(
                session,
                staff_id=who,
                until_on=wanted.back_on,
                cover_id=wanted.cover_id,
                today=_today(deed),
                now=deed.now,
            )
        return Reply(200, None, (await _told(session, deed)).model_dump_json())

    return await deed.do(work)


async def _told(session: Session, visit: Visit) -> AwayTold:
    found = await away.reader(session, staff_id=visit.caller.staff_id, today=_today(visit))
    return AwayTold(back_on=found.until_on, cover=found.cover)


def _today(visit: Visit) -> date:
    return visit.now.astimezone(visit.house.desk.service.zone).date()
