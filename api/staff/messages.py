"""Messages in the staff API: write now or for later, look before sending, and the templates staff send often."""

import uuid
from typing import Annotated, Any

from fastapi import APIRouter, Path
from fastapi.responses import Response

from api.faults import documented
from api.staff.access import Deed, HandoffId, IfMatch, Read, ReadsPeople, Visit, WritesToPeople, may
from api.staff.handoffs import TAGGED
from api.staff.meeting_models import (
    Draft,
    LaterList,
    LaterTold,
    PreviewTold,
    Rewriting,
    Templates,
    TemplateTold,
    WritingLater,
    later_told,
    preview_told,
    template_told,
)
from api.staff.story import message_told
from api.staff.story_models import MessageTold
from bot import later as sending
from bot import preview, relay
from waitingroom import caseload, conversations, handoffs, later, messages, people, staff
from waitingroom.database import Session
from waitingroom.errors import NotFoundError
from waitingroom.idempotency import Reply
from waitingroom.later import LaterMessage, Status
from waitingroom.roles import Scope

router = APIRouter()
LaterId = Annotated[uuid.UUID, Path(description="The id of the message for later.")]
PLANNED: dict[int | str, dict[str, Any]] = {
    202: {"model": LaterTold, "description": "It is kept, and goes at the time that was chosen."}
}
CHANGED = TAGGED | documented(400, 401, 403, 404, 409, 412, 413, 422, 428, 503)


@router.post(
    "/handoffs/{handoff_id}/messages",
    operation_id="sendMessage",
    status_code=201,
    response_model=MessageTold,
    responses=PLANNED | documented(400, 401, 403, 404, 409, 413, 422, 503),
)
async def send_message(handoff_id: HandoffId, deed: WritesToPeople, writing: WritingLater) -> Response:
    """Write to a person whose hand-off you claimed; it goes out where they last wrote, now or at `send_at`.

    409 where they stopped messages there, and where `send_at` is no hour they said is safe: the next is named.
    Needs the scope `message:send`.
    """

    async def work(session: Session) -> Reply:
        who, desk = deed.caller, deed.house.desk
        held = await caseload.hold_mine(session, handoff_id=handoff_id, staff_id=who.staff_id)
        facts: dict[str, Any] = {"handoff": held, "staff_id": who.staff_id, "now": deed.now}
        if writing.send_at is not None:
            at, anyway = writing.send_at, writing.anyway
            made = await sending.plan(session, desk, words=writing.text, send_at=at, anyway=anyway, **facts)
            return await _reply(session, made, status=202)
        message = await relay.write(session, desk, text=writing.text, **facts)
        shown = message_told(message, messages.said(session, message), {who.staff_id: who.name})
        return Reply(201, None, shown.model_dump_json())

    return await deed.do(work)


@router.post(
    "/handoffs/{handoff_id}/messages/preview",
    operation_id="previewMessage",
    responses=documented(400, 401, 403, 404, 409, 413, 422, 503),
)
async def look_first(handoff_id: HandoffId, deed: WritesToPeople, draft: Draft) -> PreviewTold:
    """See what a message will look like, what it costs, and what speaks against sending it now. Nothing is kept.

    Needs the scope `message:send`.
    """
    async with deed.house.database.transaction() as session:
        handoff = await handoffs.find(session, handoff_id=handoff_id)
        found = await preview.preview(
            session,
            deed.house.desk,
            conversation_id=handoff.conversation_id,
            text=draft.text,
            pence=deed.house.settings.sms_pence,
            now=deed.now,
        )
    return preview_told(found)


@router.get(
    "/handoffs/{handoff_id}/later", operation_id="listLater", responses=documented(401, 403, 404, 422, 503)
)
async def list_later(handoff_id: HandoffId, visit: ReadsPeople) -> LaterList:
    """List the messages for later to the person of a hand-off, by when they go. Needs the scope `person:read`."""
    async with visit.house.database.transaction() as session:
        handoff = await handoffs.find(session, handoff_id=handoff_id)
        found = await later.of_talk(session, conversation_id=handoff.conversation_id)
        return LaterList(later=[await _told(session, one) for one in found])


