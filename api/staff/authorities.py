"""Attorneys and deputies in the staff API: those whose papers staff have checked, or could not accept."""

from fastapi import APIRouter
from fastapi.responses import Response

from api.faults import documented
from api.staff.access import ChangesReferrals, IfMatch
from api.staff.introduction_models import Dropped, Joined
from api.staff.introductions import IntroductionId
from bot import asking
from bot.flows.blocks import joining_at
from waitingroom import authorities, told_of
from waitingroom.database import Session
from waitingroom.errors import StaleError
from waitingroom.idempotency import Reply

router = APIRouter()


@router.post(
    "/introductions/{introduction_id}/authority/verify",
    operation_id="verifyAuthority",
    status_code=201,
    response_model=Joined,
    responses=documented(401, 403, 404, 409, 412, 413, 422, 428, 503),
)
async def verify(introduction_id: IntroductionId, deed: ChangesReferrals, read: IfMatch) -> Response:
    """Say that you have checked the papers: the person named, whoever decides for them, health and welfare.

    The person is in the waiting room, and whoever decides for them is told. Needs the scope `referral:write`.
    """
    joining = joining_at(deed.house.desk.service, deed.now)

    async def work(session: Session) -> Reply:
        held = await told_of.hold(session, introduction_id=introduction_id)
        if held.version != read.version(held.version):
            raise StaleError
        submitted = await authorities.verify(
            session,
            held,
            staff_id=deed.caller.staff_id,
            programme=joining.programme,
            next_at=joining.next_at,
            now=deed.now,
        )
        told = await asking.tell_of_authority(
            session,
            deed.house.desk,
            conversation_id=held.told_in_id,
            reference=submitted.reference,
            now=deed.now,
        )
        shown = Joined(referral_id=submitted.referral_id, reference=submitted.reference, told=told)
        return Reply(201, None, shown.model_dump_json())

    return await deed.do(work)


@router.post(
    "/introductions/{introduction_id}/authority/refuse",
    operation_id="refuseAuthority",
    response_model=Dropped,
    responses=documented(401, 403, 404, 409, 412, 413, 422, 428, 503),
)
async def refuse(introduction_id: IntroductionId, deed: ChangesReferrals, read: IfMatch) -> Response:
    """Say that the papers do not hold: all that was told is deleted, and whoever told it hears so, kindly.

    Needs the scope `referral:write`.
    """

    async def work(session: Session) -> Reply:
        held = await told_of.hold(session, introduction_id=introduction_id)
        if held.version != read.version(held.version):
            raise StaleError
        told_in_id = held.told_in_id
        await authorities.refuse(session, held, now=deed.now)
        await asking.tell_of_authority(
            session, deed.house.desk, conversation_id=told_in_id, reference="", now=deed.now
        )
        return Reply(200, None, Dropped().model_dump_json())

    return await deed.do(work)
