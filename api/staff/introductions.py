"""People others told us of, in the staff API: whom to call, whose phone is kept silent, what came of it."""

import uuid
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response

from api.faults import documented
from api.staff.access import ChangesReferrals, IfMatch, ReadsPeople, ReadsQueue
from api.staff.introduction_models import (
    Dropped,
    Dropping,
    HeardYes,
    IntroductionLine,
    Introductions,
    IntroductionTold,
    Joined,
    Wording,
    introduction_line,
    introduction_told,
    unknown_needs,
)
from bot import reading
from bot.flows.blocks import joining_at
from bot.flows.self_referral import CONSENT, CONSENT_VERSION, UNSAFE
from waitingroom import told_of
from waitingroom.database import Session
from waitingroom.idempotency import Reply
from waitingroom.introductions import Status
from waitingroom.people import AboutYou, SafeContact

router = APIRouter()
IntroductionId = Annotated[uuid.UUID, Path(description="The introduction's id.")]
TAGGED: dict[int | str, dict[str, Any]] = {
    200: {"headers": {"ETag": {"description": "Its version, for If-Match.", "schema": {"type": "string"}}}}
}


@router.get("/introductions", operation_id="listIntroductions", responses=documented(401, 403, 422, 503))
async def list_introductions(
    visit: ReadsQueue,
    *,
    status: Annotated[Status | None, Query(description="Only these; without it all but those agreed.")] = None,
) -> Introductions:
    """List the people others told us of, the oldest first. Needs the scope `queue:read`."""
    async with visit.house.database.transaction() as session:
        found = await told_of.listed(session, status=status, hub_id=visit.caller.hub_id)
    return Introductions(introductions=[introduction_line(one) for one in found])


@router.get("/introductions/wording", operation_id="getWording", responses=documented(401, 403, 422, 503))
async def wording(_visit: ReadsQueue) -> Wording:
    """Give the question for consent that is read out on the phone. Needs the scope `queue:read`."""
    return Wording(wording=CONSENT, version=CONSENT_VERSION)


@router.get(
    "/introductions/{introduction_id}",
    operation_id="getIntroduction",
    responses=TAGGED | documented(401, 403, 404, 422, 503),
)
async def get_introduction(
    introduction_id: IntroductionId, visit: ReadsPeople, response: Response
) -> IntroductionTold:
    """Open one: who told us, of whom, in which words. Needs the scope `person:read`."""
    async with visit.house.database.transaction() as session:
        shown = introduction_told(await told_of.look(session, introduction_id=introduction_id))
    response.headers["ETag"] = shown.etag
    return shown


@router.post(
    "/introductions/{introduction_id}/release",
    operation_id="releaseIntroduction",
    response_model=IntroductionLine,
    responses=TAGGED | documented(401, 403, 404, 409, 412, 413, 422, 428, 503),
)
async def release(introduction_id: IntroductionId, deed: ChangesReferrals, read: IfMatch) -> Response:
    """Say that it is safe to ask someone whose phone was kept silent because danger was heard.

    A text goes out within the minute, in waking hours. Needs the scope `referral:write`.
    """

    async def work(session: Session) -> Reply:
        held = await told_of.hold(session, introduction_id=introduction_id)
        version = read.version(held.version)
        await told_of.release(session, held, staff_id=deed.caller.staff_id, version=version, now=deed.now)
        shown = introduction_line(await told_of.seen(session, introduction_id=introduction_id))
        return Reply(200, shown.etag, shown.model_dump_json())

    return await deed.do(work)


@router.post(
    "/introductions/{introduction_id}/drop",
    operation_id="dropIntroduction",
    response_model=Dropped,
    responses=documented(400, 401, 403, 404, 409, 412, 413, 422, 428, 503),
)
async def drop(
    introduction_id: IntroductionId, deed: ChangesReferrals, read: IfMatch, dropping: Dropping
) -> Response:
    """Delete all that was told of someone who has not agreed. Nobody else is told. Needs `referral:write`."""

    async def work(session: Session) -> Reply:
        held = await told_of.hold(session, introduction_id=introduction_id)
        version = read.version(held.version)
        await told_of.drop(session, held, why=dropping.reason, version=version, now=deed.now)
        return Reply(200, None, Dropped().model_dump_json())

    return await deed.do(work)


@router.post(
    "/introductions/{introduction_id}/heard-yes",
    operation_id="heardYes",
    status_code=201,
    response_model=Joined,
    responses=documented(400, 401, 403, 404, 409, 412, 413, 422, 428, 503),
)
async def heard_yes(
    introduction_id: IntroductionId, deed: ChangesReferrals, read: IfMatch, said: HeardYes
) -> Response:
    """Note that someone who was to be called said yes, and all else as they said it: they are in the waiting room.

    They are reached by phone only. Needs the scope `referral:write`.
    """
    service = deed.house.desk.service
    if unknown := unknown_needs(said.needs, service.content.needs):
        raise RequestValidationError(
            [
                {
                    "type": "enum",
                    "loc": ("body", "needs", said.needs.index(unknown[0])),
                    "msg": "",
                    "input": None,
                    "ctx": {"expected": ", ".join(service.content.needs)},
                }
            ]
        )
    joining = joining_at(service, deed.now)

    async def work(session: Session) -> Reply:
        held = await told_of.hold(session, introduction_id=introduction_id)
        submitted = await told_of.heard_yes(
            session,
            held,
            staff_id=deed.caller.staff_id,
            version=read.version(held.version),
            who=AboutYou(name=said.name, age=said.age, postcode=said.postcode),
            reach=SafeContact(how="call", when=said.when, phone=said.phone, voicemail=said.voicemail),
            needs=said.needs,
            what_matters=reading.clean(said.what_matters),
            unsafe=UNSAFE in said.needs,
            wording=CONSENT,
            wording_version=CONSENT_VERSION,
            programme=joining.programme,
            next_at=joining.next_at,
            now=deed.now,
        )
        shown = Joined(referral_id=submitted.referral_id, reference=submitted.reference, told=False)
        return Reply(201, None, shown.model_dump_json())

    return await deed.do(work)