@router.put("/later/{later_id}", operation_id="changeLater", response_model=LaterTold, responses=CHANGED)
async def change(later_id: LaterId, deed: WritesToPeople, read: IfMatch, wanted: Rewriting) -> Response:
    """Change what a message of yours says, or when it goes, while it waits. Needs the scope `message:send`."""

    async def work(session: Session) -> Reply:
        held = await _held(session, deed, later_id, read)
        await sending.change(
            session,
            deed.house.desk,
            held,
            words=wanted.text,
            send_at=wanted.send_at,
            anyway=wanted.anyway,
            now=deed.now,
        )
        return await _reply(session, held)

    return await deed.do(work)


@router.post("/later/{later_id}/cancel", operation_id="cancelLater", response_model=LaterTold, responses=CHANGED)
async def cancel(later_id: LaterId, deed: WritesToPeople, read: IfMatch) -> Response:
    """Cancel a message of yours that has not gone yet. Needs the scope `message:send`."""

    async def work(session: Session) -> Reply:
        held = await _held(session, deed, later_id, read)
        await later.settle(session, held, to=Status.CANCELLED, now=deed.now)
        return await _reply(session, held)

    return await deed.do(work)


@router.get("/templates", operation_id="listTemplates", responses=documented(401, 403, 422, 503))
async def list_templates(visit: Annotated[Visit, may(Scope.MESSAGE_SEND)]) -> Templates:
    """List the messages staff send often, with what is to be filled in. Needs the scope `message:send`."""
    service = visit.house.desk.service
    found = service.content.templates.values()
    return Templates(
        templates=[template_told(one, worker=visit.caller.name, service=service.name) for one in found]
    )


@router.get(
    "/handoffs/{handoff_id}/templates",
    operation_id="fillTemplates",
    responses=documented(401, 403, 404, 422, 503),
)
async def fill_templates(handoff_id: HandoffId, visit: ReadsPeople) -> Templates:
    """List the messages staff send often, filled in for one person. Needs the scope `person:read`."""
    async with visit.house.database.transaction() as session:
        handoff = await handoffs.find(session, handoff_id=handoff_id)
        return Templates(templates=await filled_for(session, visit, handoff.conversation_id))


async def filled_for(session: Session, visit: Visit, conversation_id: uuid.UUID) -> list[TemplateTold]:
    """Fill the messages staff send often for the person of a talk, in the name of whoever visits."""
    service = visit.house.desk.service
    name = await _name_of(session, conversation_id)
    facts = {"name": name, "worker": visit.caller.name, "service": service.name}
    return [template_told(one, **facts) for one in service.content.templates.values()]


async def _name_of(session: Session, conversation_id: uuid.UUID) -> str:
    """Give the name to use of the person of a talk; empty where nobody is known yet."""
    talk = await conversations.find(session, conversation_id)
    if talk.person_id is None:
        return ""
    person = await people.person(session, talk.person_id)
    return people.more(session, person).name_to_use or people.about(session, person).name


async def _held(session: Session, deed: Deed, later_id: uuid.UUID, read: Read) -> LaterMessage:
    found = await session.get(LaterMessage, later_id)
    if found is None:
        raise NotFoundError
    version = read.version(found.version)
    return await later.hold_mine(session, later_id=later_id, staff_id=deed.caller.staff_id, version=version)


async def _told(session: Session, one: LaterMessage) -> LaterTold:
    names = await staff.names(session, ids={one.staff_id})
    return later_told(one, later.words_of(session, one), names)


async def _reply(session: Session, one: LaterMessage, *, status: int = 200) -> Reply:
    shown = await _told(session, one)
    return Reply(status, shown.etag, shown.model_dump_json())
