"""Private notes in the staff API: written, put right within 15 minutes, read."""

import uuid
from typing import Annotated

from fastapi import APIRouter, Path
from fastapi.responses import Response

from api.faults import documented
from api.staff.access import ChangesReferrals, Deed, HandoffId, IfMatch
from api.staff.handoffs import TAGGED
from api.staff.work_models import NoteTold, NoteWritten, note_told
from waitingroom import caseload, notes, staff
from waitingroom.database import Session
from waitingroom.idempotency import Reply
from waitingroom.notes import PrivateNote

router = APIRouter()
NoteId = Annotated[uuid.UUID, Path(description="The note's id.")]


@router.post(
    "/handoffs/{handoff_id}/notes",
    operation_id="writeNote",
    status_code=201,
    response_model=NoteTold,
    responses=documented(400, 401, 403, 404, 409, 413, 422, 503),
)
async def write(handoff_id: HandoffId, deed: ChangesReferrals, written: NoteWritten) -> Response:
    """Write a private note about someone you have or had last; a lead, of anyone of the hub.

    It is never said to the person in a chat, but is part of the copy of their record they may ask for, unless it
    is marked as telling of somebody else. Needs the scope `referral:write`.
    """

    async def work(session: Session) -> Reply:
        held = await caseload.hold(session, handoff_id=handoff_id)
        notes.check_may_write(held, deed.caller)
        note = await notes.write(
            session,
            conversation_id=held.conversation_id,
            staff_id=deed.caller.staff_id,
            words=written.text,
            third_party=written.third_party,
            now=deed.now,
        )
        return await _reply(session, deed, note, status=201)

    return await deed.do(work)


@router.put(
    "/notes/{note_id}",
    operation_id="changeNote",
    response_model=NoteTold,
    responses=TAGGED | documented(400, 401, 403, 404, 409, 412, 413, 422, 428, 503),
)
async def change(note_id: NoteId, deed: ChangesReferrals, read: IfMatch, written: NoteWritten) -> Response:
    """Put a note of your own right, within 15 minutes of writing it: 409 after that.

    Needs the scope `referral:write`.
    """

    async def work(session: Session) -> Reply:
        found = await notes.find(session, note_id=note_id)
        note = await notes.change(
            session,
            note_id=note_id,
            staff_id=deed.caller.staff_id,
            version=read.version(found.version),
            words=written.text,
            third_party=written.third_party,
            now=deed.now,
        )
        return await _reply(session, deed, note)

    return await deed.do(work)


async def _reply(session: Session, deed: Deed, note: PrivateNote, *, status: int = 200) -> Reply:
    by = await staff.names(session, ids={note.staff_id})
    shown = note_told(note, notes.words_of(session, note), by)
    return Reply(status, shown.etag, shown.model_dump_json())
