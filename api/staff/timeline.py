"""What happened with one person in the staff API: a timeline of all of it, or one kind at a time, newest first."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, Field
from sqlmodel import col, select

from api.cursors import cursor, place_of
from api.faults import documented
from api.staff.access import ReadsPeople, Visit
from api.staff.appointment_story import appointment_line
from api.staff.help_models import Helps, HelpTold, help_told
from api.staff.story import activity_told, message_told
from api.staff.story_models import ActivityTold, Entry, MessageTold
from api.staff.to_dos import today_of
from api.staff.work_models import Notes, NoteTold, ToDos, TransferTold, note_told, to_do_told, transfer_told
from bot.service import Service
from waitingroom import (
    activities,
    appointments,
    attachments,
    helping,
    messages,
    notes,
    people,
    staff,
    stories,
    timelines,
    to_dos,
)
from waitingroom.activities import Activity
from waitingroom.appointments import Appointment, Step
from waitingroom.attachments import Attachment
from waitingroom.caseload import After
from waitingroom.database import Session
from waitingroom.helping import Help
from waitingroom.messages import Message
from waitingroom.notes import PrivateNote
from waitingroom.timelines import Kind, Mark
from waitingroom.transfers import Transfer, why_of

router = APIRouter()
PersonId = Annotated[uuid.UUID, Path(description="The person's id.")]
Limit = Annotated[int, Query(ge=1, le=200, description="How many at most.")]
Place = Annotated[str | None, Query(alias="cursor", max_length=400, description="As `next` gave it.")]
KINDS = tuple(Kind)
STEPS = tuple(Step)


class Timeline(BaseModel):
    """One page of what happened, the newest first."""

    entries: list[Entry]
    next: str | None = Field(description="Where what is older is; null on the last page.")


class MessagePage(BaseModel):
    """One page of what was said, the newest first."""

    messages: list[MessageTold]
    next: str | None = Field(description="Where what is older is; null on the last page.")


class ActivityPage(BaseModel):
    """One page of what was done, the newest first."""

    activities: list[ActivityTold]
    next: str | None = Field(description="Where what is older is; null on the last page.")


DOCUMENTED = documented(401, 403, 404, 422, 503)


@router.get("/people/{person_id}/timeline", operation_id="getTimeline", responses=DOCUMENTED)
async def get_timeline(
    request: Request,
    person_id: PersonId,
    visit: ReadsPeople,
    *,
    kind: Annotated[list[Kind] | None, Query(description="Only these; repeat it for several.")] = None,
    limit: Limit = 50,
    cursor_: Place = None,
) -> Timeline:
    """Read what was said, done and noted, the newest first. Needs the scope `person:read`."""
    kinds = tuple(one for one in KINDS if not kind or one in kind)
    entries, following = await _page(request, visit, person_id, kinds, limit, cursor_)
    return Timeline(entries=entries, next=following)


@router.get("/people/{person_id}/messages", operation_id="listMessages", responses=DOCUMENTED)
async def list_messages(
    request: Request, person_id: PersonId, visit: ReadsPeople, *, limit: Limit = 50, cursor_: Place = None
) -> MessagePage:
    """Read what was said, the newest first, and how far each message has come. Needs `person:read`."""
    entries, following = await _page(request, visit, person_id, (Kind.MESSAGE,), limit, cursor_)
    return MessagePage(messages=[one for one in entries if isinstance(one, MessageTold)], next=following)


@router.get("/people/{person_id}/activities", operation_id="listActivities", responses=DOCUMENTED)
async def list_activities(
    request: Request, person_id: PersonId, visit: ReadsPeople, *, limit: Limit = 50, cursor_: Place = None
) -> ActivityPage:
    """Read what link workers did, the newest first. Needs the scope `person:read`."""
    entries, following = await _page(request, visit, person_id, (Kind.ACTIVITY,), limit, cursor_)
    return ActivityPage(activities=[one for one in entries if isinstance(one, ActivityTold)], next=following)


@router.get("/people/{person_id}/notes", operation_id="listNotes", responses=DOCUMENTED)
async def list_notes(person_id: PersonId, visit: ReadsPeople) -> Notes:
    """Read the private notes about someone, oldest first. Needs the scope `person:read`."""
    async with visit.house.database.transaction() as session:
        talk = await stories.talk_of(session, person_id=person_id)
        written = await notes.of_talk(session, conversation_id=talk.id)
        by = await staff.names(session, ids={note.staff_id for note, _words in written})
    return Notes(notes=[note_told(note, words, by) for note, words in written])


@router.get("/people/{person_id}/to-dos", operation_id="listToDosAbout", responses=DOCUMENTED)
async def list_to_dos(person_id: PersonId, visit: ReadsPeople) -> ToDos:
    """Read what is to be done about someone, or was, whoever does it. Needs the scope `person:read`."""
    async with visit.house.database.transaction() as session:
        talk = await stories.talk_of(session, person_id=person_id)
        found = await to_dos.of_talk(session, conversation_id=talk.id)
    return ToDos(to_dos=[to_do_told(one, today=today_of(visit)) for one in found])


@router.get("/people/{person_id}/helps", operation_id="listHelpsFor", responses=DOCUMENTED)
async def list_helps(person_id: PersonId, visit: ReadsPeople) -> Helps:
    """Read what others were asked to do for someone, or offered. Needs the scope `person:read`."""
    async with visit.house.database.transaction() as session:
        talk = await stories.talk_of(session, person_id=person_id)
        found = await helping.of_talk(session, conversation_id=talk.id)
    return Helps(helps=[help_told(one) for one in found])


async def _page(
    request: Request,
    visit: Visit,
    person_id: uuid.UUID,
    kinds: tuple[Kind, ...],
    limit: int,
    told: str | None,
) -> tuple[list[Any], str | None]:
    keys, of = visit.house.database.keys, f"timeline:{person_id}:{','.join(kinds)}"
    before = _mark(place_of(keys, told, of=of)) if told else None
    async with visit.house.database.transaction() as session:
        await people.person(session, person_id)
        marks = await timelines.page(
            session,
            person_id=person_id,
            hub_id=visit.caller.hub_id,
            kinds=kinds,
            before=before,
            limit=limit + 1,
        )
        shown = marks[:limit]
        entries = await _entries(session, shown, visit.house.desk.service)
    if len(marks) <= limit:
        return entries, None
    last = shown[-1]
    url = request.url.include_query_params(cursor=cursor(keys, _after(last), of=of))
    return entries, f"{url.path}?{url.query}"


def _after(mark: Mark) -> After:
    """Give the place of an entry as cursors write it: a number for its kind and moment, and an id."""
    kind, (id_, _colon, step) = KINDS.index(mark.kind), mark.id.partition(":")
    if step:
        kind += len(KINDS) * STEPS.index(Step(step))
    return After(kind, mark.at, uuid.UUID(int=int(id_)) if mark.kind is Kind.MESSAGE else uuid.UUID(id_))


def _mark(after: After) -> Mark:
    step, kind = divmod(after.urgency, len(KINDS))
    if KINDS[kind] is Kind.MESSAGE:
        return Mark(after.raised_at, KINDS[kind], str(after.id.int))
    moment = f":{STEPS[step]}" if KINDS[kind] is Kind.APPOINTMENT else ""
    return Mark(after.raised_at, KINDS[kind], f"{after.id}{moment}")


async def _entries(session: Session, marks: Sequence[Mark], service: Service) -> list[Any]:
    """Open the entries at these places, in the same order."""
    found: dict[tuple[Kind, str], Any] = {}
    for kind, table in TABLES.items():
        names = {mark.id.partition(":")[0] for mark in marks if mark.kind is kind}
        ids = [int(name) if kind is Kind.MESSAGE else uuid.UUID(name) for name in names]
        if ids:
            rows = (await session.exec(select(table).where(col(table.id).in_(ids)))).all()
            found |= {(kind, str(row.id)): row for row in rows}
    by = await staff.names(session, ids={one for row in found.values() for one in _workers(row)})
    sent = await attachments.of_messages(
        session, ids=[row.id for row in found.values() if isinstance(row, Message) and row.id]
    )
    met = [row.id for row in found.values() if isinstance(row, Appointment)]
    moved = await appointments.replaced(session, ids=met)
    told: list[Any] = []
    for mark in marks:
        id_, _colon, step = mark.id.partition(":")
        row = found[mark.kind, id_]
        if isinstance(row, Appointment):
            place = appointments.place_of(session, row)
            told.append(appointment_line(row, place, Step(step), by, service, replaced=row.id in moved))
        else:
            told.append(await _told(session, row, by, sent))
    return told


TABLES: Mapping[Kind, Any] = {
    Kind.MESSAGE: Message,
    Kind.ACTIVITY: Activity,
    Kind.NOTE: PrivateNote,
    Kind.TRANSFER: Transfer,
    Kind.HELP: Help,
    Kind.APPOINTMENT: Appointment,
}


def _workers(row: Any) -> set[uuid.UUID]:
    names = ("staff_id", "from_id", "to_id", "done_by")
    return {one for name in names if (one := getattr(row, name, None)) is not None}


async def _told(
    session: Session, row: Any, by: dict[uuid.UUID, str], sent: Mapping[int, Sequence[Attachment]]
) -> MessageTold | ActivityTold | NoteTold | TransferTold | HelpTold:
    if isinstance(row, Message):
        return message_told(row, messages.said(session, row), by, sent.get(row.id or 0, ()))
    if isinstance(row, Activity):
        return activity_told(row, activities.note(session, row), by)
    if isinstance(row, PrivateNote):
        return note_told(row, notes.words_of(session, row), by)
    if isinstance(row, Transfer):
        return transfer_told(row, why_of(session, row), by)
    return help_told(await helping.opened(session, row))
