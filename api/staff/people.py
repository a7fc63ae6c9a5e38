"""People in the staff API: the whole story, and noting down what was done."""

import uuid
from typing import Annotated

from fastapi import APIRouter, Path
from fastapi.responses import Response

from api.faults import documented
from api.staff.access import ChangesReferrals, HandoffId, ReadsPeople
from api.staff.models import Doing
from api.staff.story import activity_told, told
from api.staff.story_models import ActivityTold, StoryTold
from api.staff.to_dos import today_of
from bot import reading
from waitingroom import activities, caseload, handoffs, stories
from waitingroom.database import Session
from waitingroom.idempotency import Reply

router = APIRouter()


@router.get("/handoffs/{handoff_id}/story", operation_id="getStory", responses=documented(401, 403, 404, 422, 503))
async def story_of_handoff(handoff_id: HandoffId, visit: ReadsPeople) -> StoryTold:
    """Read the whole story behind a hand-off, also of someone with no referral yet. Needs `person:read`."""
    async with visit.house.database.transaction() as session:
        handoff = await handoffs.find(session, handoff_id=handoff_id)
        story = await stories.of_talk(session, conversation_id=handoff.conversation_id)
    return told(story, visit.house.desk.service, today=today_of(visit))


@router.get("/people/{person_id}", operation_id="getPerson", responses=documented(401, 403, 404, 422, 503))
async def person(
    person_id: Annotated[uuid.UUID, Path(description="The person's id.")], visit: ReadsPeople
) -> StoryTold:
    """Read the whole story of a person. Needs the scope `person:read`."""
    async with visit.house.database.transaction() as session:
        story = await stories.of_person(session, person_id=person_id)
    return told(story, visit.house.desk.service, today=today_of(visit))


@router.post(
    "/handoffs/{handoff_id}/activities",
    operation_id="logActivity",
    status_code=201,
    response_model=ActivityTold,
    responses=documented(400, 401, 403, 404, 409, 413, 422, 503),
)
async def log_activity(handoff_id: HandoffId, deed: ChangesReferrals, doing: Doing) -> Response:
    """Note down what you did for someone whose hand-off you claimed. Needs the scope `referral:write`."""

    async def work(session: Session) -> Reply:
        who = deed.caller
        held = await caseload.hold_mine(session, handoff_id=handoff_id, staff_id=who.staff_id)
        referral = await caseload.referral_of(session, handoff=held)
        activity = await activities.log(
            session,
            referral_id=referral.id,
            staff_id=who.staff_id,
            kind=doing.kind,
            minutes=doing.minutes,
            attended=doing.attended,
            note=reading.clean(doing.note),
            now=deed.now,
        )
        shown = activity_told(activity, activities.note(session, activity), {who.staff_id: who.name})
        return Reply(201, None, shown.model_dump_json())

    return await deed.do(work)
